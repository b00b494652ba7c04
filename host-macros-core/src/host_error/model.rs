//! The model of a type with `#[derive(HostError)]`. Everything after this asks the model and not the syntax.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Fields, ImplGenerics, Index, LitStr, Member, Type, TypeGenerics,
    WhereClause,
};

use super::args::{Status, code, krate};
use crate::attr::{Krate, only};
use crate::docs::first_paragraph;
use crate::errors::Errors;

pub struct ErrorType<'a> {
    pub ident: &'a Ident,
    pub generics: (ImplGenerics<'a>, TypeGenerics<'a>, Option<&'a WhereClause>),
    pub krate: Krate,
    /// `#[status]`s and `#[code]`s on an enum.
    pub misplaced: Vec<&'a Attribute>,
    pub kinds: Vec<Kind<'a>>,
}

/// One kind of error, or all that another error has: a variant, or a whole struct.
pub struct Kind<'a> {
    /// `None` for a struct.
    pub variant: Option<&'a Ident>,
    pub fields: &'a Fields,
    pub status: Status,
    /// The error that a transparent one carries: its only field.
    pub inner: Option<Inner<'a>>,
    pub code: LitStr,
    pub code_attr: Option<&'a Attribute>,
    pub scope_values: Vec<ScopeValue<'a>>,
    pub docs: String,
}

pub struct Inner<'a> {
    /// Its name; `None` in a tuple.
    pub name: Option<&'a Ident>,
    pub ty: &'a Type,
}

/// A field that is marked `#[scope_value]`.
pub struct ScopeValue<'a> {
    pub attr: &'a Attribute,
    pub has_arguments: bool,
    pub member: Member,
    /// The place of its type.
    pub at: Span,
}

impl<'a> ErrorType<'a> {
    /// Reads the type. `None` for a union, which cannot be matched.
    pub fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        let DeriveInput { attrs, ident, generics, data, .. } = input;
        let krate = krate(attrs, errors);
        let mut misplaced = Vec::new();
        let kinds = match data {
            Data::Enum(data) => {
                misplaced.extend(attrs.iter().filter(|attr| is_ours(attr)));
                let kind = |variant: &'a syn::Variant| {
                    Kind::parse(Some(&variant.ident), &variant.ident, &variant.fields, &variant.attrs, errors)
                };
                data.variants.iter().map(kind).collect()
            }
            Data::Struct(data) => vec![Kind::parse(None, ident, &data.fields, attrs, errors)],
            Data::Union(data) => {
                errors.on(data.union_token, "a union cannot be a `HostError`; use an enum or a struct");
                return None;
            }
        };
        Some(ErrorType { ident, generics: generics.split_for_impl(), krate, misplaced, kinds })
    }
}

impl<'a> Kind<'a> {
    fn parse(
        variant: Option<&'a Ident>,
        name: &Ident,
        fields: &'a Fields,
        attrs: &'a [Attribute],
        errors: &mut Errors,
    ) -> Self {
        let status_attr = only(attrs, "status", errors);
        let code_attr = only(attrs, "code", errors);
        let status = status_attr.and_then(|attr| errors.keep(attr.parse_args_with(Status::parse)));
        let code = code_attr.and_then(|attr| errors.keep(attr.parse_args_with(code)));
        Kind {
            variant,
            fields,
            inner: Inner::new(status.as_ref(), fields),
            status: status.unwrap_or_else(|| Status::Named(Ident::new("FAILED", Span::call_site()))),
            code: code.unwrap_or_else(|| LitStr::new(&snake_case(&name.unraw().to_string()), name.span())),
            code_attr,
            scope_values: ScopeValue::all(fields, errors),
            docs: first_paragraph(attrs),
        }
    }

    pub fn is_transparent(&self) -> bool {
        matches!(self.status, Status::Transparent(_))
    }
}

impl<'a> Inner<'a> {
    fn new(status: Option<&Status>, fields: &'a Fields) -> Option<Self> {
        let mut fields = fields.iter();
        match (status, fields.next(), fields.next()) {
            (Some(Status::Transparent(_)), Some(field), None) => {
                Some(Inner { name: field.ident.as_ref(), ty: &field.ty })
            }
            _ => None,
        }
    }
}

impl<'a> ScopeValue<'a> {
    fn all(fields: &'a Fields, errors: &mut Errors) -> Vec<Self> {
        let mut marked = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            if let Some(attr) = only(&field.attrs, "scope_value", errors) {
                marked.push(ScopeValue {
                    attr,
                    has_arguments: attr.meta.require_path_only().is_err(),
                    member: field.ident.clone().map_or(Member::Unnamed(Index::from(at)), Member::Named),
                    at: field.ty.span(),
                });
            }
        }
        marked
    }
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident("status") || attr.path().is_ident("code")
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
