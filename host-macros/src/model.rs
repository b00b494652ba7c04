//! What `#[host_fn]` knows of a function. Everything after this reads the model and not the syntax.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, FnArg, Ident, Meta, Pat, ReturnType, Type, Visibility};

use crate::args::Args;
use crate::errors::Errors;
use crate::item::{Item, doc_line, is_ours};

pub struct HostFn<'a> {
    pub args: &'a Args,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    /// `#[cfg]`s, which go on everything that is made beside the function.
    pub cfgs: Vec<&'a Attribute>,
    /// What the function allows, which what calls it has to allow as well.
    pub allows: Vec<TokenStream>,
    pub docs: Vec<&'a Expr>,
    pub params: Vec<Param<'a>>,
    pub is_async: bool,
    /// Where the list of parameters is.
    pub parens: Span,
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
    Caller,
    Grant,
}

impl Kind {
    fn of_attribute(attr: &Attribute, errors: &mut Errors) -> Self {
        let kind = if attr.path().is_ident("state") {
            Kind::State
        } else if attr.path().is_ident("caller") {
            Kind::Caller
        } else {
            Kind::Grant
        };
        if !matches!(attr.meta, Meta::Path(_)) {
            errors.on(
                attr,
                match kind {
                    Kind::State => {
                        "`#[state]` takes no arguments; the parameter's type says which state it is"
                    }
                    Kind::Caller => "`#[caller]` takes no arguments; write `#[caller] c: &Caller`",
                    _ => "`#[grant]` takes no arguments; write `#[grant] g: &Scope`",
                },
            );
        }
        kind
    }
}

impl<'a> HostFn<'a> {
    pub fn parse(args: &'a Args, item: &'a Item, errors: &mut Errors) -> Self {
        HostFn {
            args,
            ident: &item.sig.ident,
            vis: &item.vis,
            cfgs: item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
            allows: item.attrs.iter().filter_map(allowed).collect(),
            docs: item.attrs.iter().filter_map(doc_line).collect(),
            is_async: item.sig.asyncness.is_some(),
            params: item.sig.inputs.iter().filter_map(|param| Param::parse(param, errors)).collect(),
            parens: item.sig.paren_token.span.join(),
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

    /// The type that has its `SPEC`.
    pub fn spec_type(&self) -> &Ident {
        self.args.spec.as_ref().unwrap_or(self.ident)
    }

    /// The module a guest imports it from.
    pub fn module(&self) -> String {
        self.args.module.as_ref().map_or_else(|| names::HOST.to_owned(), syn::LitStr::value)
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Param<'a>> {
        self.params.iter().filter(move |param| param.kind == kind)
    }

    /// Whether two parameters have the same name.
    pub fn repeats_a_name(&self) -> bool {
        self.params
            .iter()
            .enumerate()
            .any(|(i, param)| self.params[..i].iter().any(|p| p.ident == param.ident))
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
        let kind = ours.next().map_or(Kind::Wire, |attr| Kind::of_attribute(attr, errors));
        if let Some(again) = ours.next() {
            errors.on(again, "a parameter has one of `#[state]`, `#[caller]` and `#[grant]`; keep one");
        }
        if let Some(cfg) =
            param.attrs.iter().find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
        {
            errors.on(
                cfg,
                "a parameter that comes and goes makes two functions of one name; put the `#[cfg]` on the function",
            );
        }
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                Some(Param { ident: &pat.ident, ty: &param.ty, kind, original })
            }
            Pat::Wild(wild) => {
                errors.on(
                    wild,
                    "a parameter of a host function has a name, which the listing shows; write `_name`",
                );
                None
            }
            other => {
                errors.on(
                    other,
                    "a parameter of a host function is a plain name, which the listing shows; take the pattern apart in the body",
                );
                None
            }
        }
    }

    /// Whether its type is a reference, as far as syntax tells.
    pub fn is_borrowed(&self) -> bool {
        matches!(self.ty, Type::Reference(_))
    }

    /// Its name on the wire and in the listing.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// The lints that an attribute of the function keeps off the code that calls it and names its types.
pub fn allowed(attr: &Attribute) -> Option<TokenStream> {
    if attr.path().is_ident("deprecated") {
        return Some(quote!(deprecated));
    }
    // where it is expected, it need not fire a second time
    let allows = attr.path().is_ident("allow") || attr.path().is_ident("expect");
    attr.meta.require_list().ok().filter(|_| allows).map(|list| list.tokens.clone())
}

/// Whether two types are written alike.
pub fn same_type(a: &Type, b: &Type) -> bool {
    a.to_token_stream().to_string() == b.to_token_stream().to_string()
}
