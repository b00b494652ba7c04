//! The model of a function with `#[host_fn]`. Everything after this asks the model and not the syntax.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, FnArg, Ident, LitStr, Meta, Pat, PatType, ReturnType, Type, Visibility};

use super::args::{Args, Capability};
use super::item::{Item, is_ours};
use crate::attr::{again, allowed, cfgs, is_conditional};
use crate::docs;
use crate::errors::Errors;
use crate::span::local;
use crate::syntax::{Header, Ty, repeats};

pub struct HostFn<'a> {
    pub args: &'a Args,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    /// Further `#[host_fn]`s.
    pub again: Vec<&'a Attribute>,
    pub cfgs: Vec<&'a Attribute>,
    /// Lints that the function allows, and that its caller therefore allows as well.
    pub allows: Vec<TokenStream>,
    pub docs: Vec<&'a Expr>,
    pub header: Header<'a>,
    pub is_async: bool,
    pub params: Vec<Param<'a>>,
    /// The place of the parameter list.
    pub parens: Span,
    pub output: Option<Ty<'a>>,
}

pub struct Param<'a> {
    pub ident: &'a Ident,
    pub ty: Ty<'a>,
    pub kind: Kind,
    /// The local that holds the value.
    pub local: Ident,
    /// The parameter as the user wrote it.
    pub original: &'a FnArg,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An argument of the guest.
    Wire,
    State,
    Caller,
    Grant,
}

impl<'a> HostFn<'a> {
    pub fn parse(args: &'a Args, item: &'a Item, errors: &mut Errors) -> Self {
        let Item { attrs, vis, sig, .. } = item;
        let params = sig.inputs.iter().enumerate();
        HostFn {
            args,
            ident: &sig.ident,
            vis,
            again: again(attrs, "host_fn"),
            cfgs: cfgs(attrs),
            allows: attrs.iter().filter_map(allowed).collect(),
            docs: docs::lines(attrs),
            header: Header::new(sig),
            is_async: sig.asyncness.is_some(),
            params: params.filter_map(|(at, param)| Param::parse(param, at, &sig.ident, errors)).collect(),
            parens: sig.paren_token.span.join(),
            output: match &sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some(Ty::new(ty)),
            },
        }
    }

    /// Returns the name that a guest imports.
    pub fn name(&self) -> String {
        self.args.name.as_ref().map_or_else(|| self.ident.unraw().to_string(), LitStr::value)
    }

    /// Returns the module that a guest imports it from.
    pub fn module(&self) -> String {
        self.args.module.as_ref().map_or_else(|| names::HOST.to_owned(), LitStr::value)
    }

    /// Returns the name of the type that has its `SPEC`.
    pub fn spec_type(&self) -> &Ident {
        self.args.spec.as_ref().unwrap_or(self.ident)
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Param<'a>> {
        self.params.iter().filter(move |param| param.kind == kind)
    }

    /// Returns the name in `capability = CAP(param)`.
    pub fn scope(&self) -> Option<&'a Ident> {
        match &self.args.capability {
            Some(Capability::Scoped(_, param)) => Some(param),
            _ => None,
        }
    }

    /// Returns the parameter that the capability is matched against.
    pub fn scoped(&self) -> Option<&Param<'a>> {
        self.params.iter().find(|param| Some(param.ident) == self.scope())
    }

    /// Reports whether a grant can have a scope, as far as is known.
    pub fn may_be_scoped(&self) -> bool {
        matches!(self.args.capability, Some(Capability::Scoped(..)) | None)
    }

    /// Reports whether two parameters have the same name.
    pub fn repeats_a_name(&self) -> bool {
        repeats(self.params.iter().map(|param| param.ident))
    }
}

impl<'a> Param<'a> {
    fn parse(original: &'a FnArg, at: usize, function: &Ident, errors: &mut Errors) -> Option<Self> {
        let FnArg::Typed(param) = original else {
            errors.on(original, "host functions cannot take `self`; use a `#[state]` parameter");
            return None;
        };
        let kind = Kind::new(param, errors);
        if let Some(cfg) = param.attrs.iter().find(|attr| is_conditional(attr)) {
            errors.on(cfg, "`#[cfg]` is not allowed on a parameter; put it on the function");
        }
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(Param {
                ident: &pat.ident,
                ty: Ty::new(&param.ty),
                kind,
                local: local_for(&pat.ident, at, function),
                original,
            }),
            Pat::Wild(wild) => {
                errors.on(wild, "host function parameters need a name for the listing; write `_name`");
                None
            }
            other => {
                errors.on(
                    other,
                    "host function parameters cannot be patterns; write a name and destructure in the body",
                );
                None
            }
        }
    }

    /// Returns its name on the wire and in the listing.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Returns the state's type.
    pub fn state(&self) -> State<'a> {
        State(self.ty.referent())
    }
}

/// Returns the local for a parameter's value: its own name, unless that would shadow the function, or says that it is unused
/// while it is passed on.
fn local_for(param: &Ident, at: usize, function: &Ident) -> Ident {
    if param.unraw().to_string().starts_with('_') {
        local(&format!("argument{at}"))
    } else if param == function {
        local("argument")
    } else {
        param.clone()
    }
}

/// The type that a state is found by.
pub struct State<'a>(pub &'a Type);

impl State<'_> {
    pub fn is_dyn(&self) -> bool {
        matches!(self.0, Type::TraitObject(_))
    }
}

impl PartialEq for State<'_> {
    /// Reports whether both are written alike.
    fn eq(&self, other: &Self) -> bool {
        self.0.to_token_stream().to_string() == other.0.to_token_stream().to_string()
    }
}

impl Kind {
    fn new(param: &PatType, errors: &mut Errors) -> Self {
        let mut ours = param.attrs.iter().filter(|attr| is_ours(attr));
        let kind = ours.next().map_or(Kind::Wire, |attr| Kind::of_attribute(attr, errors));
        if let Some(again) = ours.next() {
            errors.on(again, "a parameter has one of `#[state]`, `#[caller]` and `#[grant]`; keep one");
        }
        kind
    }

    fn of_attribute(attr: &Attribute, errors: &mut Errors) -> Self {
        let (kind, message) = if attr.path().is_ident("state") {
            (Kind::State, "`#[state]` takes no arguments; write `#[state] s: &mut S`")
        } else if attr.path().is_ident("caller") {
            (Kind::Caller, "`#[caller]` takes no arguments; write `#[caller] c: &Caller`")
        } else {
            (Kind::Grant, "`#[grant]` takes no arguments; write `#[grant] g: &Scope`")
        };
        if !matches!(attr.meta, Meta::Path(_)) {
            errors.on(attr, message);
        }
        kind
    }
}
