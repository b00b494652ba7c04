//! `capabilities!`: declarations of rights.

use hostfn_abi::names;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Path, Token, Visibility};

use crate::args::CRATE_PATH;
use crate::errors::{Errors, nearest};
use crate::item::first_paragraph;

const KINDS: &[&str] = &["path", "host", "name"];
const KINDS_ARE: &str = "the kinds of scope are `path`, `host` and `name`";

struct Declaration {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    /// `None` when it was no string, which has been reported.
    name: Option<LitStr>,
    kind: Option<Ident>,
}

pub fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parser = |input: ParseStream<'_>| Ok(block(input, &mut errors));
    let (krate, declarations) = match parser.parse2(input) {
        Ok(block) => block,
        Err(error) => return error.into_compile_error(),
    };
    let krate = krate.map_or_else(|| quote!(::hostfn), ToTokens::into_token_stream);
    check_duplicates(&declarations, &mut errors);
    let statics: TokenStream = declarations.iter().map(|d| d.emit(&krate, &mut errors)).collect();
    // the statics stay, so that what uses them reports no errors of its own
    let errors = errors.finish().err().map(syn::Error::into_compile_error);
    quote!(#statics #errors)
}

/// The path of the `hostfn` crate and all declarations that can be made out.
fn block(input: ParseStream<'_>, errors: &mut Errors) -> (Option<Path>, Vec<Declaration>) {
    let mut krate = None;
    let mut declarations = Vec::new();
    while !input.is_empty() {
        let read = if krate.is_none() && declarations.is_empty() && input.peek(Token![crate]) {
            crate_path(input).map(|path| krate = Some(path))
        } else {
            Declaration::parse(input, errors).map(|declaration| declarations.push(declaration))
        };
        if let Err(error) = read.and_then(|()| input.parse::<Token![;]>()) {
            errors.push(error);
            skip_to(input, ends);
            let _ = input.parse::<Option<Token![;]>>();
        }
    }
    (krate, declarations)
}

fn crate_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    Path::parse_mod_style(input).map_err(|e| syn::Error::new(e.span(), CRATE_PATH))
}

/// Whether a declaration ends here or the next one begins.
fn ends(input: ParseStream<'_>) -> bool {
    input.peek(Token![;]) || input.peek(Token![#]) || input.peek(Token![pub])
}

fn skip_to(input: ParseStream<'_>, place: impl Fn(ParseStream<'_>) -> bool) {
    while !input.is_empty() && !place(input) {
        let _ = input.parse::<TokenTree>();
    }
}

impl Declaration {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ident = input.parse().map_err(|e: syn::Error| {
            syn::Error::new(e.span(), "expected a capability; write `pub FS_READ = \"fs.read\" in path;`")
        })?;
        let name = errors.keep(name(input));
        if name.is_none() {
            skip_to(input, |input| input.peek(Token![in]) || ends(input));
        }
        let kind = match input.parse::<Option<Token![in]>>()? {
            Some(_) => Some(input.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), KINDS_ARE))?),
            None => None,
        };
        Ok(Declaration { attrs, vis, ident, name, kind })
    }

    fn emit(&self, krate: &TokenStream, errors: &mut Errors) -> TokenStream {
        let Declaration { attrs, vis, ident, name, kind } = self;
        let name = name.as_ref().filter(|name| {
            let valid = names::is_dotted(&name.value());
            if !valid {
                errors.on(name, format!("invalid capability name; {}", names::DOTTED_REMEDY));
            }
            valid
        });
        let about = first_paragraph(attrs);
        if about.is_empty() {
            errors.on(
                ident,
                "a capability says what it lets a plugin do; write a doc comment, `/// Read files.`",
            );
        }
        let scoped = kind.as_ref().map(|kind| match kind.to_string().as_str() {
            "path" => quote!(.scoped(#krate::scope::ScopeKind::Path)),
            "host" => quote!(.scoped(#krate::scope::ScopeKind::Host)),
            "name" => quote!(.scoped(#krate::scope::ScopeKind::Name)),
            other => {
                let help = nearest(other, KINDS)
                    .map_or_else(|| KINDS_ARE.to_owned(), |near| format!("did you mean `{near}`?"));
                errors.on(kind, format!("there is no scope of kind `{other}`; {help}"));
                quote!(.scoped(#krate::scope::ScopeKind::Name))
            }
        });
        // a bad name would be reported again by const evaluation
        let name = name.map_or_else(|| quote!("invalid"), ToTokens::to_token_stream);
        // as in `expand::our`
        let capability = Ident::new("Capability", Span::call_site());
        // spanned on the name, so that rustc's errors are too, and the declaration's line is its own
        quote_spanned! {ident.span()=>
            #(#attrs)*
            #vis static #ident: #krate::#capability =
                #krate::#capability::new(#name, #about) #scoped .declared_at(#krate::spec::here!());
        }
    }
}

fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let expected = |e: syn::Error| {
        syn::Error::new(e.span(), "a capability has a name; write `pub FS_READ = \"fs.read\" in path;`")
    };
    input.parse::<Token![=]>().map_err(expected)?;
    input.parse().map_err(|e: syn::Error| {
        syn::Error::new(
            e.span(),
            "a capability's name is a string; write `pub FS_READ = \"fs.read\" in path;`",
        )
    })
}

fn check_duplicates(declarations: &[Declaration], errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for name in declarations.iter().filter_map(|declaration| declaration.name.as_ref()) {
        let value = name.value();
        if seen.contains(&value) {
            errors.on(name, format!("the capability `{value}` is declared twice here; keep one of them"));
        }
        seen.push(value);
    }
}
