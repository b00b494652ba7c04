//! The macros of `hostfn`: an implementation detail of the facade, which documents them.
//!
//! The package `hostfn-macros-core` has the logic, as functions on `proc_macro2` tokens: `hostfn expand` calls them as well.

use proc_macro::TokenStream;

/// Declares a function as a host function: a plugin that is granted its capability may call it.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_attribute]
pub fn host_fn(args: TokenStream, item: TokenStream) -> TokenStream {
    hostfn_macros_core::host_fn(args.into(), &item.into()).into()
}

/// Declares a trait as the functions that a guest exports, and creates a typed client for it.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_attribute]
pub fn guest_contract(args: TokenStream, item: TokenStream) -> TokenStream {
    hostfn_macros_core::guest_contract(args.into(), &item.into()).into()
}

/// Implements `HostError` for an error type.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_derive(HostError, attributes(status, code, scope_value, hostfn))]
pub fn host_error(input: TokenStream) -> TokenStream {
    hostfn_macros_core::host_error(input.into()).into()
}

/// Declares capabilities.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro]
pub fn capabilities(input: TokenStream) -> TokenStream {
    hostfn_macros_core::capabilities(input.into()).into()
}
