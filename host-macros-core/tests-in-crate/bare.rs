//! The expansion decides nothing: what has to be decided is decided in `hostfn-core`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use super::cases::{CONTRACTS, ERROR_ENUM, FUNCTIONS};
use super::{beside, items, parse, words};

const DECISIONS: [&str; 8] = ["unsafe", "unwrap", "expect", "match", "if", "loop", "for", "while"];

fn decisions(items: &[Item]) -> Vec<String> {
    let code: TokenStream = items.iter().map(without_header).collect();
    words(code).into_iter().filter(|word| DECISIONS.contains(&word.as_str())).collect()
}

/// An `impl` without its header, whose `for` is not a loop.
fn without_header(item: &Item) -> TokenStream {
    match item {
        Item::Impl(block) => block.items.iter().map(ToTokens::to_token_stream).collect(),
        other => other.to_token_stream(),
    }
}

#[test]
fn what_stands_beside_a_function_or_trait_decides_nothing() {
    for (name, source) in FUNCTIONS.iter().chain(&CONTRACTS) {
        assert_eq!(decisions(&beside(source)), [""; 0], "{name}");
    }
}

#[test]
fn a_derived_error_only_matches() {
    let derived = items(crate::host_error::host_error(parse(ERROR_ENUM)));
    assert_eq!(decisions(&derived), ["match", "match"]);
}

#[test]
fn a_decision_is_found_wherever_it_is() {
    let code = quote! {
        impl Trait for Type {
            const F: fn() = || for x in y.unwrap() {};
        }
        a::submit! { unsafe { b } }
    };
    assert_eq!(decisions(&items(code)), ["for", "unwrap", "unsafe"]);
}
