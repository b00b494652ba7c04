//! The arguments of `#[guest_contract]`, and of `#[entry]`.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Attribute, LitStr};

use crate::attr::{Keys, Krate, Slot, each, key, only, string};
use crate::errors::Errors;

const KEYS: &Keys = &[("id", "\"greeter.v1\""), ("crate", "path::to::hostfn")];

/// The arguments of the attribute, each at most once.
pub struct Args {
    pub id: Option<LitStr>,
    pub krate: Krate,
}

impl Args {
    /// Reads all arguments, and reports everything that is wrong with them.
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let (mut ids, mut krates) = (Slot::default(), Slot::default());
        let mut id_tried = false;
        each(tokens, errors, |input, errors| {
            // a misspelt `id` is not missing as well
            let (key, name) = key(input, KEYS, |near| id_tried |= near == "id")?;
            match name.as_str() {
                "id" => ids.set(&key, id(input), errors),
                _ => krates.set(&key, Krate::path(input), errors),
            }
        });
        if !id_tried {
            errors.at(Span::call_site(), "missing `id`; write `id = \"greeter.v1\"`");
        }
        Args { id: ids.0, krate: Krate(krates.0) }
    }
}

fn id(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let lit = string(input, KEYS, "id", "a string")?;
    let value = lit.value();
    if value.trim().is_empty() {
        return Err(syn::Error::new_spanned(lit, "empty contract id; write `id = \"greeter.v1\"`"));
    }
    if !names::is_dotted(&value) {
        return Err(syn::Error::new_spanned(lit, format!("invalid contract id; {}", names::DOTTED_REMEDY)));
    }
    Ok(lit)
}

/// Reports whether an attribute of a method is one that `#[guest_contract]` reads.
pub fn is_entry(attr: &Attribute) -> bool {
    attr.path().is_ident("entry")
}

/// Returns the symbol of `#[entry("symbol")]`.
pub fn entry(attrs: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let entry = only(attrs, "entry", errors)?;
    let parsed = entry
        .parse_args()
        .map_err(|e| syn::Error::new(e.span(), "expected the exported symbol; write `#[entry(\"greet\")]`"));
    errors.keep(parsed)
}
