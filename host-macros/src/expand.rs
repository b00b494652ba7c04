//! From a checked model to tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::args::{Args, Capability};
use crate::check;
use crate::errors::Errors;
use crate::item::Item;
use crate::model::{HostFn, Kind, Param};

/// The function as it was, and beside it its description or what is wrong with it.
pub fn host_fn(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let error = not_a_function(tokens, error).into_compile_error();
            return quote!(#tokens #error);
        }
    };
    let beside = binding(args, &item).unwrap_or_else(syn::Error::into_compile_error);
    quote!(#item #beside)
}

fn not_a_function(tokens: &TokenStream, error: syn::Error) -> syn::Error {
    let mentions_fn = tokens.clone().into_iter().any(|token| token.to_string() == "fn");
    if mentions_fn {
        return error;
    }
    syn::Error::new_spanned(tokens, "`#[host_fn]` goes on a function")
}

fn binding(args: TokenStream, item: &Item) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let f = HostFn::parse(&args, item, &mut errors);
    check::all(&f, &item.sig, &mut errors);
    errors.finish()?;
    Ok(emit(&f))
}

fn emit(f: &HostFn<'_>) -> TokenStream {
    let krate = f.args.krate();
    let (cfgs, vis, ident) = (&f.cfgs, f.vis, f.ident);
    let (module, name) = (f.module(), f.name());
    // of our own making, so that no parameter can take its name
    let call = Ident::new("call", Span::mixed_site());
    let body = body(f, &krate, &call);
    let builder = builder(f, &krate);
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}

        #(#cfgs)*
        impl #krate::HostFn for #ident {
            const SPEC: &'static #krate::HostFnSpec = &#krate::HostFnSpec::new(#module, #name, |#call| {
                #body
            })
            #builder;
        }

        #(#cfgs)*
        #krate::inventory::submit! { #krate::Linked(<#ident as #krate::HostFn>::SPEC) }
    }
}

/// authorize -> decode -> run -> encode
fn body(f: &HostFn<'_>, krate: &TokenStream, call: &Ident) -> TokenStream {
    let ident = f.ident;
    let passed: Vec<Ident> = f.params.iter().map(|param| local(f, param)).collect();
    let args = decode(f, call);
    let states = f.of_kind(Kind::State).next().map(|_| {
        let names = f.of_kind(Kind::State).map(|param| local(f, param));
        let types = f.of_kind(Kind::State).map(|param| param.ty);
        quote!(let (#(#names,)*) = #call.states::<(#(#types,)*)>()?;)
    });
    let span = f.output.map_or_else(Span::call_site, Spanned::span);
    let reply = quote_spanned!(span=> reply);
    quote! {
        let mut #call = #call.authorize()?;
        #args
        #states
        #krate::Returned::new(#ident(#(#passed),*)).#reply(#call)
    }
}

fn decode(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let names: Vec<Ident> = f.of_kind(Kind::Wire).map(|param| local(f, param)).collect();
    let types: Vec<_> = f.of_kind(Kind::Wire).map(|param| param.ty).collect();
    let Some(Capability::Scoped(_, scoped)) = &f.args.capability else {
        return quote!(let (#(#names,)*) = #call.args::<(#(#types,)*)>()?;);
    };
    let picked =
        f.of_kind(Kind::Wire).map(|param| if param.ident == scoped { quote!(scoped) } else { quote!(_) });
    let span = f
        .of_kind(Kind::Wire)
        .find(|param| param.ident == scoped)
        .map_or_else(Span::call_site, |p| p.ty.span());
    let pick = quote_spanned!(span=> |(#(#picked,)*)| scoped);
    quote!(let (#(#names,)*) = #call.args_within::<(#(#types,)*), _>(#pick)?;)
}

/// The local that a parameter's value is in: its own name, unless that would hide the function.
fn local(f: &HostFn<'_>, param: &Param<'_>) -> Ident {
    if param.ident == f.ident { format_ident!("{}_", param.ident) } else { param.ident.clone() }
}

/// The rest of the spec, in the order of its public builder.
fn builder(f: &HostFn<'_>, krate: &TokenStream) -> TokenStream {
    let requires = match &f.args.capability {
        Some(Capability::Plain(path)) => {
            let requires = quote_spanned!(path.span()=> requires(&#path));
            quote!(.#requires)
        }
        Some(Capability::Scoped(path, param)) => {
            let name = syn::ext::IdentExt::unraw(param).to_string();
            let requires = quote_spanned!(path.span()=> requires_on(&#path, #name));
            quote!(.#requires)
        }
        Some(Capability::None) | None => quote!(.always_available()),
    };
    let params = f.params.iter().map(|param| {
        let (name, ty) = (param.name(), param.ty);
        let of = match param.kind {
            Kind::Wire => quote_spanned!(ty.span()=> of::<#ty>),
            Kind::State => quote_spanned!(ty.span()=> state::<#ty>),
        };
        quote!(#krate::Param::#of(#name))
    });
    let params = (!f.params.is_empty()).then(|| quote!(.params(&[#(#params),*])));
    let replies = f.output.map(|ty| quote!(.replies(#krate::reply_shape!(#ty))));
    let max_args = f.args.max_args.map(|bytes| quote!(.max_args(#bytes)));
    let max_reply = f.args.max_reply.map(|bytes| quote!(.max_reply(#bytes)));
    let quota = f.args.quota.map(|calls| quote!(.quota(#calls)));
    let since = f.args.since.map(|version| quote!(.since(#version)));
    let docs = docs(f).map(|docs| quote!(.docs(#docs)));
    quote! {
        #requires
        #params
        #replies
        #max_args
        #max_reply
        #quota
        #since
        #docs
        .declared_at(#krate::here!())
        .written_by(#krate::Origin::Macro)
    }
}

fn docs(f: &HostFn<'_>) -> Option<TokenStream> {
    if f.docs.is_empty() {
        return None;
    }
    let lines = &f.docs;
    let computed = || quote!(::core::concat!(#(#lines, "\n"),*));
    Some(f.literal_docs().map_or_else(computed, ToTokens::into_token_stream))
}
