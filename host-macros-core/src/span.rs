//! Spans for rustc's errors about generated code.
//!
//! A macro judges syntax and leaves types to rustc, so rustc's error has to land on the user's token. Each technique below
//! names a case of `ui-tests/` that fails without it.
//!
//! 1. **First and last token.** rustc underlines an expression from the span of its first token to that of its last. An
//!    expression that begins at the one and ends at the other of [`ends`] is, to rustc, all of the user's node.
//!    Case: `fail/types/result_value_not_serialize`.
//! 2. **One name of our own.** Code whose every token has a user's span is the user's to rustc's lints. One name from
//!    [`our`] in a path is enough for them to see that it is generated. Case: `pass/lints`.
//! 3. **Moved, not renamed.** [`moved`] changes where a token is reported and keeps what it resolves to: `$crate` in
//!    `crate = $crate` stays the crate of the macro that wrote it. Case: `pass/crate_of_another_macro`.
//! 4. **Locals of our own.** A [`local`] is not visible to the user's code, and does not shadow a parameter of the same
//!    name. Case: `pass/parameter_named_call`.
//! 5. **Place without hygiene.** [`place_of`] reports at the user's node and resolves at the attribute, for code that
//!    uses `self`, which belongs to the receiver even when another macro wrote the node. Case: `fail/contract/reply_not_deserialize`.
//! 6. **A list of types on its parentheses.** The tuple of argument types is spanned on the parameter list, so an error about
//!    the tuple underlines the list, and one about an element its type. Case: `fail/types/argument_not_deserialize`.
//! 7. **An inferred type on its source.** The `_` for the scoped value is spanned on the parameter's type.
//!    Case: `fail/capability/matched_against_number`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

/// Returns the spans of the first and the last token of `node`; the call site where there are none.
pub fn ends(node: impl ToTokens) -> (Option<Span>, Span) {
    let mut spans = node.into_token_stream().into_iter().map(|token| token.span());
    let start = spans.next();
    (start, spans.last().or(start).unwrap_or_else(Span::call_site))
}

/// Creates a name that marks a path as generated.
pub fn our(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Creates a name that is not visible to the user's code.
pub fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Returns the tokens with the place of `span` and their own resolution.
pub fn moved(tokens: impl ToTokens, span: Span) -> TokenStream {
    let moved = tokens.into_token_stream().into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    moved.collect()
}

/// Returns the place of `node`, with the attribute's resolution.
pub fn place_of(node: impl ToTokens) -> Span {
    let (start, end) = ends(node);
    Span::call_site().located_at(start.unwrap_or(end))
}
