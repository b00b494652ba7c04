//! From the model to tokens, whatever is wrong.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Fields;

use super::args::Status;
use super::model::{ErrorType, Inner, Kind};
use crate::attr::Krate;

pub fn implementation(error: &ErrorType<'_>) -> TokenStream {
    let ErrorType { ident, generics: (generics, arguments, clause), krate, kinds, .. } = error;
    let patterns: Vec<TokenStream> = kinds.iter().map(pattern).collect();
    let statuses = kinds.iter().map(|kind| status(kind, krate));
    let codes = kinds.iter().map(|kind| code(kind, krate));
    // an enum without variants is matched by value
    let subject = if kinds.is_empty() { quote!(*self) } else { quote!(self) };
    let listed = listed(kinds, krate);
    let detail = detail(kinds, krate);
    let scope_value = scope_value(kinds, krate);
    quote! {
        impl #generics #krate::HostError for #ident #arguments #clause {
            const KINDS: &'static [#krate::spec::ErrorKind] = #listed;

            fn status(&self) -> #krate::Status {
                match #subject { #(#patterns => #statuses,)* }
            }

            fn code(&self) -> &str {
                match #subject { #(#patterns => #codes,)* }
            }

            #detail

            #scope_value
        }
    }
}

/// Matches the kind, with the error that it carries as `inner`.
fn pattern(kind: &Kind<'_>) -> TokenStream {
    let path = path(kind);
    match (&kind.inner, kind.fields) {
        (Some(Inner { name: Some(name), .. }), _) => quote!(#path { #name: inner }),
        (Some(Inner { name: None, .. }), _) => quote!(#path(inner)),
        (None, Fields::Named(_)) => quote!(#path { .. }),
        (None, Fields::Unnamed(_)) => quote!(#path(..)),
        (None, Fields::Unit) => quote!(#path),
    }
}

fn path(kind: &Kind<'_>) -> TokenStream {
    kind.variant.map_or_else(|| quote!(Self), |variant| quote!(Self::#variant))
}

fn status(kind: &Kind<'_>, krate: &Krate) -> TokenStream {
    match (&kind.inner, &kind.status) {
        (Some(_), _) => quote!(#krate::HostError::status(inner)),
        (None, Status::Named(name)) => quote!(#krate::Status::#name),
        (None, Status::Application(number)) => quote!(#krate::Status::application(#number)),
        // refused, for want of an inner error
        (None, Status::Transparent(_)) => quote!(#krate::Status::FAILED),
    }
}

fn code(kind: &Kind<'_>, krate: &Krate) -> TokenStream {
    match kind.inner {
        Some(_) => quote!(#krate::HostError::code(inner)),
        None => kind.code.to_token_stream(),
    }
}

/// The list of kinds: joined from several where an error carries another.
fn listed(kinds: &[Kind<'_>], krate: &Krate) -> TokenStream {
    let own = |kind: &Kind<'_>| {
        let (status, code, docs) = (status(kind, krate), code(kind, krate), &kind.docs);
        quote!(#krate::spec::ErrorKind { code: #code, status: #status, docs: #docs })
    };
    if kinds.iter().all(|kind| kind.inner.is_none()) {
        let own = kinds.iter().map(own);
        return quote!(&[#(#own),*]);
    }
    let lists = kinds.iter().map(|kind| {
        if let Some(Inner { ty, .. }) = &kind.inner {
            return quote!(<#ty as #krate::HostError>::KINDS);
        }
        let own = own(kind);
        quote!(&[#own])
    });
    quote!({
        const LISTS: &[&[#krate::spec::ErrorKind]] = &[#(#lists),*];
        &#krate::spec::ErrorKind::join::<{ #krate::spec::ErrorKind::count(LISTS) }>(LISTS)
    })
}

fn detail(kinds: &[Kind<'_>], krate: &Krate) -> Option<TokenStream> {
    let inner: Vec<TokenStream> = carriers(kinds).map(pattern).collect();
    (!inner.is_empty()).then(|| {
        quote! {
            fn detail(&self) -> ::core::option::Option<#krate::abi::Value> {
                #[allow(unreachable_patterns)]
                match self {
                    #(#inner => #krate::HostError::detail(inner),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

fn scope_value(kinds: &[Kind<'_>], krate: &Krate) -> Option<TokenStream> {
    let inner: Vec<TokenStream> = carriers(kinds).map(pattern).collect();
    let marked: Vec<TokenStream> = kinds.iter().filter_map(|kind| marked(kind, krate)).collect();
    (!inner.is_empty() || !marked.is_empty()).then(|| {
        quote! {
            fn scope_value(&self) -> ::core::option::Option<&str> {
                #[allow(unreachable_patterns)]
                match self {
                    #(#inner => #krate::HostError::scope_value(inner),)*
                    #(#marked,)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

/// The arm of a kind with a `#[scope_value]`, spanned on that field's type, which rustc checks.
fn marked(kind: &Kind<'_>, krate: &Krate) -> Option<TokenStream> {
    let (path, marked) = (path(kind), kind.scope_values.last()?);
    let member = &marked.member;
    let value = quote_spanned!(marked.at=> #krate::spec::ScopeValue::scope_value(value));
    Some(quote!(#path { #member: value, .. } => #value))
}

fn carriers<'k, 'a>(kinds: &'k [Kind<'a>]) -> impl Iterator<Item = &'k Kind<'a>> {
    kinds.iter().filter(|kind| kind.inner.is_some())
}
