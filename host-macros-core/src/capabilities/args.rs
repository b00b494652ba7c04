//! The declarations, as far as they parse.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Path, Token, Visibility};

use super::model::KINDS_ARE;
use crate::attr::Krate;
use crate::errors::Errors;

/// `crate = path;`, if any, and all declarations that can be made out.
#[derive(Default)]
pub struct Block {
    pub krate: Krate,
    pub declarations: Vec<Declaration>,
}

/// `pub FS_READ = "fs.read" in path`.
pub struct Declaration {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub ident: Ident,
    /// `None` when it was not a string, which has been reported.
    pub name: Option<LitStr>,
    pub kind: Option<Ident>,
}

impl Block {
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let parsed = (|input: ParseStream<'_>| Ok(Block::read(input, errors))).parse2(tokens);
        errors.keep(parsed).unwrap_or_default()
    }

    fn read(input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let mut block = Block::default();
        while !input.is_empty() {
            let is_first = block.krate.0.is_none() && block.declarations.is_empty();
            let read = if is_first && input.peek(Token![crate]) {
                crate_path(input).map(|path| block.krate.0 = Some(path))
            } else {
                Declaration::parse(input, errors).map(|declaration| block.declarations.push(declaration))
            };
            if let Err(error) = read.and_then(|()| input.parse::<Token![;]>()) {
                errors.push(error);
                skip_to(input, ends);
                let _ = input.parse::<Option<Token![;]>>();
            }
        }
        block
    }
}

fn crate_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    Krate::path(input)
}

/// Reports whether a declaration ends here or the next one begins.
fn ends(input: ParseStream<'_>) -> bool {
    input.peek(Token![;]) || input.peek(Token![#]) || input.peek(Token![pub])
}

fn skip_to(input: ParseStream<'_>, place: impl Fn(ParseStream<'_>) -> bool) {
    while !input.is_empty() && !place(input) {
        let _ = input.parse::<TokenTree>();
    }
}

impl Declaration {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ident = input.parse().map_err(|e: syn::Error| expected(&e, "a capability"))?;
        let name = errors.keep(name(input));
        if name.is_none() {
            skip_to(input, |input| input.peek(Token![in]) || ends(input));
        }
        let kind = match input.parse::<Option<Token![in]>>()? {
            Some(_) => Some(
                input
                    .call(Ident::parse_any)
                    .map_err(|e| syn::Error::new(e.span(), format!("expected a scope kind; {KINDS_ARE}")))?,
            ),
            None => None,
        };
        Ok(Declaration { attrs, vis, ident, name, kind })
    }
}

fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse::<Token![=]>().map_err(|e| expected(&e, "a capability name"))?;
    input.parse().map_err(|e| expected(&e, "a capability name in quotes"))
}

fn expected(at: &syn::Error, what: &str) -> syn::Error {
    syn::Error::new(at.span(), format!("expected {what}; write `pub FS_READ = \"fs.read\" in path;`"))
}
