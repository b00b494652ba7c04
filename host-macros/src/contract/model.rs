//! What `#[guest_contract]` knows of a trait. Everything after this reads the model and not the syntax.

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{
    Attribute, Expr, FnArg, Ident, ItemTrait, LitStr, Pat, ReturnType, Signature, TraitItem, TraitItemFn,
    Type, Visibility,
};

use super::args::{Args, entry};
use crate::errors::Errors;
use crate::item::doc_line;
use crate::model::allowed;

pub struct Contract<'a> {
    pub args: &'a Args,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    /// `#[cfg]`s, which go on everything that is made beside the trait.
    pub cfgs: Vec<&'a Attribute>,
    /// What the trait and its methods allow, which the client that names their types has to allow as well.
    pub allows: Vec<TokenStream>,
    pub docs: Vec<&'a Expr>,
    pub methods: Vec<Method<'a>>,
}

pub struct Method<'a> {
    pub sig: &'a Signature,
    /// Its documentation, and that it is deprecated.
    pub doc_attrs: Vec<&'a Attribute>,
    pub docs: Vec<&'a Expr>,
    pub params: Vec<Param<'a>>,
    pub output: Option<&'a Type>,
    pub entry: Option<LitStr>,
}

pub struct Param<'a> {
    pub ident: &'a Ident,
    pub ty: &'a Type,
    /// The parameter as the user wrote it.
    pub original: &'a FnArg,
}

impl<'a> Contract<'a> {
    pub fn parse(args: &'a Args, item: &'a ItemTrait, errors: &mut Errors) -> Self {
        let methods = item.items.iter().filter_map(|item| match item {
            TraitItem::Fn(method) => Some(Method::parse(method, errors)),
            _ => None,
        });
        let of_methods = item.items.iter().flat_map(|item| match item {
            TraitItem::Fn(method) => &method.attrs[..],
            _ => &[],
        });
        Contract {
            args,
            ident: &item.ident,
            vis: &item.vis,
            cfgs: item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
            allows: item.attrs.iter().chain(of_methods).filter_map(allowed).collect(),
            docs: item.attrs.iter().filter_map(doc_line).collect(),
            methods: methods.collect(),
        }
    }

    /// The id; blank where it is wrong, which has been reported.
    pub fn id(&self) -> String {
        self.args.id.as_ref().map_or_else(String::new, LitStr::value)
    }

    /// The name of the client's type.
    pub fn client(&self) -> Ident {
        format_ident!("{}Client", self.ident.unraw(), span = self.ident.span())
    }

    /// The symbol that the guest exports for a method.
    pub fn entry(&self, method: &Method<'_>) -> String {
        method.entry.as_ref().map_or_else(|| default_entry(&self.id(), &method.name()), LitStr::value)
    }

    /// Whether two methods, or two parameters of one method, have the same name.
    pub fn repeats_a_name(&self) -> bool {
        let names = self.methods.iter().map(|method| &method.sig.ident);
        repeats(names) || self.methods.iter().any(|method| repeats(method.params.iter().map(|p| p.ident)))
    }
}

/// `greeter_v1_greet`.
fn default_entry(id: &str, method: &str) -> String {
    let prefix: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{prefix}_{method}")
}

fn repeats<'a>(names: impl Iterator<Item = &'a Ident>) -> bool {
    let names: Vec<_> = names.collect();
    names.iter().enumerate().any(|(i, name)| names[..i].contains(name))
}

impl<'a> Method<'a> {
    fn parse(method: &'a TraitItemFn, errors: &mut Errors) -> Self {
        let sig = &method.sig;
        Method {
            sig,
            doc_attrs: method
                .attrs
                .iter()
                .filter(|attr| doc_line(attr).is_some() || attr.path().is_ident("deprecated"))
                .collect(),
            docs: method.attrs.iter().filter_map(doc_line).collect(),
            params: sig.inputs.iter().filter_map(|param| Param::parse(param, errors)).collect(),
            output: match &sig.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some(ty),
            },
            entry: entry(&method.attrs, errors),
        }
    }

    /// Its name in the contract.
    pub fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    pub fn is_async(&self) -> bool {
        self.sig.asyncness.is_some()
    }
}

impl<'a> Param<'a> {
    fn parse(original: &'a FnArg, errors: &mut Errors) -> Option<Self> {
        let FnArg::Typed(param) = original else {
            return None;
        };
        if let Some(cfg) = param.attrs.iter().find(|attr| is_conditional(attr)) {
            errors.on(
                cfg,
                "a parameter that comes and goes makes two contracts of one id; put the `#[cfg]` on the trait",
            );
        }
        match &*param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() => {
                Some(Param { ident: &pat.ident, ty: &param.ty, original })
            }
            Pat::Wild(wild) => {
                errors.on(
                    wild,
                    "a parameter of a contract's method has a name, which the listing shows; write `name`",
                );
                None
            }
            other => {
                errors.on(
                    other,
                    "a parameter of a contract's method is a plain name, which the listing shows; there is no body to \
                     take a pattern apart in",
                );
                None
            }
        }
    }

    /// Its name in the listing.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// Whether an attribute makes something come and go.
pub fn is_conditional(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}
