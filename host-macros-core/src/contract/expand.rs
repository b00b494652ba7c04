//! From a checked model to tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::model::{Contract, Method};
use crate::docs;
use crate::span::{moved, our, place_of};

/// Returns what stands beside the trait.
pub fn all(contract: &Contract<'_>) -> TokenStream {
    let krate = &contract.args.krate;
    let (cfgs, vis, client, id) = (&contract.cfgs, contract.vis, contract.client(), contract.id());
    let allows = &contract.allows;
    let specs = contract.methods.iter().map(|method| spec(contract, method));
    let specs = (!contract.methods.is_empty()).then(|| quote!(.with_methods(&[#(#specs),*])));
    let docs = docs::text(&contract.docs).map(|docs| quote!(.with_docs(#docs)));
    let methods = contract.methods.iter().map(|method| call(contract, method));
    let shared = contract.methods.iter().map(|method| call_shared(contract, method));
    let async_client = contract.async_client();
    quote! {
        #(#cfgs)*
        /// The client of the contract: each of its methods calls an entry of a guest.
        #[derive(::core::fmt::Debug)]
        #[allow(dead_code)]
        #vis struct #client<'i>(#krate::contract::Callee<'i>);

        #(#cfgs)*
        #(#[allow(#allows)])*
        impl<'i> #krate::contract::GuestContract<'i> for #client<'i> {
            const CONTRACT: &'static #krate::contract::ContractSpec = &#krate::contract::ContractSpec::new(#id)
                #specs
                #docs
                .annotated_at(#krate::spec::here!());

            fn over(callee: #krate::contract::Callee<'i>) -> Self {
                Self(callee)
            }
        }

        #(#cfgs)*
        #[allow(dead_code, clippy::too_many_arguments)]
        #(#[allow(#allows)])*
        impl #client<'_> {
            #(#methods)*
        }

        #(#cfgs)*
        /// The async client of the contract, for a guest behind a handle or in a pool.
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[allow(dead_code)]
        #vis struct #async_client(#krate::contract::AsyncCallee);

        #(#cfgs)*
        #(#[allow(#allows)])*
        impl #krate::contract::AsyncContract for #client<'static> {
            type Client = #async_client;

            fn shared(callee: #krate::contract::AsyncCallee) -> #async_client {
                #async_client(callee)
            }
        }

        #(#cfgs)*
        #[allow(dead_code, clippy::too_many_arguments)]
        #(#[allow(#allows)])*
        impl #async_client {
            #(#shared)*
        }

        #(#cfgs)*
        #krate::__private::inventory::submit! {
            #krate::contract::LinkedContract(<#client<'_> as #krate::contract::GuestContract<'_>>::CONTRACT)
        }
    }
}

/// The method's description, in the order of its public builder.
fn spec(contract: &Contract<'_>, method: &Method<'_>) -> TokenStream {
    let krate = &contract.args.krate;
    let (name, entry) = (method.name(), contract.entry(method));
    let new = Ident::new(if method.is_async() { "new_async" } else { "new" }, Span::call_site());
    let params = method.params.iter().map(|param| {
        let (name, ty) = (param.name(), param.ty.ty);
        quote!(#krate::spec::passed!(#name, #ty))
    });
    let params = (!method.params.is_empty()).then(|| quote!(.with_params(&[#(#params),*])));
    let replies = method.output.as_ref().map(|output| {
        let ty = output.ty;
        quote!(.with_reply(#krate::spec::reply_shape!(#ty)))
    });
    let docs = docs::text(&method.docs).map(|docs| quote!(.with_docs(#docs)));
    quote!(#krate::contract::MethodSpec::#new(#name, #entry) #params #replies #docs)
}

/// The client's method.
fn call(contract: &Contract<'_>, method: &Method<'_>) -> TokenStream {
    let asyncness = method.asyncness;
    let send = if method.is_async() { "call_async" } else { "call" };
    client_method(contract, method, &quote!(#asyncness), &quote!(&mut self), &quote!(&mut self.0), send)
}

/// The async client's method.
fn call_shared(contract: &Contract<'_>, method: &Method<'_>) -> TokenStream {
    client_method(contract, method, &quote!(async), &quote!(&self), &quote!(&self.0), "call_shared")
}

fn client_method(
    contract: &Contract<'_>,
    method: &Method<'_>,
    asyncness: &TokenStream,
    receiver: &TokenStream,
    callee: &TokenStream,
    send: &str,
) -> TokenStream {
    let krate = &contract.args.krate;
    let (vis, ident) = (contract.vis, method.ident);
    let (doc_attrs, entry) = (&method.doc_attrs, contract.entry(method));
    let names: Vec<&Ident> = method.params.iter().map(|param| param.ident).collect();
    let types = method.params.iter().map(|param| param.ty.ty);
    let reply = method.output.as_ref().map_or_else(|| quote!(()), |output| output.ty.to_token_stream());
    let at = place_of(&reply);
    let krate_there = moved(krate, at);
    let expected = our("GuestReplyProbe");
    let callee = moved(callee, at);
    let wait = (!asyncness.is_empty()).then(|| quote!(.await));
    let send = Ident::new(send, at);
    let answer = quote_spanned! {at=>
        #krate_there::__private::#expected::<#reply>::new().#send(#callee, #entry, (#(#names,)*))#wait
    };
    let blank = (!method.docs.is_empty()).then(|| quote!(#[doc = ""]));
    quote! {
        #(#doc_attrs)*
        #blank
        /// # Errors
        /// When the guest fails, traps or exceeds a limit.
        #vis #asyncness fn #ident(#receiver #(, #names: #types)*) -> #krate::Result<#reply> {
            #answer
        }
    }
}
