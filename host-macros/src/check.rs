//! What a function has to be like to be a host function, as far as syntax tells. One rule, one
//! function.

use syn::visit::Visit;
use syn::{GenericParam, Lifetime, Safety, Signature, Type, TypeImplTrait, TypeReference};

use crate::args::Capability;
use crate::errors::Errors;
use crate::model::{HostFn, Kind, same_type};

/// More than this many wire parameters make a struct.
const MOST_PARAMS: usize = 16;
const MOST_STATES: usize = 4;

pub fn all(f: &HostFn<'_>, sig: &Signature, errors: &mut Errors) {
    qualifiers(sig, errors);
    generics(sig, errors);
    variadic(sig, errors);
    types(f, errors);
    states(f, errors);
    parameter_count(f, errors);
    scoped_parameter(f, errors);
}

fn qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.asyncness {
        errors.on(token, "an async host function is not supported yet; make it a plain `fn`");
    }
    if let Some(token) = &sig.constness {
        errors.on(token, "a host function is called by guests, never in const evaluation; remove `const`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.on(
            token,
            "a guest cannot keep the promises that `unsafe` asks of a caller; make the function safe",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(
            abi,
            "a host function is called through its glue, which speaks the Rust ABI; remove `extern`",
        );
    }
}

fn generics(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => errors.on(
                lifetime,
                "the lifetimes of a host function are the call's own; leave them out, as in `fn echo(data: &[u8]) -> &[u8]`",
            ),
            other => errors.on(other, "a host function has one type on the wire and so no generic parameters; write the type"),
        }
    }
    if let Some(clause) = &sig.generics.where_clause {
        errors.on(
            clause,
            "a host function has no generic parameters and so nothing to say of them; remove the `where`",
        );
    }
}

fn variadic(sig: &Signature, errors: &mut Errors) {
    if let Some(dots) = &sig.variadic {
        errors.on(dots, "a host function has a fixed list of parameters; take a `Vec`");
    }
}

struct InType<'e> {
    errors: &'e mut Errors,
    /// A reply may outlive the call; what the guest passes cannot.
    may_be_static: bool,
}

impl Visit<'_> for InType<'_> {
    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        self.errors.on(ty, "`impl Trait` has no type that the listing could show; write the type");
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident != "_" && !(self.may_be_static && lifetime.ident == "static") {
            self.errors
                .on(lifetime, "what a host function borrows lives for the call; leave the lifetime out");
        }
    }
}

fn types(f: &HostFn<'_>, errors: &mut Errors) {
    for param in &f.params {
        InType { errors, may_be_static: false }.visit_type(param.ty);
    }
    if let Some(output) = f.output {
        InType { errors, may_be_static: true }.visit_type(output);
    }
    for param in f.of_kind(Kind::Wire) {
        if let Type::Reference(TypeReference { mutability: Some(token), .. }) = param.ty {
            errors.on(token, "an argument is the guest's and cannot be changed; borrow it with `&`, or mark the parameter `#[state]`");
        }
    }
}

fn states(f: &HostFn<'_>, errors: &mut Errors) {
    let mut wire_seen = false;
    let mut seen: Vec<&Type> = Vec::new();
    for param in &f.params {
        if param.kind == Kind::Wire {
            wire_seen = true;
            continue;
        }
        if wire_seen {
            errors.on(
                param.original,
                "what the host passes comes first; move the `#[state]` parameters before the others",
            );
        }
        let Type::Reference(TypeReference { elem: state, .. }) = param.ty else {
            errors.on(param.ty, "a state is borrowed for the call; write `&mut S` or `&S`");
            continue;
        };
        if seen.iter().any(|other| same_type(other, state)) {
            errors.on(param.ty, "this state is borrowed twice; take it once, as `&mut S`");
        }
        seen.push(state);
    }
    if seen.len() > MOST_STATES
        && let Some(param) = f.of_kind(Kind::State).nth(MOST_STATES)
    {
        errors.on(
            param.original,
            format!("more than {MOST_STATES} states; put what belongs together into one struct"),
        );
    }
}

fn parameter_count(f: &HostFn<'_>, errors: &mut Errors) {
    if let Some(param) = f.of_kind(Kind::Wire).nth(MOST_PARAMS) {
        errors.on(
            param.original,
            format!("more than {MOST_PARAMS} parameters; put what belongs together into a struct"),
        );
    }
}

fn scoped_parameter(f: &HostFn<'_>, errors: &mut Errors) {
    let Some(Capability::Scoped(_, scoped)) = &f.args.capability else {
        return;
    };
    match f.params.iter().find(|param| param.ident == scoped) {
        None => {
            let names: Vec<String> = f.of_kind(Kind::Wire).map(|param| format!("`{}`", param.name())).collect();
            let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
            errors.on(scoped, format!("the function has no parameter `{scoped}` to match the capability against; {known}"));
        }
        Some(param) if param.kind != Kind::Wire => errors.on(
            scoped,
            format!("`{scoped}` is the host's own and not the guest's; match the capability against a parameter that the guest passes"),
        ),
        Some(param) => cannot_be_scoped(scoped, param.ty, errors),
    }
}

/// The types that rustc would refuse too, in more words.
fn cannot_be_scoped(scoped: &syn::Ident, ty: &Type, errors: &mut Errors) {
    if let Type::Tuple(_) | Type::Array(_) | Type::Slice(_) = ty {
        errors.on(ty, format!("`{scoped}` cannot name a path, host or name; make it a `&str`"));
    }
}
