//! The macros of `hostfn`: an implementation detail of the facade, which documents them.
//!
//! Each macro is a folder of the same stages: `args` parses what the user wrote for the macro, `model` reads the item once and
//! answers every question about it, `check` reports what a rule forbids, `expand` writes tokens. Errors of all stages are
//! reported together.

mod attr;
mod capabilities;
mod contract;
mod docs;
mod errors;
mod host_error;
mod host_fn;
mod span;
mod syntax;
// beside `src`, all of whose text is messages for users: `tests::messages` asks for a case of each
#[cfg(test)]
#[path = "../tests-in-crate/mod.rs"]
mod tests;

use proc_macro::TokenStream;

/// Declares a function as a host function: a plugin that is granted its capability may call it.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_attribute]
pub fn host_fn(args: TokenStream, item: TokenStream) -> TokenStream {
    host_fn::host_fn(args.into(), &item.into()).into()
}

/// Declares a trait as the functions that a guest exports, and creates a typed client for it.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_attribute]
pub fn guest_contract(args: TokenStream, item: TokenStream) -> TokenStream {
    contract::guest_contract(args.into(), &item.into()).into()
}

/// Implements `HostError` for an error type.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro_derive(HostError, attributes(status, code, scope_value, hostfn))]
pub fn host_error(input: TokenStream) -> TokenStream {
    host_error::host_error(input.into()).into()
}

/// Declares capabilities.
///
/// The full documentation is in the facade, `hostfn`.
#[proc_macro]
pub fn capabilities(input: TokenStream) -> TokenStream {
    capabilities::capabilities(input.into()).into()
}
