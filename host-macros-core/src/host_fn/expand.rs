//! From a checked model to tokens.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::args::Capability;
use super::model::{HostFn, Kind, Param};
use crate::docs;
use crate::span::{ends, local, our};

/// Returns what stands beside the function.
pub fn all(f: &HostFn<'_>) -> TokenStream {
    let (krate, cfgs, allows, vis, spec_type) = (&f.args.krate, &f.cfgs, &f.allows, f.vis, f.spec_type());
    let spec = guarded(f);
    let builder = builder(f);
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

/// The spec up to what it requires, which const evaluation checks: all of the expression is spanned on the capability.
fn guarded(f: &HostFn<'_>) -> TokenStream {
    let (module, name) = (f.module(), f.name());
    let call = local("call");
    let body = body(f, &call);
    let glue = quote!(|#call| { #body });
    let (start, end) = ends(f.args.capability.as_ref().and_then(Capability::path));
    let requires = match &f.args.capability {
        Some(Capability::Plain(path)) => quote_spanned!(end=> requires(&#path)),
        Some(Capability::Scoped(path, param)) => {
            let name = param.unraw().to_string();
            quote_spanned!(end=> requires_on(&#path, #name))
        }
        Some(Capability::None) | None => quote!(always_available()),
    };
    let krate = f.args.krate.at(start);
    let ty = our("HostFnSpec");
    let new = Ident::new(if f.is_async { "new_async" } else { "new" }, end);
    quote_spanned!(end=> #krate::#ty::#new(#module, #name, #glue).#requires)
}

/// authorize -> decode -> run -> encode
fn body(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let args = decode(f, call);
    let states = states(f, call);
    let caller = f.of_kind(Kind::Caller).map(|param| bind(param, &quote!(#call.caller())));
    let grant = f.of_kind(Kind::Grant).map(|param| bind(param, &quote!(#call.grant()?)));
    let reply = reply(f, call);
    quote! {
        let mut #call = #call.authorize()?;
        #args
        #states
        #(#caller)*
        #(#grant)*
        #reply
    }
}

fn decode(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let names = f.of_kind(Kind::Wire).map(|param| &param.local);
    let names = quote!((#(#names,)*));
    let types = types(f, Kind::Wire);
    let Some(scoped) = f.scoped() else {
        return quote!(let #names = #call.args::<#types>()?;);
    };
    let value = local("value");
    let picked = f
        .of_kind(Kind::Wire)
        .map(|param| if param.ident == scoped.ident { quote!(#value) } else { quote!(_) });
    let inferred = quote_spanned!(scoped.ty.ty.span()=> _);
    quote!(let #names = #call.args_within::<#types, #inferred>(|(#(#picked,)*)| #value)?;)
}

fn states(f: &HostFn<'_>, call: &Ident) -> Option<TokenStream> {
    let mut states = f.of_kind(Kind::State).map(|param| &param.local).peekable();
    states.peek()?;
    let types = types(f, Kind::State);
    Some(quote!(let (#(#states,)*) = #call.states::<#types>()?;))
}

/// The types of the parameters of one kind, as a tuple that is spanned on the parameter list.
fn types(f: &HostFn<'_>, kind: Kind) -> TokenStream {
    let types = f.of_kind(kind).map(|param| param.ty.ty);
    quote_spanned!(f.parens=> (#(#types,)*))
}

/// Returns what the host passes, cloned where the function takes it by value.
fn bind(param: &Param<'_>, passed: &TokenStream) -> TokenStream {
    let name = &param.local;
    let clone = param.ty.reference.is_none().then(|| quote!(.clone()));
    quote!(let #name = #passed #clone;)
}

/// The call of the function, and its reply: spanned on the type of the reply, which rustc checks.
fn reply(f: &HostFn<'_>, call: &Ident) -> TokenStream {
    let ident = f.ident;
    let passed = f.params.iter().map(|param| &param.local);
    let run = quote_spanned!(ident.span()=> #ident(#(#passed),*));
    let (start, end) = ends(f.output.as_ref().map(|output| output.ty));
    let krate = f.args.krate.at(start);
    let ty = our("ReturnProbe");
    let method = Ident::new(if f.is_async { "finish" } else { "reply" }, start.unwrap_or(end));
    if f.is_async {
        let [value, later] = ["value", "later"].map(local);
        let finish = quote_spanned!(end=> #krate::__private::#ty::new(#value).#method);
        quote!(::core::result::Result::Ok(#call.wait(#run, |#value, #later| #finish(#later))))
    } else {
        let reply = quote_spanned!(end=> #krate::__private::#ty::new(#run).#method);
        quote!(#reply(#call))
    }
}

/// The rest of the spec, in the order of its public builder.
fn builder(f: &HostFn<'_>) -> TokenStream {
    let krate = &f.args.krate;
    let params = f.params.iter().map(|param| {
        let (name, ty) = (param.name(), param.ty.ty);
        let new = match param.kind {
            Kind::Wire => quote_spanned!(ty.span()=> new::<#ty>),
            Kind::State => quote_spanned!(ty.span()=> state::<#ty>),
            Kind::Caller => quote!(caller),
            Kind::Grant => quote!(grant),
        };
        quote!(#krate::spec::Param::#new(#name))
    });
    let params = (!f.params.is_empty()).then(|| quote!(.with_params(&[#(#params),*])));
    let replies = f.output.as_ref().map(|output| {
        let ty = output.ty;
        quote!(.with_reply(#krate::spec::reply_shape!(#ty)))
    });
    let max_args = f.args.max_args.map(|bytes| quote!(.with_max_args(#bytes)));
    let max_reply = f.args.max_reply.map(|bytes| quote!(.with_max_reply(#bytes)));
    let quota = f.args.quota.map(|calls| quote!(.with_quota(#calls)));
    let since = f.args.since.map(|version| quote!(.with_since(#version)));
    let docs = docs::text(&f.docs).map(|docs| quote!(.with_docs(#docs)));
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
