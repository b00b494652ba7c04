//! Where rustc's errors about generated code land.
//!
//! A macro judges syntax and leaves types to rustc, so rustc's error has to land on the user's token. Each technique below
//! is used wherever its case arises, and pinned by the named test in `ui-tests/`: without it, that test's `.stderr` differs.
//!
//! 1. **First and last token.** rustc underlines an expression from the span of its first token to that of its last. An
//!    expression that begins at the one and ends at the other of [`ends`] is, to rustc, all of the user's node.
//! 2. **One name of our own.** Code whose every token has a user's span is the user's to rustc's lints. One name from
//!    [`our`] in a path is enough for them to see that it is generated.
//! 3. **Moved, not renamed.** [`moved`] changes where a token is reported and keeps what it resolves to, so a path that the
//!    user wrote elsewhere still resolves there.
//! 4. **Locals of our own.** [`local`] names cannot be seen by the user's code, and cannot shadow a parameter of the same
//!    name.
//! 5. **Place without hygiene.** [`place_of`] reports at the user's node and resolves at the attribute, for code that
//!    uses `self`, which is the receiver's whoever wrote the node.
//! 6. **A type list on its parentheses.** The tuple of argument types is spanned on the parameter list, so an error about the
//!    tuple underlines the list, and one about an element its type.

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
