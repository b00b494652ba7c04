//! The arguments of `#[host_fn]`.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use crate::attr::{self, Keys, Krate, Slot, each, example, key, string};
use crate::errors::Errors;

const KEYS: &Keys = &[
    ("capability", "CAP"),
    ("name", "\"a_name\""),
    ("module", "\"a_module\""),
    ("max_args", "\"64 KiB\""),
    ("max_reply", "\"64 KiB\""),
    ("quota", "32"),
    ("since", "1"),
    ("collect", "false"),
    ("spec", "GreetFn"),
    ("crate", "path::to::hostfn"),
];

/// The arguments of the attribute, each at most once.
pub struct Args {
    pub capability: Option<Capability>,
    pub name: Option<LitStr>,
    pub module: Option<LitStr>,
    pub max_args: Option<u32>,
    pub max_reply: Option<u32>,
    pub quota: Option<u32>,
    pub since: Option<u32>,
    pub collect: Option<bool>,
    /// The name of the type that has the `SPEC`.
    pub spec: Option<Ident>,
    pub krate: Krate,
}

/// `none`, `CAP` or `CAP(param)`.
pub enum Capability {
    None,
    Plain(Path),
    Scoped(Path, Ident),
}

impl Capability {
    /// Returns the path of the capability, if one is required.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Capability::None => None,
            Capability::Plain(path) | Capability::Scoped(path, _) => Some(path),
        }
    }
}

impl Args {
    /// Reads all arguments, and reports everything that is wrong with them.
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut slots = Slots::default();
        let mut capability_tried = false;
        each(tokens, errors, |input, errors| slots.argument(input, &mut capability_tried, errors));
        if !capability_tried {
            errors.at(
                Span::call_site(),
                "missing `capability`; write `capability = CAP`, `CAP(param)` or `none`",
            );
        }
        slots.into_args()
    }
}

#[derive(Default)]
struct Slots {
    capability: Slot<Capability>,
    name: Slot<LitStr>,
    module: Slot<LitStr>,
    max_args: Slot<u32>,
    max_reply: Slot<u32>,
    quota: Slot<u32>,
    since: Slot<u32>,
    collect: Slot<bool>,
    spec: Slot<Ident>,
    krate: Slot<Path>,
}

impl Slots {
    fn argument(
        &mut self,
        input: ParseStream<'_>,
        capability_tried: &mut bool,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        // a misspelt `capability` is not missing as well
        let tried = |near: &str| *capability_tried |= near == "capability";
        let (key, name) = key(input, KEYS, tried)?;
        match name.as_str() {
            "capability" => self.capability.set(&key, capability(input), errors),
            "name" => self.name.set(&key, import_name(input, &name), errors),
            "module" => self.module.set(&key, import_name(input, &name), errors),
            "max_args" => self.max_args.set(&key, size(input, &name), errors),
            "max_reply" => self.max_reply.set(&key, size(input, &name), errors),
            "quota" => self.quota.set(&key, number(input, &name), errors),
            "since" => self.since.set(&key, number(input, &name), errors),
            "collect" => self.collect.set(&key, boolean(input, &name), errors),
            "spec" => self.spec.set(&key, ident(input, &name), errors),
            _ => self.krate.set(&key, Krate::path(input), errors),
        }
    }

    fn into_args(self) -> Args {
        Args {
            capability: self.capability.0,
            name: self.name.0,
            module: self.module.0,
            max_args: self.max_args.0,
            max_reply: self.max_reply.0,
            quota: self.quota.0,
            since: self.since.0,
            collect: self.collect.0,
            spec: self.spec.0,
            krate: Krate(self.krate.0),
        }
    }
}

fn expected<T>(input: ParseStream<'_>, key: &str, what: &str) -> syn::Result<T> {
    attr::expected(input, KEYS, key, what)
}

fn capability(input: ParseStream<'_>) -> syn::Result<Capability> {
    if !(input.peek(Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super]))
    {
        return expected(input, "capability", "a capability or `none`");
    }
    let path = Path::parse_mod_style(input)?;
    if path.is_ident("None") {
        return Err(syn::Error::new_spanned(path, "`None` is not a capability; write `capability = none`"));
    }
    if !input.peek(token::Paren) {
        return Ok(if path.is_ident("none") { Capability::None } else { Capability::Plain(path) });
    }
    let content;
    parenthesized!(content in input);
    if path.is_ident("none") {
        return Err(syn::Error::new_spanned(path, "`none` has no scope; write `capability = none`"));
    }
    let param = content
        .call(Ident::parse_any)
        .map_err(|e| syn::Error::new(e.span(), "expected a parameter name; write `CAP(param)`"))?;
    if !content.is_empty() {
        return Err(content.error("a capability is matched against one parameter; write `CAP(param)`"));
    }
    Ok(Capability::Scoped(path, param))
}

fn import_name(input: ParseStream<'_>, key: &str) -> syn::Result<LitStr> {
    let lit = string(input, KEYS, key, "a string")?;
    if names::is_importable(&lit.value()) {
        return Ok(lit);
    }
    Err(syn::Error::new_spanned(lit, format!("invalid `{key}`; {}", names::IMPORTABLE_REMEDY)))
}

fn number(input: ParseStream<'_>, key: &str) -> syn::Result<u32> {
    if !input.peek(LitInt) {
        return expected(input, key, "a number");
    }
    let lit: LitInt = input.parse()?;
    match lit.base10_parse::<u32>() {
        Ok(value) if value > 0 && lit.suffix().is_empty() => Ok(value),
        _ => Err(syn::Error::new_spanned(
            lit,
            format!("invalid `{key}`; write a number from 1 to {} without a suffix", u32::MAX),
        )),
    }
}

fn boolean(input: ParseStream<'_>, key: &str) -> syn::Result<bool> {
    if input.peek(LitBool) {
        Ok(input.parse::<LitBool>()?.value)
    } else {
        expected(input, key, "`true` or `false`")
    }
}

fn ident(input: ParseStream<'_>, key: &str) -> syn::Result<Ident> {
    if input.peek(Ident) { input.parse() } else { expected(input, key, "a type name") }
}

fn size(input: ParseStream<'_>, key: &str) -> syn::Result<u32> {
    let lit = string(input, KEYS, key, "a size in quotes")?;
    let text = lit.value();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim_start() {
        "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes = text[..digits].parse::<u64>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
    match bytes.map(u32::try_from) {
        Some(Ok(bytes)) if bytes > 0 => Ok(bytes),
        Some(_) => Err(syn::Error::new_spanned(
            lit,
            format!("invalid `{key}`; write a size from 1 B to below 4 GiB"),
        )),
        None => Err(syn::Error::new_spanned(
            lit,
            format!(
                "expected a number with a unit, `B`, `KiB`, `MiB` or `GiB`; write `{key} = {}`",
                example(KEYS, key)
            ),
        )),
    }
}
