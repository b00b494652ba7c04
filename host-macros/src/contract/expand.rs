//! From a checked model to tokens.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{ItemTrait, TraitItem, Type, parse_quote};

use super::args::{Args, is_entry};
use super::check;
use super::model::{Contract, Method};
use crate::args::moved;
use crate::errors::Errors;
use crate::expand::{ends, our};
use crate::item::docs;

/// The trait as it was, and beside it its client or what is wrong with it.
pub fn guest_contract(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let item: ItemTrait = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let error = not_a_trait(tokens, error).into_compile_error();
            return quote!(#tokens #error);
        }
    };
    let beside = client(args, &item).unwrap_or_else(syn::Error::into_compile_error);
    let item = without_entries(item);
    quote! {
        // the client stands for it, and only those that implement it would await its methods
        #[allow(async_fn_in_trait, dead_code)]
        #item
        #beside
    }
}

fn not_a_trait(tokens: &TokenStream, error: syn::Error) -> syn::Error {
    let mut after_trait = tokens.clone().into_iter().skip_while(|token| token.to_string() != "trait").skip(1);
    if let Some(TokenTree::Ident(_)) = after_trait.next() {
        return error;
    }
    syn::Error::new_spanned(tokens, "`#[guest_contract]` goes on a trait")
}

fn without_entries(mut item: ItemTrait) -> ItemTrait {
    for item in &mut item.items {
        if let TraitItem::Fn(method) = item {
            method.attrs.retain(|attr| !is_entry(attr));
        }
    }
    item
}

fn client(args: TokenStream, item: &ItemTrait) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let contract = Contract::parse(&args, item, &mut errors);
    check::all(&contract, item, &mut errors);
    errors.finish()?;
    if contract.repeats_a_name() {
        // rustc reports that of the trait, and would again of all that is made from it
        return Ok(TokenStream::new());
    }
    Ok(emit(&contract))
}

fn emit(contract: &Contract<'_>) -> TokenStream {
    let krate = contract.args.krate();
    let (cfgs, vis, client, id) = (&contract.cfgs, contract.vis, contract.client(), contract.id());
    let allows = &contract.allows;
    let specs = contract.methods.iter().map(|method| spec(contract, method, &krate));
    let specs = (!contract.methods.is_empty()).then(|| quote!(.methods(&[#(#specs),*])));
    let docs = docs(&contract.docs).map(|docs| quote!(.docs(#docs)));
    let methods = contract.methods.iter().map(|method| call(contract, method, &krate));
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
        #krate::__private::inventory::submit! {
            #krate::contract::LinkedContract(<#client<'_> as #krate::contract::GuestContract<'_>>::CONTRACT)
        }
    }
}

/// The method's description, in the order of its public builder.
fn spec(contract: &Contract<'_>, method: &Method<'_>, krate: &TokenStream) -> TokenStream {
    let (name, entry) = (method.name(), contract.entry(method));
    let new = Ident::new(if method.is_async() { "new_async" } else { "new" }, Span::call_site());
    let params = method.params.iter().map(|param| {
        let (name, ty) = (param.name(), param.ty);
        quote!(#krate::spec::passed!(#name, #ty))
    });
    let params = (!method.params.is_empty()).then(|| quote!(.params(&[#(#params),*])));
    let replies = method.output.map(|ty| quote!(.replies(#krate::spec::reply_shape!(#ty))));
    let docs = docs(&method.docs).map(|docs| quote!(.docs(#docs)));
    quote!(#krate::contract::MethodSpec::#new(#name, #entry) #params #replies #docs)
}

/// The client's method.
fn call(contract: &Contract<'_>, method: &Method<'_>, krate: &TokenStream) -> TokenStream {
    let (vis, ident, asyncness) = (contract.vis, &method.sig.ident, &method.sig.asyncness);
    let (doc_attrs, entry) = (&method.doc_attrs, contract.entry(method));
    let names: Vec<&Ident> = method.params.iter().map(|param| param.ident).collect();
    let types = method.params.iter().map(|param| param.ty);
    let reply: Type = method.output.map_or_else(|| parse_quote!(()), Clone::clone);
    // where the reply is, so that rustc's errors about it are too; only the place is the reply's, because `self` is
    // that of the receiver, whoever wrote the reply
    let (start, end) = ends(&reply);
    let at = Span::call_site().located_at(start.unwrap_or(end));
    let krate_there: TokenStream = krate.clone().into_iter().map(|token| moved(token, at)).collect();
    let expected = our("GuestReplyProbe");
    let send = Ident::new(if method.is_async() { "call_async" } else { "call" }, at);
    let wait = method.is_async().then(|| quote!(.await));
    let answer = quote_spanned! {at=>
        #krate_there::__private::#expected::<#reply>::new().#send(&mut self.0, #entry, (#(#names,)*))#wait
    };
    quote! {
        #(#doc_attrs)*
        ///
        /// # Errors
        /// Whenever the guest does not answer: it fails, traps, or runs out of what it may use up.
        #vis #asyncness fn #ident(&mut self #(, #names: #types)*) -> #krate::Result<#reply> {
            #answer
        }
    }
}
