//! The arguments of the attribute, and of `#[entry]`.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Path};

use crate::args::{Slot, each, key, krate, string};
use crate::errors::Errors;

const KEYS: &[&str] = &["id", "crate"];

/// What the attribute says, each part at most once.
pub struct Args {
    pub id: Option<LitStr>,
    krate: Option<Path>,
}

impl Args {
    /// Reads all arguments, and reports all that are wrong.
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let (mut ids, mut krates) = (Slot(None), Slot(None));
        let mut id_tried = false;
        each(tokens, errors, |input, errors| {
            // who misspells `id` need not be told that it is missing
            let (key, name) = key(input, "guest_contract", KEYS, |near| id_tried |= near == "id")?;
            match name.as_str() {
                "id" => ids.set(&key, id(input), errors),
                _ => krates.set(&key, krate(input), errors),
            }
        });
        if !id_tried {
            errors.at(
                Span::call_site(),
                "a contract has an id, which host and guest know it by; write `id = \"greeter.v1\"`",
            );
        }
        Args { id: ids.0, krate: krates.0 }
    }

    /// The path of the `hostfn` crate.
    pub fn krate(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote!(::hostfn), ToTokens::to_token_stream)
    }
}

fn id(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let lit = string(input, "id", "a string")?;
    let value = lit.value();
    if value.trim().is_empty() {
        return Err(syn::Error::new_spanned(
            lit,
            "the id is blank; name the contract, `id = \"greeter.v1\"`",
        ));
    }
    if !names::is_dotted(&value) {
        return Err(syn::Error::new_spanned(lit, format!("invalid contract id; {}", names::DOTTED_REMEDY)));
    }
    Ok(lit)
}

/// Whether an attribute of a method is one that `#[guest_contract]` reads.
pub fn is_entry(attr: &Attribute) -> bool {
    attr.path().is_ident("entry")
}

/// The symbol of `#[entry("symbol")]`.
pub fn entry(attrs: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut entries = attrs.iter().filter(|attr| is_entry(attr));
    let first = entries.next()?;
    if let Some(again) = entries.next() {
        errors.on(again, "`#[entry]` is given twice; keep one of them");
    }
    let parsed = first.parse_args().map_err(|e| {
        syn::Error::new(
            e.span(),
            "an entry is the symbol that the guest exports; write `#[entry(\"greet\")]`",
        )
    });
    errors.keep(parsed)
}
