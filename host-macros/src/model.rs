//! What `#[host_fn]` knows of a function. Everything after this reads the model and not the syntax.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, Ident, Lit, Meta, Pat, ReturnType, Type, Visibility};

use crate::args::Args;
use crate::errors::Errors;
use crate::item::{Item, is_ours};

pub struct HostFn<'a> {
    pub args: &'a Args,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    /// `#[cfg]`s, which go on everything that is made beside the function.
    pub cfgs: Vec<&'a Attribute>,
    pub docs: Vec<&'a Expr>,
    pub params: Vec<Param<'a>>,
    pub output: Option<&'a Type>,
}

pub struct Param<'a> {
    pub ident: &'a Ident,
    pub ty: &'a Type,
    pub kind: Kind,
    /// The parameter as the user wrote it.
    pub original: &'a FnArg,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Wire,
    State,
}

impl<'a> HostFn<'a> {
    pub fn parse(args: &'a Args, item: &'a Item, errors: &mut Errors) -> Self {
        HostFn {
            args,
            ident: &item.sig.ident,
            vis: &item.vis,
            cfgs: item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
            docs: item.attrs.iter().filter_map(doc).collect(),
            params: item.sig.inputs.iter().filter_map(|param| Param::parse(param, errors)).collect(),
            output: match &item.sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some(ty),
            },
        }
    }

    /// The name a guest imports it by.
    pub fn name(&self) -> String {
        self.args.name.as_ref().map_or_else(|| self.ident.unraw().to_string(), syn::LitStr::value)
    }

    /// The module a guest imports it from.
    pub fn module(&self) -> String {
        self.args.module.as_ref().map_or_else(|| "host".to_owned(), syn::LitStr::value)
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Param<'a>> {
        self.params.iter().filter(move |param| param.kind == kind)
    }

    /// The documentation, where it is all literal text.
    pub fn literal_docs(&self) -> Option<String> {
        let lines = self.docs.iter().map(|line| match line {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
        let lines: Vec<String> = lines.collect::<Option<_>>()?;
        let trimmed: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        Some(trimmed.join("\n").trim().to_owned())
    }
}

impl<'a> Param<'a> {
    fn parse(original: &'a FnArg, errors: &mut Errors) -> Option<Self> {
        let FnArg::Typed(param) = original else {
            errors.on(
                original,
                "a host function has no `self`; what it needs from the host is a `#[state]` parameter",
            );
            return None;
        };
        let mut ours = param.attrs.iter().filter(|attr| is_ours(attr));
        let kind = match ours.next() {
            Some(attr) => {
                if !matches!(attr.meta, Meta::Path(_)) {
                    errors.on(
                        attr,
                        "`#[state]` takes no arguments; the parameter's type says which state it is",
                    );
                }
                Kind::State
            }
            None => Kind::Wire,
        };
        if let Some(again) = ours.next() {
            errors.on(again, "one `#[state]` is enough");
        }
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                Some(Param { ident: &pat.ident, ty: &param.ty, kind, original })
            }
            other => {
                errors.at(
                    other.span(),
                    "a parameter of a host function is a plain name, which the listing shows; take the pattern apart in the body",
                );
                None
            }
        }
    }

    /// Its name on the wire and in the listing.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

fn doc(attr: &Attribute) -> Option<&Expr> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

/// Whether two types are written alike.
pub fn same_type(a: &Type, b: &Type) -> bool {
    a.to_token_stream().to_string() == b.to_token_stream().to_string()
}
