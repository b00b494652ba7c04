//! Doc comments.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the value of a doc comment's line, which need not be a literal.
pub fn doc_line(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

/// Returns the lines of a doc comment.
pub fn lines(attrs: &[Attribute]) -> Vec<&Expr> {
    attrs.iter().filter_map(doc_line).collect()
}

/// Returns the argument of `.with_docs(...)`: a literal where every line is literal. `None` without lines.
pub fn text(lines: &[&Expr]) -> Option<TokenStream> {
    if lines.is_empty() {
        return None;
    }
    let Some(texts) = lines.iter().map(|line| literal(line)).collect::<Option<Vec<String>>>() else {
        return Some(quote!(::core::concat!(#(#lines, "\n"),*)));
    };
    let trimmed: Vec<&str> = texts.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    Some(trimmed.join("\n").trim().to_token_stream())
}

/// Returns a doc comment's first paragraph, as one line.
pub fn first_paragraph(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(doc_line).filter_map(literal).map(|line| line.trim().to_owned());
    let paragraph: Vec<String> =
        lines.skip_while(String::is_empty).take_while(|line| !line.is_empty()).collect();
    paragraph.join(" ")
}

fn literal(line: &Expr) -> Option<String> {
    match line {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
