//! From the model to tokens, whatever is wrong: what uses a capability then reports no errors of its own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use super::model::{Capability, Kind};
use crate::attr::Krate;
use crate::span::our;

/// The static, spanned on its name, so that rustc's errors are reported there and the declaration's line is its own.
pub fn declaration(capability: &Capability<'_>, krate: &Krate) -> TokenStream {
    let Capability { attrs, vis, ident, about, .. } = capability;
    let ty = our("Capability");
    // const evaluation would report a wrong name again
    let name = capability.valid_name().map_or_else(|| quote!("invalid"), ToTokens::to_token_stream);
    let scoped = capability.kind.map(|kind| match Kind::from_ident(kind) {
        Some(Kind::Path) => quote!(.scoped(#krate::scope::ScopeKind::Path)),
        Some(Kind::Host) => quote!(.scoped(#krate::scope::ScopeKind::Host)),
        Some(Kind::Name) | None => quote!(.scoped(#krate::scope::ScopeKind::Name)),
    });
    quote_spanned! {ident.span()=>
        #(#attrs)*
        #vis static #ident: #krate::#ty =
            #krate::#ty::new(#name, #about) #scoped .declared_at(#krate::spec::here!());
    }
}
