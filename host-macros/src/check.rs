//! What a function has to be like to be a host function, as far as syntax tells. One rule, one
//! function.

use proc_macro2::Span;
use syn::visit::Visit;
use syn::{GenericParam, Lifetime, Safety, Signature, Type, TypeImplTrait, TypeReference};

use crate::args::Capability;
use crate::errors::Errors;
use crate::item::Item;
use crate::model::{HostFn, Kind, same_type};

/// More than this many wire parameters make a struct.
const MOST_PARAMS: usize = 16;
const MOST_STATES: usize = 4;

pub fn all(f: &HostFn<'_>, item: &Item, errors: &mut Errors) {
    let sig = &item.sig;
    annotated_once(item, errors);
    qualifiers(sig, errors);
    generics(sig, errors);
    variadic(sig, errors);
    types(f, sig, errors);
    from_the_host(f, errors);
    states(f, errors);
    across_awaits(f, errors);
    parameter_count(f, errors);
    scoped_parameter(f, errors);
}

fn annotated_once(item: &Item, errors: &mut Errors) {
    for attr in &item.attrs {
        if attr.path().segments.last().is_some_and(|segment| segment.ident == "host_fn") {
            errors.on(attr, "a function is a host function once; remove one of the attributes");
        }
    }
}

fn qualifiers(sig: &Signature, errors: &mut Errors) {
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

struct InType<'e, 'a> {
    errors: &'e mut Errors,
    /// Lifetimes that say nothing wrong, or were reported where they are declared.
    passed: Vec<&'a Lifetime>,
}

impl Visit<'_> for InType<'_, '_> {
    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        self.errors.on(ty, "`impl Trait` has no type that the listing could show; write the type");
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident != "_" && !self.passed.contains(&lifetime) {
            self.errors
                .on(lifetime, "what a host function borrows lives for the call; leave the lifetime out");
        }
    }
}

fn types(f: &HostFn<'_>, sig: &Signature, errors: &mut Errors) {
    let declared: Vec<&Lifetime> = sig.generics.lifetimes().map(|param| &param.lifetime).collect();
    let mut in_type = InType { errors, passed: declared };
    for param in &f.params {
        in_type.visit_type(param.ty);
    }
    // a reply may outlive the call
    let always = Lifetime::new("'static", Span::call_site());
    in_type.passed.push(&always);
    if let Some(output) = f.output {
        in_type.visit_type(output);
    }
    for param in f.of_kind(Kind::Wire) {
        if let Type::Reference(TypeReference { mutability: Some(token), .. }) = param.ty {
            errors.on(token, "an argument is the guest's and cannot be changed; borrow it with `&`, or mark the parameter `#[state]`");
        }
    }
}

/// What the host passes: where it stands, and each once.
fn from_the_host(f: &HostFn<'_>, errors: &mut Errors) {
    let mut wire_seen = false;
    for param in &f.params {
        if param.kind == Kind::Wire {
            wire_seen = true;
        } else if wire_seen {
            errors.on(
                param.original,
                "what the host passes comes first; move the parameters with `#[state]`, `#[caller]` or `#[grant]` \
                 before the others",
            );
        }
    }
    if let Some(again) = f.of_kind(Kind::Caller).nth(1) {
        errors.on(again.original, "one `#[caller]` is enough, there is no other");
    }
    if let Some(again) = f.of_kind(Kind::Grant).nth(1) {
        errors.on(again.original, "one `#[grant]` is enough, there is no other");
    }
    if !matches!(f.args.capability, Some(Capability::Scoped(..)) | None)
        && let Some(param) = f.of_kind(Kind::Grant).next()
    {
        errors.on(
            param.original,
            "there is no scope to hand over; `#[grant]` goes with a capability that has one, `capability = CAP(param)`",
        );
    }
}

/// What an async function holds must be there still when it goes on.
fn across_awaits(f: &HostFn<'_>, errors: &mut Errors) {
    if !f.is_async {
        return;
    }
    for param in &f.params {
        let borrows = Borrows::any_in(param.ty);
        match param.kind {
            Kind::Wire if borrows => errors.on(
                param.ty,
                "an async host function owns its arguments, because guest memory may move while it waits; take a `String`, \
                 a `Vec<u8>` or another owned type",
            ),
            Kind::State if borrows => errors.on(
                param.ty,
                "an async host function cannot keep an instance's state borrowed while it waits; share the state, \
                 `#[state] s: Shared<S>`",
            ),
            Kind::Caller if borrows => {
                errors.on(param.ty, "an async host function cannot borrow while it waits; take the `Caller` by value");
            }
            Kind::Grant if borrows => {
                errors.on(param.ty, "an async host function cannot borrow while it waits; take the `Scope` by value");
            }
            _ => {}
        }
    }
    if let Some(output) = f.output
        && Borrows::any_in(output)
    {
        errors.on(
            output,
            "an async host function owns its reply, because guest memory may move while it waits",
        );
    }
}

struct Borrows(bool);

impl Borrows {
    fn any_in(ty: &Type) -> bool {
        let mut borrows = Borrows(false);
        borrows.visit_type(ty);
        borrows.0
    }
}

impl Visit<'_> for Borrows {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.0 |= reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static");
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        self.0 |= lifetime.ident != "static";
    }
}

fn states(f: &HostFn<'_>, errors: &mut Errors) {
    let mut seen: Vec<&Type> = Vec::new();
    for param in f.of_kind(Kind::State) {
        let state = match param.ty {
            Type::Reference(TypeReference { elem, .. }) => &**elem,
            owned => owned,
        };
        if let Type::TraitObject(_) = state {
            errors.on(
                state,
                "a state is found by its type, which `dyn` hides; write a struct that holds the trait object",
            );
        }
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
