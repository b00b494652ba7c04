//! `#[guest_contract]`: a trait as the functions that a guest exports.

mod args;
mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemTrait, TraitItem};

use self::args::{Args, is_entry};
use self::model::Contract;
use crate::attr::wrong_item;
use crate::errors::Errors;

/// Returns the trait as it was, and beside it its client or what is wrong with it.
pub fn guest_contract(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let item: ItemTrait = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let message = "expected a trait; move `#[guest_contract]` to one";
            let error = wrong_item(tokens, "trait", error, message).into_compile_error();
            return quote!(#tokens #error);
        }
    };
    let beside = client(args, &item).unwrap_or_else(syn::Error::into_compile_error);
    let item = without_entries(item);
    quote! {
        // the client stands for it, and only an implementation would await its methods
        #[allow(async_fn_in_trait, dead_code)]
        #item
        #beside
    }
}

fn client(args: TokenStream, item: &ItemTrait) -> syn::Result<TokenStream> {
    let mut errors = Errors::new();
    let args = Args::parse(args, &mut errors);
    let contract = Contract::parse(&args, item, &mut errors);
    check::all(&contract, &mut errors);
    errors.finish()?;
    // rustc reports a repeated name in the trait, and would again in all that is generated from it
    Ok(if contract.repeats_a_name() { TokenStream::new() } else { expand::all(&contract) })
}

fn without_entries(mut item: ItemTrait) -> ItemTrait {
    for item in &mut item.items {
        if let TraitItem::Fn(method) = item {
            method.attrs.retain(|attr| !is_entry(attr));
        }
    }
    item
}
