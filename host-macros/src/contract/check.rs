//! What a trait has to be like to be a contract, as far as syntax tells. One rule, one function.

use hostfn_abi::names;
use syn::visit::Visit;
use syn::{
    FnArg, GenericParam, Generics, ItemTrait, Lifetime, Path, ReceiverKind, Safety, Signature, TraitItem,
    TraitItemFn, TypeImplTrait, TypeReference,
};

use super::model::{Contract, Method, is_conditional};
use crate::errors::Errors;

/// More than this many parameters make a struct.
const MOST_PARAMS: usize = 16;

pub fn all(contract: &Contract<'_>, item: &ItemTrait, errors: &mut Errors) {
    annotated_once(item, errors);
    trait_header(item, errors);
    only_methods(item, errors);
    for item in &item.items {
        if let TraitItem::Fn(method) = item {
            conditions(method, errors);
            receiver(&method.sig, errors);
            qualifiers(&method.sig, errors);
            method_generics(&method.sig.generics, errors);
            body(method, errors);
        }
    }
    for method in &contract.methods {
        arguments(method, errors);
        reply(method, errors);
        parameter_count(method, errors);
    }
    entries(contract, errors);
}

fn annotated_once(item: &ItemTrait, errors: &mut Errors) {
    for attr in &item.attrs {
        if attr.path().segments.last().is_some_and(|segment| segment.ident == "guest_contract") {
            errors.on(attr, "a trait is a contract once; remove one of the attributes");
        }
    }
}

fn trait_header(item: &ItemTrait, errors: &mut Errors) {
    if let Some(token) = &item.unsafety {
        errors.on(token, "a contract asks of a guest what can be checked and nothing more; remove `unsafe`");
    }
    if !item.generics.params.is_empty() {
        errors.on(
            &item.generics.params,
            "a contract is the same for every guest and so has no generic parameters; write the types",
        );
    }
    if let Some(clause) = &item.generics.where_clause {
        errors.on(
            clause,
            "a contract has no generic parameters and so nothing to say of them; remove the `where`",
        );
    }
    if !item.supertraits.is_empty() {
        errors.on(
            &item.supertraits,
            "a contract is its own methods and no others; remove the supertraits, or repeat their methods",
        );
    }
}

fn only_methods(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        match item {
            TraitItem::Fn(_) => {}
            TraitItem::Const(item) => {
                errors.on(item, "a guest exports functions; move the constant out of the contract");
            }
            TraitItem::Type(item) => {
                errors.on(item, "a contract has one type for each place; write the type where it is used");
            }
            other => errors.on(other, "a contract is made of methods, written out"),
        }
    }
}

fn conditions(method: &TraitItemFn, errors: &mut Errors) {
    if let Some(cfg) = method.attrs.iter().find(|attr| is_conditional(attr)) {
        errors.on(
            cfg,
            "a method that comes and goes makes two contracts of one id; put the `#[cfg]` on the trait",
        );
    }
}

fn receiver(sig: &Signature, errors: &mut Errors) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
        errors.on(&sig.ident, "a method of a contract is called on a guest; let it begin with `&mut self`");
        return;
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, None, _) => {}
        ReceiverKind::Reference(_, Some(lifetime), _) => {
            errors.on(lifetime, "a guest is borrowed for the call; leave the lifetime out, `&mut self`");
        }
        _ => errors.on(receiver, "a guest is there still when the call is over; take `&mut self`"),
    }
}

fn qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.constness {
        errors.on(token, "a guest runs when it is called, never in const evaluation; remove `const`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.on(token, "a guest is behind a wall, and calling it is safe; remove `unsafe`");
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "how a guest is called is the toolkit's affair; remove `extern`");
    }
    if let Some(dots) = &sig.variadic {
        errors.on(dots, "a method of a contract has a fixed list of parameters; take a `Vec`");
    }
}

fn method_generics(generics: &Generics, errors: &mut Errors) {
    for param in &generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => errors.on(
                lifetime,
                "what a contract's method borrows, it borrows for the call; leave the lifetime out",
            ),
            other => errors.on(
                other,
                "a method of a contract has one type on the wire and so no generic parameters; write the type",
            ),
        }
    }
    if let Some(clause) = &generics.where_clause {
        errors.on(
            clause,
            "a method of a contract has no generic parameters and so nothing to say of them; remove the `where`",
        );
    }
}

fn body(method: &TraitItemFn, errors: &mut Errors) {
    if let Some(body) = &method.default {
        errors.on(body, "the guest has the body; end the method with a `;`");
    }
}

struct InType<'e> {
    errors: &'e mut Errors,
    is_reply: bool,
}

impl Visit<'_> for InType<'_> {
    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        self.errors.on(ty, "`impl Trait` has no type that the contract could name; write the type");
    }

    fn visit_path(&mut self, path: &Path) {
        if path.segments.first().is_some_and(|segment| segment.ident == "Self") {
            self.errors
                .on(path, "`Self` is something else for each that implements the trait; write the type");
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_type_reference(&mut self, reference: &TypeReference) {
        if self.is_reply {
            self.errors.on(
                reference,
                "a reply is owned, because the guest's memory is the guest's again when the call is over; reply a \
                 `String`, a `Vec<u8>` or another owned type",
            );
            return;
        }
        if let Some(token) = &reference.mutability {
            self.errors.on(token, "a guest gets a copy, which it cannot change here; pass it by `&`");
        }
        syn::visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if self.is_reply && lifetime.ident != "static" {
            self.errors.on(
                lifetime,
                "a reply is owned, and there is nothing that it could borrow from; write `'static`",
            );
        } else if !self.is_reply && lifetime.ident != "_" {
            self.errors
                .on(lifetime, "what is passed to a guest is borrowed for the call; leave the lifetime out");
        }
    }
}

fn arguments(method: &Method<'_>, errors: &mut Errors) {
    let mut in_type = InType { errors, is_reply: false };
    for param in &method.params {
        in_type.visit_type(param.ty);
    }
}

fn reply(method: &Method<'_>, errors: &mut Errors) {
    if let Some(output) = method.output {
        InType { errors, is_reply: true }.visit_type(output);
    }
}

fn parameter_count(method: &Method<'_>, errors: &mut Errors) {
    if let Some(param) = method.params.get(MOST_PARAMS) {
        errors.on(
            param.original,
            format!("more than {MOST_PARAMS} parameters; put what belongs together into a struct"),
        );
    }
}

/// What the guest exports: something every guest language can, and each once.
fn entries(contract: &Contract<'_>, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for method in &contract.methods {
        let entry = contract.entry(method);
        let mut blame = |message: String| match &method.entry {
            Some(lit) => errors.on(lit, message),
            None => errors.on(&method.sig.ident, message),
        };
        if !names::is_importable(&entry) {
            blame(format!(
                "not every guest language can export `{entry}`; in `#[entry(\"...\")]`, {}",
                names::IMPORTABLE_REMEDY
            ));
        } else if seen.contains(&entry) {
            blame(format!("two methods have the entry `{entry}`; give one of them another"));
        }
        seen.push(entry);
    }
}
