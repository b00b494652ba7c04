//! The annotated item: everything but the body is parsed, so that a body which is being typed does no
//! harm.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, FnArg, Lit, Meta, Signature, Visibility};

pub struct Item {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    body: Group,
    /// What is added to its documentation.
    pub section: Option<String>,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Item {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse().map_err(|e| syn::Error::new(e.span(), "a host function has a body"))?,
            section: None,
        })
    }
}

/// The user's function, without our own attributes on its parameters, and with a section in its documentation.
impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut sig = self.sig.clone();
        for param in &mut sig.inputs {
            if let FnArg::Typed(param) = param {
                param.attrs.retain(|attr| !is_ours(attr));
            }
        }
        tokens.append_all(&self.attrs);
        if let Some(section) = &self.section {
            // a line begins with a space, as those of a doc comment do, so that rustdoc takes it from all of them
            let section = format!("\n {section}");
            tokens.append_all(quote!(#[doc = #section]));
        }
        self.vis.to_tokens(tokens);
        sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

/// Whether an attribute of a parameter is one that `#[host_fn]` reads.
pub fn is_ours(attr: &Attribute) -> bool {
    ["state", "caller", "grant"].iter().any(|name| attr.path().is_ident(name))
}

/// The value of a doc comment's line, whatever it is.
pub fn doc_line(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

/// The text of a doc comment's line, where it is literal.
pub fn literal(line: &Expr) -> Option<String> {
    match line {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// An expression for the text of a doc comment: a literal where all of it is literal. `None` without one.
pub fn docs(lines: &[&Expr]) -> Option<TokenStream> {
    if lines.is_empty() {
        return None;
    }
    let Some(texts) = lines.iter().map(|line| literal(line)).collect::<Option<Vec<String>>>() else {
        return Some(quote!(::core::concat!(#(#lines, "\n"),*)));
    };
    let trimmed: Vec<&str> = texts.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    Some(trimmed.join("\n").trim().to_token_stream())
}

/// A doc comment's first paragraph, as one line.
pub fn first_paragraph(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(doc_line).filter_map(literal).map(|line| line.trim().to_owned());
    let paragraph: Vec<String> =
        lines.skip_while(String::is_empty).take_while(|line| !line.is_empty()).collect();
    paragraph.join(" ")
}
