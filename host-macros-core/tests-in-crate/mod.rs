//! Expansions of a user's tokens, without a compiler in between.
//!
//! The goldens are whole expansions, formatted. `UPDATE_EXPECT=1 cargo test -p hostfn-macros` writes them.

mod bare;
mod cases;
mod errors;
mod kept;
mod messages;
mod public;
mod refused;
mod short;
mod spans;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

use cases::{CAPABILITIES, CONTRACTS, ERROR_ENUM, FUNCTIONS};
use expect_test::expect_file;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item};

/// The expansion of a function with `#[host_fn(...)]`, or a trait with `#[guest_contract(...)]`, on a line of
/// its own.
fn expand(source: &str) -> TokenStream {
    let (args, item) = take_attribute(source);
    let (args, item) = (parse(&args), parse(&item));
    if source.contains(CONTRACT) {
        crate::contract::guest_contract(args, &item)
    } else {
        crate::host_fn::host_fn(args, &item)
    }
}

const CONTRACT: &str = "#[guest_contract(";

/// The arguments of the attribute, and what is left without it.
fn take_attribute(source: &str) -> (String, String) {
    let found = source.split_once("#[host_fn(").or_else(|| source.split_once(CONTRACT));
    let (before, rest) = found.expect("an item is annotated");
    let (args, after) = rest.split_once(")]\n").expect("the attribute ends its line");
    (args.to_owned(), before.to_owned() + after)
}

/// Returns what stands beside the function or trait.
fn beside(source: &str) -> Vec<Item> {
    items(expand(source)).split_off(1)
}

fn items(tokens: TokenStream) -> Vec<Item> {
    syn::parse2::<File>(tokens).expect("an expansion is items").items
}

fn parse(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|e| panic!("{e} in {source}"))
}

fn formatted(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("an expansion is items"))
}

/// Every token, brackets included.
fn words(tokens: impl ToTokens) -> Vec<String> {
    tokens.into_token_stream().into_iter().flat_map(words_of).collect()
}

fn words_of(token: TokenTree) -> Vec<String> {
    let TokenTree::Group(group) = token else {
        return vec![token.to_string()];
    };
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let inner = words(group.stream());
    [open.to_owned()].into_iter().chain(inner).chain([close.to_owned()]).collect()
}

#[test]
fn expansions_are_the_golden_ones() {
    for (name, source) in FUNCTIONS.iter().chain(&CONTRACTS) {
        expect_file![format!("goldens/{name}.rs")].assert_eq(&formatted(expand(source)));
    }
    let derived = crate::host_error::host_error(parse(ERROR_ENUM));
    expect_file!["goldens/error_enum.rs"].assert_eq(&formatted(derived));
    let declared = crate::capabilities::capabilities(parse(CAPABILITIES));
    expect_file!["goldens/capabilities.rs"].assert_eq(&formatted(declared));
}

#[test]
fn every_golden_file_is_compared() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-in-crate/goldens");
    let files: BTreeSet<OsString> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    let functions = FUNCTIONS.iter().chain(&CONTRACTS).map(|(name, _)| format!("{name}.rs").into());
    assert_eq!(files, functions.chain(["error_enum.rs".into(), "capabilities.rs".into()]).collect());
}
