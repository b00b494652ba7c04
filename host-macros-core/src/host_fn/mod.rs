//! `#[host_fn]`: a function that plugins may call.

mod args;
mod check;
mod expand;
mod item;
mod model;
mod section;

use proc_macro2::TokenStream;
use quote::quote;

use self::args::Args;
use self::item::Item;
use self::model::HostFn;
use crate::attr::wrong_item;
use crate::errors::Errors;

/// Returns the function as it was, and beside it its description or what is wrong with it.
pub fn host_fn(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let message = "expected a function; move `#[host_fn]` to one";
            let error = wrong_item(tokens, "fn", error, message).into_compile_error();
            return quote!(#tokens #error);
        }
    };
    let mut errors = Errors::new();
    let args = Args::parse(args, &mut errors);
    let f = HostFn::parse(&args, &item, &mut errors);
    check::all(&f, &mut errors);
    if let Err(error) = errors.finish() {
        let (function, error) = (item.without_ours(&[]), error.into_compile_error());
        return quote!(#function #error);
    }
    let function = item.without_ours(&section::lines(&f));
    // rustc reports a repeated name in the function, and would again in all that is generated from it
    let beside = (!f.repeats_a_name()).then(|| expand::all(&f));
    quote!(#function #beside)
}
