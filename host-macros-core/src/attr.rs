//! Attributes and their arguments.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Path, Token};

use crate::errors::{Errors, list, nearest};
use crate::span::moved;

/// The path of the `hostfn` crate: `::hostfn`, unless an argument names another.
#[derive(Default)]
pub struct Krate(pub Option<Path>);

impl Krate {
    /// Returns the path to begin an expression with that is reported at `span`.
    pub fn at(&self, span: Option<Span>) -> TokenStream {
        match (&self.0, span) {
            (None, Some(span)) => quote_spanned!(span=> ::hostfn),
            (Some(path), Some(span)) => moved(path, span),
            (_, None) => self.to_token_stream(),
        }
    }

    /// Parses the value of `crate = path`.
    pub fn path(input: ParseStream<'_>) -> syn::Result<Path> {
        Path::parse_mod_style(input).map_err(|e| {
            syn::Error::new(e.span(), "expected a path without quotes; write `crate = path::to::hostfn`")
        })
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::hostfn)),
        }
    }
}

/// An argument's value once it was given. Giving it again is an error.
pub struct Slot<T>(pub Option<T>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot(None)
    }
}

impl<T> Slot<T> {
    pub fn set(&mut self, key: &Ident, value: syn::Result<T>, errors: &mut Errors) -> syn::Result<()> {
        if self.0.is_some() {
            errors.on(key, format!("duplicate `{}`; keep one", key.unraw()));
        }
        self.0.get_or_insert(value?);
        Ok(())
    }
}

/// Returns the only attribute of this name, and reports a second.
pub fn only<'a>(attrs: &'a [Attribute], name: &str, errors: &mut Errors) -> Option<&'a Attribute> {
    let mut found = attrs.iter().filter(|attr| attr.path().is_ident(name));
    let first = found.next();
    if let Some(again) = found.next() {
        errors.on(again, format!("duplicate `#[{name}]`; keep one"));
    }
    first
}

/// Returns the other attributes whose path ends in `name`: the item is annotated again.
pub fn again<'a>(attrs: &'a [Attribute], name: &str) -> Vec<&'a Attribute> {
    let last_is =
        |attr: &&Attribute| attr.path().segments.last().is_some_and(|segment| segment.ident == name);
    attrs.iter().filter(last_is).collect()
}

/// Reports whether an attribute makes its item conditional.
pub fn is_conditional(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

/// Returns the `#[cfg]`s, which go on everything that is generated beside the item.
pub fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}

/// Returns the lints that an attribute keeps off the code that calls the item or names its types.
pub fn allowed(attr: &Attribute) -> Option<TokenStream> {
    if attr.path().is_ident("deprecated") {
        return Some(quote!(deprecated));
    }
    // where it is expected, it need not fire a second time
    let allows = attr.path().is_ident("allow") || attr.path().is_ident("expect");
    attr.meta.require_list().ok().filter(|_| allows).map(|list| list.tokens.clone())
}

/// Returns the error about an item that does not parse: `message` on all of it, or what syn says where it is the right kind of
/// item, `keyword name`.
pub fn wrong_item(tokens: &TokenStream, keyword: &str, error: syn::Error, message: &str) -> syn::Error {
    let mut after = tokens.clone().into_iter().skip_while(|token| token.to_string() != keyword).skip(1);
    match after.next() {
        Some(TokenTree::Ident(_)) => error,
        _ => syn::Error::new_spanned(tokens, message),
    }
}

/// Reads one argument after the other, whatever is wrong with those before it.
pub fn each(
    tokens: TokenStream,
    errors: &mut Errors,
    mut argument: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(input, errors) {
                errors.push(error);
                skip_to_comma(input);
            }
            if !input.is_empty()
                && let Err(error) = input.parse::<Token![,]>()
            {
                errors.push(error);
                skip_to_comma(input);
                let _ = input.parse::<Token![,]>();
            }
        }
        Ok(())
    };
    let _ = parser.parse2(tokens);
}

/// The keys of an attribute, each with an example of its value.
pub type Keys = [(&'static str, &'static str)];

/// Parses the key of an argument, up to its value. `tried` receives the key that it is or may have been.
pub fn key(input: ParseStream<'_>, keys: &Keys, tried: impl FnOnce(&str)) -> syn::Result<(Ident, String)> {
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    let key = input
        .call(Ident::parse_any)
        .map_err(|e| syn::Error::new(e.span(), format!("expected an argument; use {}", one_of(&names))))?;
    let name = key.unraw().to_string();
    let near = nearest(&name, &names);
    if let Some(near) = near {
        tried(near);
    }
    if near != Some(name.as_str()) {
        let help =
            near.map_or_else(|| format!("use {}", one_of(&names)), |near| format!("did you mean `{near}`?"));
        return Err(syn::Error::new_spanned(&key, format!("unknown argument `{name}`; {help}")));
    }
    let equals = input.parse::<Option<Token![=]>>()?;
    if equals.is_none() || input.is_empty() || input.peek(Token![,]) {
        let example = example(keys, &name);
        return Err(syn::Error::new_spanned(
            &key,
            format!("`{name}` needs a value; write `{name} = {example}`"),
        ));
    }
    Ok((key, name))
}

fn one_of(names: &[&str]) -> String {
    format!("one of {}", list(names.iter().copied()))
}

pub fn example(keys: &Keys, key: &str) -> &'static str {
    keys.iter().find(|(name, _)| *name == key).map_or("value", |(_, example)| example)
}

/// Fails because the value of `key` is not `what`.
pub fn expected<T>(input: ParseStream<'_>, keys: &Keys, key: &str, what: &str) -> syn::Result<T> {
    Err(input.error(format!("expected {what}; write `{key} = {}`", example(keys, key))))
}

pub fn string(input: ParseStream<'_>, keys: &Keys, key: &str, what: &str) -> syn::Result<LitStr> {
    if input.peek(LitStr) { input.parse() } else { expected(input, keys, key, what) }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}
