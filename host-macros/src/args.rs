//! The arguments of the attribute.

use hostfn_abi::names;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use crate::errors::{Errors, nearest};

const KEYS: &[&str] =
    &["capability", "name", "module", "max_args", "max_reply", "quota", "since", "collect", "spec", "crate"];

pub const CAPABILITY_MISSING: &str = "a host function says what it requires; write `capability = CAP` (or `capability = CAP(param)` \
     to match a parameter against the grant's scope), or `capability = none` for one that is always available";

pub const CRATE_PATH: &str =
    "`crate` takes the path of the `hostfn` crate, without quotes; write `crate = path::to::hostfn`";

/// What the attribute says, each part at most once.
pub struct Args {
    pub capability: Option<Capability>,
    pub name: Option<LitStr>,
    pub module: Option<LitStr>,
    pub max_args: Option<u32>,
    pub max_reply: Option<u32>,
    pub quota: Option<u32>,
    pub since: Option<u32>,
    pub collect: Option<bool>,
    /// What the type is called that has the `SPEC`.
    pub spec: Option<Ident>,
    krate: Option<Path>,
}

/// `none`, `CAP` or `CAP(param)`.
pub enum Capability {
    None,
    Plain(Path),
    Scoped(Path, Ident),
}

/// An argument's value once it was given. Giving it again is an error.
pub struct Slot<T>(pub Option<T>);

impl<T> Slot<T> {
    pub fn set(&mut self, key: &Ident, value: syn::Result<T>, errors: &mut Errors) -> syn::Result<()> {
        if self.0.is_some() {
            errors.on(key, format!("`{}` is given twice; keep one of them", key.unraw()));
        }
        self.0.get_or_insert(value?);
        Ok(())
    }
}

impl Args {
    /// Reads all arguments, and reports all that are wrong.
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Slots::default();
        let mut capability_tried = false;
        each(tokens, errors, |input, errors| args.argument(input, &mut capability_tried, errors));
        if !capability_tried {
            errors.at(Span::call_site(), CAPABILITY_MISSING);
        }
        args.into_args()
    }

    /// The path of the `hostfn` crate.
    pub fn krate(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote!(::hostfn), ToTokens::to_token_stream)
    }

    /// The path of the `hostfn` crate, to begin an expression with that is to be blamed on what is at `span`.
    pub fn krate_at(&self, span: Option<Span>) -> TokenStream {
        match (&self.krate, span) {
            (None, Some(span)) => quote_spanned!(span=> ::hostfn),
            (Some(krate), Some(span)) => {
                krate.to_token_stream().into_iter().map(|token| moved(token, span)).collect()
            }
            (_, None) => self.krate(),
        }
    }
}

/// Reads one argument after the other, whatever is wrong with those before it.
pub fn each(
    tokens: TokenStream,
    errors: &mut Errors,
    mut argument: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(input, errors) {
                errors.push(error);
                skip_to_comma(input);
            }
            if !input.is_empty()
                && let Err(error) = input.parse::<Token![,]>()
            {
                errors.push(error);
                skip_to_comma(input);
                let _ = input.parse::<Token![,]>();
            }
        }
        Ok(())
    };
    let _ = parser.parse2(tokens);
}

/// The key of an argument of `#[attribute]`, up to its value. `tried` is told which key it is or may have been.
pub fn key(
    input: ParseStream<'_>,
    attribute: &str,
    keys: &[&str],
    tried: impl FnOnce(&str),
) -> syn::Result<(Ident, String)> {
    let key = input
        .call(Ident::parse_any)
        .map_err(|e| syn::Error::new(e.span(), format!("expected one of {}", list(keys))))?;
    let name = key.unraw().to_string();
    let near = nearest(&name, keys);
    if let Some(near) = near {
        tried(near);
    }
    if near != Some(name.as_str()) {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the known ones are {}", list(keys)),
        };
        return Err(syn::Error::new_spanned(
            &key,
            format!("`#[{attribute}]` has no argument `{name}`; {help}"),
        ));
    }
    let equals = input.parse::<Option<Token![=]>>()?;
    if equals.is_none() || input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new_spanned(
            &key,
            format!("`{name}` needs a value; write `{name} = {}`", example(&name)),
        ));
    }
    Ok((key, name))
}

/// The token as if it were written at `span`.
pub fn moved(mut token: TokenTree, span: Span) -> TokenTree {
    token.set_span(span.resolved_at(token.span()));
    token
}

impl Capability {
    /// The capability's name, if one is required.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Capability::None => None,
            Capability::Plain(path) | Capability::Scoped(path, _) => Some(path),
        }
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

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot(None)
    }
}

impl Slots {
    fn argument(
        &mut self,
        input: ParseStream<'_>,
        capability_tried: &mut bool,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        // who misspells `capability` need not be told that it is missing
        let tried = |near: &str| *capability_tried |= near == "capability";
        let (key, name) = key(input, "host_fn", KEYS, tried)?;
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
            _ => self.krate.set(&key, krate(input), errors),
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
            krate: self.krate.0,
        }
    }
}

fn example(key: &str) -> &'static str {
    match key {
        "capability" => "CAP",
        "name" => "\"a_name\"",
        "module" => "\"a_module\"",
        "max_args" | "max_reply" => "\"64 KiB\"",
        "quota" => "32",
        "since" => "1",
        "collect" => "false",
        "spec" => "GreetFn",
        "id" => "\"greeter.v1\"",
        _ => "path::to::hostfn",
    }
}

fn expected<T>(input: ParseStream<'_>, key: &str, what: &str) -> syn::Result<T> {
    Err(input.error(format!("`{key}` takes {what}; write `{key} = {}`", example(key))))
}

fn capability(input: ParseStream<'_>) -> syn::Result<Capability> {
    if !(input.peek(Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super]))
    {
        return expected(input, "capability", "the name of a capability, or `none`");
    }
    let path = Path::parse_mod_style(input)?;
    if path.is_ident("None") {
        return Err(syn::Error::new_spanned(
            path,
            "`None` is no capability; write `capability = none` for a function that is always available",
        ));
    }
    if !input.peek(token::Paren) {
        return Ok(if path.is_ident("none") { Capability::None } else { Capability::Plain(path) });
    }
    let content;
    parenthesized!(content in input);
    if path.is_ident("none") {
        return Err(syn::Error::new_spanned(
            path,
            "`none` requires nothing, so no parameter is matched; write `capability = none`",
        ));
    }
    let param = content.call(Ident::parse_any).map_err(|e| {
        syn::Error::new(e.span(), "expected the name of the parameter that the capability is matched against")
    })?;
    if !content.is_empty() {
        return Err(content.error("a capability is matched against one parameter"));
    }
    Ok(Capability::Scoped(path, param))
}

pub fn string(input: ParseStream<'_>, key: &str, what: &str) -> syn::Result<LitStr> {
    if input.peek(LitStr) { input.parse() } else { expected(input, key, what) }
}

fn import_name(input: ParseStream<'_>, key: &str) -> syn::Result<LitStr> {
    let lit = string(input, key, "a string")?;
    if names::is_importable(&lit.value()) {
        return Ok(lit);
    }
    let remedy = names::IMPORTABLE_REMEDY;
    Err(syn::Error::new_spanned(
        lit,
        format!("`{key}` has to be something every guest language can import; {remedy}"),
    ))
}

fn number(input: ParseStream<'_>, key: &str) -> syn::Result<u32> {
    if !input.peek(LitInt) {
        return expected(input, key, "a number");
    }
    let lit: LitInt = input.parse()?;
    match lit.base10_parse::<u32>() {
        Ok(value) if value > 0 && lit.suffix().is_empty() => Ok(value),
        _ => Err(syn::Error::new_spanned(lit, format!("`{key}` is a number from 1 to {}", u32::MAX))),
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
    if input.peek(Ident) { input.parse() } else { expected(input, key, "a name for a type") }
}

fn size(input: ParseStream<'_>, key: &str) -> syn::Result<u32> {
    let lit = string(input, key, "a size, a string")?;
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
        Some(_) => {
            Err(syn::Error::new_spanned(lit, format!("`{key}` is a size from 1 B to just under 4 GiB")))
        }
        None => Err(syn::Error::new_spanned(
            lit,
            format!("`{key}` is a whole number and a unit, B, KiB, MiB or GiB; write `{key} = \"64 KiB\"`"),
        )),
    }
}

pub fn krate(input: ParseStream<'_>) -> syn::Result<Path> {
    Path::parse_mod_style(input).map_err(|e| syn::Error::new(e.span(), CRATE_PATH))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
