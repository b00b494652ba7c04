//! Checks of a contract's syntax. One rule, one function.

use hostfn_abi::names;

use super::model::{Contract, Foreign, Method, Receiver};
use crate::errors::Errors;
use crate::syntax::{Generic, MOST_PARAMS, Ty};

pub fn all(contract: &Contract<'_>, errors: &mut Errors) {
    annotated_once(contract, errors);
    trait_header(contract, errors);
    only_methods(contract, errors);
    for method in &contract.methods {
        condition(method, errors);
        receiver(method, errors);
        header(method, errors);
        generics(method, errors);
        body(method, errors);
    }
    for method in &contract.methods {
        arguments(method, errors);
        reply(method, errors);
        parameter_count(method, errors);
    }
    entries(contract, errors);
}

fn annotated_once(contract: &Contract<'_>, errors: &mut Errors) {
    for attr in &contract.again {
        errors.on(attr, "duplicate `#[guest_contract]`; remove one");
    }
}

fn trait_header(contract: &Contract<'_>, errors: &mut Errors) {
    if let Some(token) = contract.unsafety {
        errors.on(token, "contracts cannot be `unsafe`; remove it");
    }
    if let Some(params) = contract.generics {
        errors.on(params, "contracts cannot be generic; write concrete types");
    }
    if let Some(clause) = contract.where_clause {
        errors.on(clause, "contracts cannot have a `where` clause; remove it");
    }
    if let Some(supertraits) = contract.supertraits {
        errors.on(supertraits, "contracts cannot have supertraits; remove them, or repeat their methods");
    }
}

fn only_methods(contract: &Contract<'_>, errors: &mut Errors) {
    for item in &contract.foreign {
        match item {
            Foreign::Const(item) => {
                errors.on(item, "contracts cannot have constants; move them out of the trait");
            }
            Foreign::Type(item) => {
                errors.on(item, "contracts cannot have associated types; write the type where it is used");
            }
            Foreign::Other(item) => errors.on(item, "contracts can only have methods; write them out"),
        }
    }
}

fn condition(method: &Method<'_>, errors: &mut Errors) {
    if let Some(cfg) = method.condition {
        errors.on(cfg, "`#[cfg]` is not allowed on a contract method; put it on the trait");
    }
}

fn receiver(method: &Method<'_>, errors: &mut Errors) {
    match method.receiver {
        Receiver::Borrowed => {}
        Receiver::WithLifetime(lifetime) => {
            errors.on(lifetime, "contract methods borrow for the call only; write `&mut self`");
        }
        Receiver::Owned(receiver) => {
            errors.on(receiver, "contract methods cannot take `self` by value; use `&mut self`");
        }
        Receiver::Missing => errors.on(method.ident, "contract methods need a receiver; add `&mut self`"),
    }
}

fn header(method: &Method<'_>, errors: &mut Errors) {
    if let Some(token) = method.header.constness {
        errors.on(token, "contract methods cannot be `const`; remove it");
    }
    if let Some(token) = method.header.unsafety {
        errors.on(token, "contract methods cannot be `unsafe`; remove it");
    }
    if let Some(abi) = method.header.abi {
        errors.on(abi, "contract methods cannot name an ABI; remove `extern`");
    }
    if let Some(dots) = method.header.variadic {
        errors.on(dots, "contract methods cannot be variadic; take a `Vec`");
    }
}

fn generics(method: &Method<'_>, errors: &mut Errors) {
    for generic in &method.header.generics {
        match generic {
            Generic::Lifetime(_, param) => {
                errors.on(param, "contract methods cannot have lifetime parameters; elide them");
            }
            Generic::Other(param) => {
                errors.on(param, "contract methods cannot be generic; write concrete types");
            }
        }
    }
    if let Some(clause) = method.header.where_clause {
        errors.on(clause, "contract methods cannot have a `where` clause; remove it");
    }
}

fn body(method: &Method<'_>, errors: &mut Errors) {
    if let Some(body) = method.body {
        errors.on(body, "contract methods cannot have a body; use `;`");
    }
}

fn arguments(method: &Method<'_>, errors: &mut Errors) {
    for param in &method.params {
        type_names(&param.ty, errors);
        for token in &param.ty.mutable {
            errors.on(token, "guests receive a copy of an argument; pass it by `&`");
        }
        for lifetime in param.ty.lifetimes.iter().filter(|lifetime| lifetime.ident != "_") {
            errors.on(lifetime, format!("contract methods borrow for the call only; elide `{lifetime}`"));
        }
    }
}

fn reply(method: &Method<'_>, errors: &mut Errors) {
    let Some(output) = &method.output else {
        return;
    };
    type_names(output, errors);
    for reference in &output.outer_references {
        errors.on(reference, "contract methods must return owned types; use `String`, `Vec<u8>` or another");
    }
    for lifetime in output.outer_lifetimes.iter().filter(|lifetime| lifetime.ident != "static") {
        errors.on(lifetime, "contract methods must return owned types; use `'static`");
    }
}

fn type_names(ty: &Ty<'_>, errors: &mut Errors) {
    for impl_trait in &ty.impl_traits {
        errors.on(impl_trait, "`impl Trait` is not allowed in a contract; write the type");
    }
    for path in &ty.selves {
        errors.on(path, "`Self` is not allowed in a contract; write the type");
    }
}

fn parameter_count(method: &Method<'_>, errors: &mut Errors) {
    if let Some(param) = method.params.get(MOST_PARAMS) {
        errors.on(param.original, format!("more than {MOST_PARAMS} parameters; combine them in a struct"));
    }
}

/// Each entry is a symbol that every guest language can export, and exported once.
fn entries(contract: &Contract<'_>, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for method in &contract.methods {
        let entry = contract.entry(method);
        let mut blame = |message: String| match &method.entry {
            Some(lit) => errors.on(lit, message),
            None => errors.on(method.ident, message),
        };
        if !names::is_importable(&entry) {
            blame(format!("invalid entry `{entry}`; in `#[entry(\"...\")]`, {}", names::IMPORTABLE_REMEDY));
        } else if seen.contains(&entry) {
            blame(format!("duplicate entry `{entry}`; change one with `#[entry(\"...\")]`"));
        }
        seen.push(entry);
    }
}
