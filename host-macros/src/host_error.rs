//! `#[derive(HostError)]`: the status and code of each variant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, LitInt, LitStr, Path, Token};

use crate::errors::{Errors, nearest};
use crate::item::first_paragraph;

/// The statuses that a function may answer by name, and their constants.
const STATUSES: &[(&str, &str)] = &[
    ("no_capability", "NO_CAPABILITY"),
    ("quota_exceeded", "QUOTA_EXCEEDED"),
    ("bad_input", "BAD_INPUT"),
    ("internal", "INTERNAL"),
    ("not_found", "NOT_FOUND"),
    ("failed", "FAILED"),
];

/// One kind of error: a variant, or a whole struct.
struct Kind {
    /// Matches it.
    pattern: TokenStream,
    code: LitStr,
    status: Status,
    docs: String,
}

enum Status {
    Named(Ident),
    Application(i32),
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
                let rest = match variant.fields {
                    Fields::Named(_) => quote!({ .. }),
                    Fields::Unnamed(_) => quote!((..)),
                    Fields::Unit => TokenStream::new(),
                };
                Kind::parse(quote!(Self::#ident #rest), ident, &variant.attrs, &mut errors)
            };
            data.variants.iter().map(kind).collect()
        }
        Data::Struct(_) => vec![Kind::parse(quote!(_), &input.ident, &input.attrs, &mut errors)],
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
    fn parse(pattern: TokenStream, ident: &Ident, attrs: &[Attribute], errors: &mut Errors) -> Self {
        let status = one(attrs, "status", errors).and_then(|attr| errors.keep(attr.parse_args_with(status)));
        let code = one(attrs, "code", errors).and_then(|attr| errors.keep(attr.parse_args_with(code)));
        Kind {
            pattern,
            code: code.unwrap_or_else(|| LitStr::new(&snake_case(&ident.unraw().to_string()), ident.span())),
            status: status.unwrap_or_else(|| Status::Named(Ident::new("FAILED", Span::call_site()))),
            docs: first_paragraph(attrs),
        }
    }

    fn status(&self, krate: &TokenStream) -> TokenStream {
        match &self.status {
            Status::Named(name) => quote!(#krate::Status::#name),
            Status::Application(code) => quote!(#krate::Status::application(#code)),
        }
    }
}

fn emit(input: &DeriveInput, krate: &TokenStream, kinds: &[Kind]) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, clause) = input.generics.split_for_impl();
    let patterns: Vec<_> = kinds.iter().map(|kind| &kind.pattern).collect();
    let statuses: Vec<_> = kinds.iter().map(|kind| kind.status(krate)).collect();
    let codes: Vec<_> = kinds.iter().map(|kind| &kind.code).collect();
    let docs = kinds.iter().map(|kind| &kind.docs);
    // an enum without variants is matched by value
    let subject = if kinds.is_empty() { quote!(*self) } else { quote!(self) };
    quote! {
        impl #generics #krate::HostError for #ident #arguments #clause {
            const KINDS: &'static [#krate::ErrorKind] =
                &[#(#krate::ErrorKind { code: #codes, status: #statuses, docs: #docs }),*];

            fn status(&self) -> #krate::Status {
                match #subject { #(#patterns => #statuses,)* }
            }

            fn code(&self) -> &str {
                match #subject { #(#patterns => #codes,)* }
            }
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

fn status(input: ParseStream<'_>) -> syn::Result<Status> {
    if input.peek(LitInt) || input.peek(Token![-]) {
        let minus = input.parse::<Option<Token![-]>>()?;
        let lit: LitInt = input.parse()?;
        let value = lit.base10_parse::<i64>().ok().map(|n| if minus.is_some() { -n } else { n });
        return match value.and_then(|n| i32::try_from(n).ok()) {
            Some(code) if code <= -1024 => Ok(Status::Application(code)),
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
    if let Some((_, constant)) = STATUSES.iter().find(|(known, _)| *known == spelt) {
        return Ok(Status::Named(Ident::new(constant, name.span())));
    }
    let known: Vec<&str> = STATUSES.iter().map(|(known, _)| *known).collect();
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
        if kinds[..i].iter().any(|other| other.code.value() == kind.code.value()) {
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
