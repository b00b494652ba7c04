//! The model of a trait with `#[guest_contract]`. Everything after this asks the model and not the syntax.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Block, Expr, FnArg, GenericParam, Ident, ItemTrait, Lifetime, LitStr, Pat, ReceiverKind,
    ReturnType, Signature, Token, TraitItem, TraitItemFn, TypeParamBound, Visibility, WhereClause,
};

use super::args::{Args, entry};
use crate::attr::{again, allowed, cfgs, is_conditional};
use crate::docs::{self, doc_line};
use crate::errors::Errors;
use crate::syntax::{Header, Ty, filled, repeats};

pub struct Contract<'a> {
    pub args: &'a Args,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    /// Further `#[guest_contract]`s.
    pub again: Vec<&'a Attribute>,
    pub unsafety: Option<&'a Token![unsafe]>,
    pub generics: Option<&'a Punctuated<GenericParam, Token![,]>>,
    pub where_clause: Option<&'a WhereClause>,
    pub supertraits: Option<&'a Punctuated<TypeParamBound, Token![+]>>,
    pub foreign: Vec<Foreign<'a>>,
    pub cfgs: Vec<&'a Attribute>,
    /// Lints that the trait and its methods allow, and that the client therefore allows as well.
    pub allows: Vec<TokenStream>,
    pub docs: Vec<&'a Expr>,
    pub methods: Vec<Method<'a>>,
}

/// An item that is not a method.
pub enum Foreign<'a> {
    Const(&'a TraitItem),
    Type(&'a TraitItem),
    Other(&'a TraitItem),
}

pub struct Method<'a> {
    pub ident: &'a Ident,
    pub asyncness: Option<&'a Token![async]>,
    pub header: Header<'a>,
    pub receiver: Receiver<'a>,
    /// A `#[cfg]` on it.
    pub condition: Option<&'a Attribute>,
    pub body: Option<&'a Block>,
    /// Its documentation, and that it is deprecated.
    pub doc_attrs: Vec<&'a Attribute>,
    pub docs: Vec<&'a Expr>,
    pub params: Vec<Param<'a>>,
    pub output: Option<Ty<'a>>,
    pub entry: Option<LitStr>,
}

pub enum Receiver<'a> {
    Borrowed,
    WithLifetime(&'a Lifetime),
    Owned(&'a syn::Receiver),
    Missing,
}

pub struct Param<'a> {
    pub ident: &'a Ident,
    pub ty: Ty<'a>,
    /// The parameter as the user wrote it.
    pub original: &'a FnArg,
}

impl<'a> Contract<'a> {
    pub fn parse(args: &'a Args, item: &'a ItemTrait, errors: &mut Errors) -> Self {
        let mut methods = Vec::new();
        let mut allows: Vec<TokenStream> = item.attrs.iter().filter_map(allowed).collect();
        let mut foreign = Vec::new();
        for item in &item.items {
            match item {
                TraitItem::Fn(method) => {
                    methods.push(Method::parse(method, errors));
                    allows.extend(method.attrs.iter().filter_map(allowed));
                }
                TraitItem::Const(_) => foreign.push(Foreign::Const(item)),
                TraitItem::Type(_) => foreign.push(Foreign::Type(item)),
                _ => foreign.push(Foreign::Other(item)),
            }
        }
        Contract {
            args,
            ident: &item.ident,
            vis: &item.vis,
            again: again(&item.attrs, "guest_contract"),
            unsafety: item.unsafety.as_ref(),
            generics: filled(&item.generics.params),
            where_clause: item.generics.where_clause.as_ref(),
            supertraits: filled(&item.supertraits),
            foreign,
            cfgs: cfgs(&item.attrs),
            allows,
            docs: docs::lines(&item.attrs),
            methods,
        }
    }

    /// Returns the id; empty where it is wrong, which has been reported.
    pub fn id(&self) -> String {
        self.args.id.as_ref().map_or_else(String::new, LitStr::value)
    }

    /// Returns the name of the client's type.
    pub fn client(&self) -> Ident {
        format_ident!("{}Client", self.ident.unraw(), span = self.ident.span())
    }

    /// Returns the name of the async client's type.
    pub fn async_client(&self) -> Ident {
        format_ident!("{}AsyncClient", self.ident.unraw(), span = self.ident.span())
    }

    /// Returns the symbol that the guest exports for a method: `greeter_v1_greet` unless it has an `#[entry]`.
    pub fn entry(&self, method: &Method<'_>) -> String {
        let default = || {
            let id = self.id();
            let prefix: String =
                id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            format!("{prefix}_{}", method.name())
        };
        method.entry.as_ref().map_or_else(default, LitStr::value)
    }

    /// Reports whether two methods, or two parameters of one method, have the same name.
    pub fn repeats_a_name(&self) -> bool {
        repeats(self.methods.iter().map(|method| method.ident))
            || self.methods.iter().any(|method| repeats(method.params.iter().map(|param| param.ident)))
    }
}

impl<'a> Method<'a> {
    fn parse(method: &'a TraitItemFn, errors: &mut Errors) -> Self {
        let TraitItemFn { attrs, sig, .. } = method;
        let is_doc = |attr: &&Attribute| doc_line(attr).is_some() || attr.path().is_ident("deprecated");
        Method {
            ident: &sig.ident,
            asyncness: sig.asyncness.as_ref(),
            header: Header::new(sig),
            receiver: Receiver::new(sig),
            condition: attrs.iter().find(|attr| is_conditional(attr)),
            body: method.default.as_ref(),
            doc_attrs: attrs.iter().filter(is_doc).collect(),
            docs: docs::lines(attrs),
            params: sig.inputs.iter().filter_map(|param| Param::parse(param, errors)).collect(),
            output: match &sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some(Ty::new(ty)),
            },
            entry: entry(attrs, errors),
        }
    }

    /// Returns its name in the contract.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub fn is_async(&self) -> bool {
        self.asyncness.is_some()
    }
}

impl<'a> Receiver<'a> {
    fn new(sig: &'a Signature) -> Self {
        let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
            return Receiver::Missing;
        };
        match &receiver.kind {
            ReceiverKind::Reference(_, None, _) => Receiver::Borrowed,
            ReceiverKind::Reference(_, Some(lifetime), _) => Receiver::WithLifetime(lifetime),
            _ => Receiver::Owned(receiver),
        }
    }
}

impl<'a> Param<'a> {
    fn parse(original: &'a FnArg, errors: &mut Errors) -> Option<Self> {
        let FnArg::Typed(param) = original else {
            return None;
        };
        if let Some(cfg) = param.attrs.iter().find(|attr| is_conditional(attr)) {
            errors.on(cfg, "`#[cfg]` is not allowed on a parameter; put it on the trait");
        }
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() => {
                Some(Param { ident: &pat.ident, ty: Ty::new(&param.ty), original })
            }
            Pat::Wild(wild) => {
                errors.on(wild, "contract method parameters need a name for the listing; write `name`");
                None
            }
            other => {
                errors.on(other, "contract method parameters cannot be patterns; write a name");
                None
            }
        }
    }

    /// Returns its name in the listing.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}
