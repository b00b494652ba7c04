//! `#[status]`, `#[code]` and `#[hostfn]`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, LitInt, LitStr, Token};

use crate::attr::{Krate, Slot};
use crate::errors::{Errors, list, nearest};

/// The value of `#[status(...)]`.
pub enum Status {
    /// The constant of one of the ABI's.
    Named(Ident),
    Application(i32),
    /// That of the error it carries.
    Transparent(Ident),
}

impl Status {
    /// The statuses that an error can name, in lower case, with their constants. The other two are not errors of a function:
    /// it succeeded, or its reply fitted nowhere.
    fn known() -> impl Iterator<Item = (String, &'static str)> {
        use hostfn_abi::Status;
        let own = |(status, _): &(Status, _)| *status != Status::OK && *status != Status::NO_ROOM;
        Status::NAMED.into_iter().filter(own).map(|(_, name)| (name.to_ascii_lowercase(), name))
    }

    pub fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitInt) || input.peek(Token![-]) {
            return Status::application(input);
        }
        let name = input.call(Ident::parse_any).map_err(|e| {
            syn::Error::new(e.span(), "expected a status; write `#[status(not_found)]` or `#[status(-1024)]`")
        })?;
        let spelt = name.unraw().to_string();
        if spelt == "transparent" {
            return Ok(Status::Transparent(name));
        }
        let (known, constants): (Vec<String>, Vec<&str>) = Status::known().unzip();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if let Some(at) = known.iter().position(|known| *known == spelt) {
            return Ok(Status::Named(Ident::new(constants[at], name.span())));
        }
        let help = match nearest(&spelt, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of {}, or a number from -1024 down", list(known)),
        };
        Err(syn::Error::new_spanned(name, format!("unknown status `{spelt}`; {help}")))
    }

    fn application(input: ParseStream<'_>) -> syn::Result<Self> {
        let minus = input.parse::<Option<Token![-]>>()?;
        let lit: LitInt = input.parse()?;
        let value = lit.base10_parse::<i64>().ok().map(|n| if minus.is_some() { -n } else { n });
        match value.and_then(|n| i32::try_from(n).ok()) {
            Some(code) if hostfn_abi::Status::new(code).is_application() => Ok(Status::Application(code)),
            _ => Err(syn::Error::new_spanned(
                lit,
                "invalid status; write `#[status(-1024)]` or below, or a name such as `not_found`",
            )),
        }
    }
}

/// Parses the argument of `#[code(...)]`.
pub fn code(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let lit: LitStr = input
        .parse()
        .map_err(|e| syn::Error::new(e.span(), "expected a code in quotes; write `#[code(\"not_here\")]`"))?;
    if lit.value().is_empty() || lit.value().contains(char::is_whitespace) {
        return Err(syn::Error::new_spanned(
            lit,
            "invalid code; write one word, such as `#[code(\"not_here\")]`",
        ));
    }
    Ok(lit)
}

/// Reads `#[hostfn(crate = path)]`.
pub fn krate(attrs: &[Attribute], errors: &mut Errors) -> Krate {
    let mut path = Slot::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("hostfn")) {
        let parsed = attr.parse_nested_meta(|meta| {
            let Some(key) = meta.path.get_ident().filter(|key| *key == "crate") else {
                return Err(meta.error("unknown argument; write `#[hostfn(crate = path::to::hostfn)]`"));
            };
            path.set(key, meta.value().and_then(Krate::path), errors)
        });
        errors.keep(parsed);
    }
    Krate(path.0)
}
