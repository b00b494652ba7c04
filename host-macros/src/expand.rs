//! From a checked model to tokens.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::args::{Args, Capability};
use crate::check;
use crate::errors::Errors;
use crate::item::{Item, docs};
use crate::model::{HostFn, Kind, Param};
use crate::section::section;

/// The function as it was, and beside it its description or what is wrong with it.
pub fn host_fn(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let error = not_a_function(tokens, error).into_compile_error();
            return quote!(#tokens #error);
        }
    };
    match binding(args, &item) {
        Ok((beside, section)) => {
            item.section = Some(section);
            quote!(#item #beside)
        }
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#item #error)
        }
    }
}

fn not_a_function(tokens: &TokenStream, error: syn::Error) -> syn::Error {
    let mut after_fn = tokens.clone().into_iter().skip_while(|token| token.to_string() != "fn").skip(1);
    if let Some(TokenTree::Ident(_)) = after_fn.next() {
        return error;
    }
    syn::Error::new_spanned(tokens, "`#[host_fn]` goes on a function")
}

/// What stands beside the function, and what its documentation says of it.
fn binding(args: TokenStream, item: &Item) -> syn::Result<(TokenStream, String)> {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let f = HostFn::parse(&args, item, &mut errors);
    check::all(&f, item, &mut errors);
    errors.finish()?;
    if f.repeats_a_name() {
        // rustc reports that of the function, and would again of all that is made from it
        return Ok((TokenStream::new(), section(&f)));
    }
    Ok((emit(&f), section(&f)))
}

fn emit(f: &HostFn<'_>) -> TokenStream {
    let krate = f.args.krate();
    let (cfgs, allows, vis, spec_type) = (&f.cfgs, &f.allows, f.vis, f.spec_type());
    let spec = guarded(f);
    let builder = builder(f, &krate);
    let submit = f.args.collect.unwrap_or(true).then(|| {
        quote! {
            #(#cfgs)*
            #krate::__private::inventory::submit! { #krate::spec::Linked(<#spec_type as #krate::HostFn>::SPEC) }
        }
    });
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #spec_type {}

        #(#cfgs)*
        #(#[allow(#allows)])*
        impl #krate::HostFn for #spec_type {
            const SPEC: &'static #krate::HostFnSpec = &#spec #builder;
        }

        #submit
    }
}

/// The spec up to what it requires. const evaluation checks that, so all of the expression is spanned on
/// the capability.
fn guarded(f: &HostFn<'_>) -> TokenStream {
    let (module, name) = (f.module(), f.name());
    // of our own making, so that no parameter can take its name
    let call = Ident::new("call", Span::mixed_site());
    let body = body(f, &call);
    let glue = quote!(|#call| { #body });
    let path = f.args.capability.as_ref().and_then(Capability::path);
    let (start, end) = ends(path);
    let requires = match &f.args.capability {
        Some(Capability::Plain(path)) => quote_spanned!(end=> requires(&#path)),
        Some(Capability::Scoped(path, param)) => {
            let name = param.unraw().to_string();
            quote_spanned!(end=> requires_on(&#path, #name))
        }
        Some(Capability::None) | None => quote!(always_available()),
    };
    let krate = f.args.krate_at(start);
    let ty = our("HostFnSpec");
    let new = Ident::new(if f.is_async { "new_async" } else { "new" }, end);
    quote_spanned!(end=> #krate::#ty::#new(#module, #name, #glue).#requires)
}

/// Where `node` starts and ends. An expression whose first token is at the one and whose last is at the
/// other is, to rustc, all of `node`.
pub fn ends(node: impl ToTokens) -> (Option<Span>, Span) {
    let mut spans = node.into_token_stream().into_iter().map(|token| token.span());
    let start = spans.next();
    (start, spans.last().or(start).unwrap_or_else(Span::call_site))
}

/// A name in a path that is spanned on the user's code. One such name is enough for rustc's lints to see
/// that the path is not the user's.
pub fn our(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// authorize -> decode -> run -> encode
fn body(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let ident = f.ident;
    let passed: Vec<Ident> = f.params.iter().map(|param| local(f, param)).collect();
    let args = decode(f, call);
    let states = f.of_kind(Kind::State).next().map(|_| {
        let names = f.of_kind(Kind::State).map(|param| local(f, param));
        let types = f.of_kind(Kind::State).map(|param| param.ty);
        let types = quote_spanned!(f.parens=> (#(#types,)*));
        quote!(let (#(#names,)*) = #call.states::<#types>()?;)
    });
    let (start, end) = ends(f.output);
    let ty = our("ReturnProbe");
    let method = |name| Ident::new(name, start.unwrap_or(end));
    let krate = f.args.krate_at(start);
    let run = quote_spanned!(ident.span()=> #ident(#(#passed),*));
    let answer = if f.is_async {
        let [value, later] = ["value", "later"].map(|name| Ident::new(name, Span::mixed_site()));
        let finish = method("finish");
        let finish = quote_spanned!(end=> #krate::__private::#ty::new(#value).#finish);
        quote!(::core::result::Result::Ok(#call.wait(#run, |#value, #later| #finish(#later))))
    } else {
        let reply = method("reply");
        let reply = quote_spanned!(end=> #krate::__private::#ty::new(#run).#reply);
        quote!(#reply(#call))
    };
    let caller = f.of_kind(Kind::Caller).map(|param| bind(f, param, &quote!(#call.caller())));
    let grant = f.of_kind(Kind::Grant).map(|param| bind(f, param, &quote!(#call.grant()?)));
    quote! {
        let mut #call = #call.authorize()?;
        #args
        #states
        #(#caller)*
        #(#grant)*
        #answer
    }
}

/// What the host lends, cloned where the function takes it by value.
fn bind(f: &HostFn<'_>, param: &Param<'_>, lent: &TokenStream) -> TokenStream {
    let name = local(f, param);
    let clone = (!param.is_borrowed()).then(|| quote!(.clone()));
    quote!(let #name = #lent #clone;)
}

fn decode(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let names: Vec<Ident> = f.of_kind(Kind::Wire).map(|param| local(f, param)).collect();
    let types: Vec<_> = f.of_kind(Kind::Wire).map(|param| param.ty).collect();
    let types = quote_spanned!(f.parens=> (#(#types,)*));
    let scoped = match &f.args.capability {
        Some(Capability::Scoped(_, name)) => f.of_kind(Kind::Wire).find(|param| param.ident == name),
        _ => None,
    };
    let Some(scoped) = scoped else {
        return quote!(let (#(#names,)*) = #call.args::<#types>()?;);
    };
    let value = Ident::new("value", Span::mixed_site());
    let picked = f
        .of_kind(Kind::Wire)
        .map(|param| if param.ident == scoped.ident { quote!(#value) } else { quote!(_) });
    let inferred = quote_spanned!(scoped.ty.span()=> _);
    quote!(let (#(#names,)*) = #call.args_within::<#types, #inferred>(|(#(#picked,)*)| #value)?;)
}

/// The local that a parameter's value is in: its own name, unless that would hide the function, or says that it is not
/// used, while it is passed on.
fn local(f: &HostFn<'_>, param: &Param<'_>) -> Ident {
    if param.name().starts_with('_') {
        let at = f.params.iter().position(|other| other.ident == param.ident).unwrap_or_default();
        return Ident::new(&format!("argument{at}"), Span::mixed_site());
    }
    if param.ident == f.ident { Ident::new("argument", Span::mixed_site()) } else { param.ident.clone() }
}

/// The rest of the spec, in the order of its public builder.
fn builder(f: &HostFn<'_>, krate: &TokenStream) -> TokenStream {
    let params = f.params.iter().map(|param| {
        let (name, ty) = (param.name(), param.ty);
        let of = match param.kind {
            Kind::Wire => quote_spanned!(ty.span()=> of::<#ty>),
            Kind::State => quote_spanned!(ty.span()=> state::<#ty>),
            Kind::Caller => quote!(caller),
            Kind::Grant => quote!(grant),
        };
        quote!(#krate::spec::Param::#of(#name))
    });
    let params = (!f.params.is_empty()).then(|| quote!(.params(&[#(#params),*])));
    let replies = f.output.map(|ty| quote!(.replies(#krate::spec::reply_shape!(#ty))));
    let max_args = f.args.max_args.map(|bytes| quote!(.max_args(#bytes)));
    let max_reply = f.args.max_reply.map(|bytes| quote!(.max_reply(#bytes)));
    let quota = f.args.quota.map(|calls| quote!(.quota(#calls)));
    let since = f.args.since.map(|version| quote!(.since(#version)));
    let docs = docs(&f.docs).map(|docs| quote!(.docs(#docs)));
    quote! {
        #params
        #replies
        #max_args
        #max_reply
        #quota
        #since
        #docs
        .annotated_at(#krate::spec::here!())
    }
}
