//! `#[derive(HostError)]`: the status and code of each variant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Index, LitInt, LitStr, Path, Token, Type};

use crate::errors::{Errors, nearest};
use crate::item::first_paragraph;

/// The statuses that an error can name, in lower case, with their constants. The other two are no errors of a function:
/// it succeeded, or its reply fitted nowhere.
fn statuses() -> impl Iterator<Item = (String, &'static str)> {
    let own = |(status, _): &(hostfn_abi::Status, _)| {
        *status != hostfn_abi::Status::OK && *status != hostfn_abi::Status::NO_ROOM
    };
    hostfn_abi::Status::NAMED.into_iter().filter(own).map(|(_, name)| (name.to_ascii_lowercase(), name))
}

/// One kind of error, or several that another error has: a variant, or a whole struct.
struct Kind {
    /// Matches it; what another error has, with that as `inner`.
    pattern: TokenStream,
    code: LitStr,
    status: Status,
    /// Matches it, with the value that lies outside the grant as `value`, and where the type of that is.
    denies: Option<(TokenStream, Span)>,
    docs: String,
}

enum Status {
    Named(Ident),
    Application(i32),
    /// That of the error it carries, which is of this type.
    Transparent(Box<Type>),
}

pub fn derive(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(|input| try_derive(&input)).unwrap_or_else(syn::Error::into_compile_error)
}

fn try_derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let krate = krate(&input.attrs, &mut errors);
    let kinds = match &input.data {
        Data::Enum(data) => {
            for attr in input.attrs.iter().filter(|attr| is_ours(attr)) {
                errors.on(attr, "this goes on the variants of an enum, each of which is an error of its own");
            }
            let kind = |variant: &syn::Variant| {
                let ident = &variant.ident;
                Kind::parse(&quote!(Self::#ident), ident, &variant.fields, &variant.attrs, &mut errors)
            };
            data.variants.iter().map(kind).collect()
        }
        Data::Struct(data) => {
            vec![Kind::parse(&quote!(Self), &input.ident, &data.fields, &input.attrs, &mut errors)]
        }
        Data::Union(data) => {
            let message = "`HostError` is derived for an enum or a struct";
            return Err(syn::Error::new_spanned(data.union_token, message));
        }
    };
    check_unique(&kinds, &mut errors);
    let implementation = emit(input, &krate, &kinds);
    // it stays, so that functions which answer with this error report none of their own
    let errors = errors.finish().err().map(syn::Error::into_compile_error);
    Ok(quote!(#implementation #errors))
}

impl Kind {
    fn parse(
        path: &TokenStream,
        ident: &Ident,
        fields: &Fields,
        attrs: &[Attribute],
        errors: &mut Errors,
    ) -> Self {
        let told = one(attrs, "status", errors);
        let said = one(attrs, "code", errors);
        let status = told.and_then(|attr| {
            errors.keep(attr.parse_args_with(|input: ParseStream<'_>| status(input, fields)))
        });
        let code = said.and_then(|attr| errors.keep(attr.parse_args_with(code)));
        let status = status.unwrap_or_else(|| Status::Named(Ident::new("FAILED", Span::call_site())));
        if let (Status::Transparent(_), Some(code)) = (&status, said) {
            errors.on(code, "the error that it carries has codes of its own; leave this out");
        }
        Kind {
            denies: denied_value(path, fields, &status, errors),
            pattern: pattern(path, fields, &status),
            code: code.unwrap_or_else(|| LitStr::new(&snake_case(&ident.unraw().to_string()), ident.span())),
            status,
            docs: first_paragraph(attrs),
        }
    }

    fn is_transparent(&self) -> bool {
        matches!(self.status, Status::Transparent(_))
    }

    /// What its status and code are, as expressions.
    fn told(&self, krate: &TokenStream) -> [TokenStream; 2] {
        let code = &self.code;
        match &self.status {
            Status::Named(name) => [quote!(#krate::Status::#name), quote!(#code)],
            Status::Application(number) => [quote!(#krate::Status::application(#number)), quote!(#code)],
            Status::Transparent(_) => ["status", "code"].map(|method| {
                let method = Ident::new(method, Span::call_site());
                quote!(#krate::HostError::#method(inner))
            }),
        }
    }

    /// The kinds that there are of it, a slice.
    fn listed(&self, krate: &TokenStream) -> TokenStream {
        if let Status::Transparent(ty) = &self.status {
            return quote!(<#ty as #krate::HostError>::KINDS);
        }
        let own = self.own(krate);
        quote!(&[#own])
    }

    fn own(&self, krate: &TokenStream) -> TokenStream {
        let ([status, code], docs) = (self.told(krate), &self.docs);
        quote!(#krate::spec::ErrorKind { code: #code, status: #status, docs: #docs })
    }
}

fn pattern(path: &TokenStream, fields: &Fields, status: &Status) -> TokenStream {
    match (status, fields) {
        (Status::Transparent(_), Fields::Named(fields)) => {
            let name = fields.named.first().map(|field| &field.ident);
            quote!(#path { #name: inner })
        }
        (Status::Transparent(_), _) => quote!(#path(inner)),
        (_, Fields::Named(_)) => quote!(#path { .. }),
        (_, Fields::Unnamed(_)) => quote!(#path(..)),
        (_, Fields::Unit) => quote!(#path),
    }
}

/// Matches the field that is marked `#[scope_value]`, if one is, and where its type is.
fn denied_value(
    path: &TokenStream,
    fields: &Fields,
    status: &Status,
    errors: &mut Errors,
) -> Option<(TokenStream, Span)> {
    let mut found = None;
    for (at, field) in fields.iter().enumerate() {
        let Some(attr) = one(&field.attrs, "scope_value", errors) else { continue };
        if attr.meta.require_path_only().is_err() {
            errors.on(attr, "a value has no arguments; write `#[scope_value]`");
        }
        if found.is_some() {
            errors.on(attr, "one field is the value that lies outside the grant; keep one `#[scope_value]`");
        }
        if matches!(status, Status::Transparent(_)) {
            errors.on(attr, "the error that it carries has a value of its own; leave this out");
        }
        let member =
            field.ident.as_ref().map_or_else(|| Index::from(at).into_token_stream(), |name| quote!(#name));
        found = Some((quote!(#path { #member: value, .. }), field.ty.span()));
    }
    found
}

fn emit(input: &DeriveInput, krate: &TokenStream, kinds: &[Kind]) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, clause) = input.generics.split_for_impl();
    let patterns: Vec<_> = kinds.iter().map(|kind| &kind.pattern).collect();
    let told: Vec<_> = kinds.iter().map(|kind| kind.told(krate)).collect();
    let statuses = told.iter().map(|[status, _]| status);
    let codes = told.iter().map(|[_, code]| code);
    // an enum without variants is matched by value
    let subject = if kinds.is_empty() { quote!(*self) } else { quote!(self) };
    let listed = kinds.iter().map(|kind| kind.listed(krate));
    let denies = kinds.iter().filter_map(|kind| kind.denies.as_ref()).map(|(pattern, span)| {
        let value = quote_spanned!(*span=> #krate::spec::ScopeValue::scope_value(value));
        quote!(#pattern => #value)
    });
    let denies: Vec<_> = denies.collect();
    let inner: Vec<_> = kinds.iter().filter(|kind| kind.is_transparent()).map(|kind| &kind.pattern).collect();
    let kinds = if inner.is_empty() {
        let own = kinds.iter().map(|kind| kind.own(krate));
        quote!(&[#(#own),*])
    } else {
        quote!({
            const LISTS: &[&[#krate::spec::ErrorKind]] = &[#(#listed),*];
            &#krate::spec::ErrorKind::join::<{ #krate::spec::ErrorKind::count(LISTS) }>(LISTS)
        })
    };
    let detail = (!inner.is_empty()).then(|| {
        quote! {
            fn detail(&self) -> ::core::option::Option<#krate::abi::Value> {
                #[allow(unreachable_patterns)]
                match self {
                    #(#inner => #krate::HostError::detail(inner),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    });
    let scope_value = (!inner.is_empty() || !denies.is_empty()).then(|| {
        quote! {
            fn scope_value(&self) -> ::core::option::Option<&str> {
                #[allow(unreachable_patterns)]
                match self {
                    #(#inner => #krate::HostError::scope_value(inner),)*
                    #(#denies,)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    });
    quote! {
        impl #generics #krate::HostError for #ident #arguments #clause {
            const KINDS: &'static [#krate::spec::ErrorKind] = #kinds;

            fn status(&self) -> #krate::Status {
                match #subject { #(#patterns => #statuses,)* }
            }

            fn code(&self) -> &str {
                match #subject { #(#patterns => #codes,)* }
            }

            #detail

            #scope_value
        }
    }
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident("status") || attr.path().is_ident("code")
}

fn one<'a>(attrs: &'a [Attribute], name: &str, errors: &mut Errors) -> Option<&'a Attribute> {
    let mut found = attrs.iter().filter(|attr| attr.path().is_ident(name));
    let first = found.next();
    if let Some(again) = found.next() {
        errors.on(again, format!("`#[{name}]` is given twice; keep one of them"));
    }
    first
}

fn status(input: ParseStream<'_>, fields: &Fields) -> syn::Result<Status> {
    if input.peek(LitInt) || input.peek(Token![-]) {
        let minus = input.parse::<Option<Token![-]>>()?;
        let lit: LitInt = input.parse()?;
        let value = lit.base10_parse::<i64>().ok().map(|n| if minus.is_some() { -n } else { n });
        return match value.and_then(|n| i32::try_from(n).ok()) {
            Some(code) if hostfn_abi::Status::new(code).is_application() => Ok(Status::Application(code)),
            _ => Err(syn::Error::new_spanned(
                lit,
                "a status of your own is -1024 or below; write `#[status(-1024)]`, or one of the ABI's by name",
            )),
        };
    }
    let name = input.call(Ident::parse_any).map_err(|e| {
        syn::Error::new(e.span(), "expected a status; write `#[status(not_found)]` or `#[status(-1024)]`")
    })?;
    let spelt = name.unraw().to_string();
    if spelt == "transparent" {
        let mut fields = fields.iter();
        return match (fields.next(), fields.next()) {
            (Some(field), None) => Ok(Status::Transparent(Box::new(field.ty.clone()))),
            _ => Err(syn::Error::new_spanned(
                name,
                "`transparent` hands on the status and code of the error that it carries, so it has that one field",
            )),
        };
    }
    let (known, constants): (Vec<String>, Vec<&str>) = statuses().unzip();
    if let Some(at) = known.iter().position(|known| *known == spelt) {
        return Ok(Status::Named(Ident::new(constants[at], name.span())));
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match nearest(&spelt, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the statuses are `{}`, or a number from -1024 down", known.join("`, `")),
    };
    Err(syn::Error::new_spanned(name, format!("no error has the status `{spelt}`; {help}")))
}

fn code(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let lit: LitStr = input
        .parse()
        .map_err(|e| syn::Error::new(e.span(), "a code is a string; write `#[code(\"not_here\")]`"))?;
    if lit.value().is_empty() || lit.value().contains(char::is_whitespace) {
        return Err(syn::Error::new_spanned(
            lit,
            "a code is one word that a guest can compare; write `#[code(\"not_here\")]`",
        ));
    }
    Ok(lit)
}

fn krate(attrs: &[Attribute], errors: &mut Errors) -> TokenStream {
    let mut path: Option<Path> = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("hostfn")) {
        let parsed = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error(
                    "`#[hostfn]` has the one argument `crate`; write `#[hostfn(crate = path::to::hostfn)]`",
                ));
            }
            path = Some(meta.value()?.call(Path::parse_mod_style)?);
            Ok(())
        });
        errors.keep(parsed);
    }
    path.map_or_else(|| quote!(::hostfn), ToTokens::into_token_stream)
}

fn check_unique(kinds: &[Kind], errors: &mut Errors) {
    for (i, kind) in kinds.iter().enumerate() {
        let same = |other: &Kind| !other.is_transparent() && other.code.value() == kind.code.value();
        if !kind.is_transparent() && kinds[..i].iter().any(same) {
            let code = kind.code.value();
            errors.on(
                &kind.code,
                format!("two errors have the code `{code}`; give one of them another, `#[code(\"...\")]`"),
            );
        }
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
