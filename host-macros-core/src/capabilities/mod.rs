//! `capabilities!`: declarations of rights.

mod args;
mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;

use self::args::Block;
use self::model::Capability;
use crate::errors::Errors;

/// Returns a static for each declaration. They stay when something is wrong, so that what uses them reports no errors of its
/// own.
pub fn capabilities(input: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let block = Block::parse(input, &mut errors);
    let capabilities: Vec<Capability<'_>> = block.declarations.iter().map(Capability::new).collect();
    check::all(&capabilities, &mut errors);
    let statics = capabilities.iter().map(|capability| expand::declaration(capability, &block.krate));
    let errors = errors.finish().err().map(syn::Error::into_compile_error);
    quote!(#(#statics)* #errors)
}
