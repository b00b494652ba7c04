//! Expansion of one annotated function, without a compiler.

use std::path::Path;

use hostfn_core::{Error, Problem};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ItemFn, Meta, Token};

use super::crates::{LARGEST, Sources, parse, text};
use super::sources::Found;
use super::stack::with_stack;
use crate::problem::unusable;
use crate::text::cut;

/// Expands every function of this name in the sources of the package in `folder`: its name in Rust, or that for guests,
/// `greet` or `host.greet`.
///
/// # Errors
/// When there is no such package or function, and when the macro reports an error.
pub(crate) fn expand(folder: &Path, name: &str) -> Result<String, Error> {
    let expanded = with_stack(|| {
        let sources = Sources::read(folder)?;
        let is_named = |found: &&Found| {
            let full_name = format!("{}.{}", found.module, found.name);
            found.ident == name || found.name == name || full_name == name
        };
        let found: Vec<&Found> = sources.annotated.iter().filter(is_named).collect();
        if found.is_empty() {
            return Err(not_found(folder, name, &sources));
        }
        let expanded = found.into_iter().map(|found| function(folder, found));
        expanded.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(expanded.join("\n"))
}

fn not_found(folder: &Path, name: &str, sources: &Sources) -> Problem {
    let shown = folder.display().to_string();
    let names: Vec<String> = sources.annotated.iter().take(20).map(|found| cut(&found.name)).collect();
    let remedy = match &*names {
        [] => "name the folder of a package with annotated functions".to_owned(),
        names => format!("name one of `{}`", names.join("`, `")),
    };
    unusable(&shown, &format!("no function with `#[host_fn]` is called `{}`", cut(name)), &remedy)
}

fn function(folder: &Path, found: &Found) -> Result<String, Problem> {
    let place = format!("{}:{}", found.file, found.line);
    let wrong = |what: &str| unusable(&place, what, "save the file, and run the command again");
    let text = text(&folder.join(&found.file), LARGEST).map_err(|what| wrong(&what))?;
    let file = parse(&text).map_err(|what| wrong(&what))?;
    let mut search = Search { line: found.line, item: None };
    search.visit_file(&file);
    let mut item = search.item.ok_or_else(|| wrong("the file has changed"))?;
    let at = item.attrs.iter().position(|attribute| attribute.span().start() == found.attribute);
    let attribute = item.attrs.remove(at.ok_or_else(|| wrong("the file has changed"))?);
    let expansion = hostfn_macros_core::host_fn(arguments(&attribute.meta), &item.to_token_stream());
    let expansion: syn::File = syn::parse2(expansion).map_err(|error| wrong(&error.to_string()))?;
    if let Some(message) = refusal(&expansion) {
        return Err(unusable(&place, &message, "correct the function"));
    }
    Ok(format!("// {place}\n{}", prettyplease::unparse(&expansion)))
}

/// The arguments of the attribute, which can be within `cfg_attr`.
fn arguments(meta: &Meta) -> TokenStream {
    let Meta::List(list) = meta else { return TokenStream::new() };
    if !list.path.is_ident("cfg_attr") {
        return list.tokens.clone();
    }
    let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let mut attributes = metas.iter().skip(1);
    let is = |meta: &&Meta| meta.path().segments.last().is_some_and(|last| last.ident == "host_fn");
    attributes.clone().find(is).or(attributes.next()).map(arguments).unwrap_or_default()
}

/// The message of an error that the macro reports.
fn refusal(expansion: &syn::File) -> Option<String> {
    let macros = expansion.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) => Some(&item.mac),
        _ => None,
    });
    let mut errors =
        macros.filter(|item| item.path.segments.last().is_some_and(|last| last.ident == "compile_error"));
    let message = errors.next()?.parse_body::<syn::LitStr>();
    Some(message.map_or_else(|_| "the macro reports an error".to_owned(), |text| text.value()))
}

/// Finds the function whose name is in a line.
struct Search {
    line: usize,
    item: Option<ItemFn>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if item.sig.ident.span().start().line == self.line {
            self.item = Some(item.clone());
        } else {
            visit::visit_item_fn(self, item);
        }
    }
}
