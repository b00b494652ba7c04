//! `#[derive(HostError)]`: the status and code of each error.

mod args;
mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::model::ErrorType;
use crate::errors::Errors;

/// Returns the implementation. It stays when something is wrong, so that functions which return this error report none of
/// their own.
pub fn host_error(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::new();
    let implementation = ErrorType::parse(&input, &mut errors).map(|error| {
        check::all(&error, &mut errors);
        expand::implementation(&error)
    });
    let errors = errors.finish().err().map(syn::Error::into_compile_error);
    quote!(#implementation #errors)
}
