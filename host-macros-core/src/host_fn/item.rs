//! The annotated function: everything but the body is parsed, so that a body which is being typed does no harm.

use proc_macro2::{Group, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

pub struct Item {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    body: Group,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Item {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input
                .parse()
                .map_err(|e| syn::Error::new(e.span(), "host functions need a body; write `{ ... }`"))?,
        })
    }
}

impl Item {
    /// Returns the user's function without our own attributes on its parameters, and with these lines at the end of its
    /// documentation.
    pub fn without_ours(&self, docs: &[String]) -> TokenStream {
        let Item { attrs, vis, sig, body } = self;
        let mut sig = sig.clone();
        for param in &mut sig.inputs {
            if let FnArg::Typed(param) = param {
                param.attrs.retain(|attr| !is_ours(attr));
            }
        }
        quote!(#(#attrs)* #(#[doc = #docs])* #vis #sig #body)
    }
}

/// Reports whether an attribute of a parameter is one that `#[host_fn]` reads.
pub fn is_ours(attr: &Attribute) -> bool {
    ["state", "caller", "grant"].iter().any(|name| attr.path().is_ident(name))
}
