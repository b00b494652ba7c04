//! Checks of a host function's syntax. One rule, one function.

use super::model::{HostFn, Kind, Param, State};
use crate::errors::{Errors, list};
use crate::syntax::{Generic, MOST_PARAMS, Ty};

const MOST_STATES: usize = 4;

pub fn all(f: &HostFn<'_>, errors: &mut Errors) {
    annotated_once(f, errors);
    header(f, errors);
    generics(f, errors);
    types(f, errors);
    host_params(f, errors);
    states(f, errors);
    across_awaits(f, errors);
    parameter_count(f, errors);
    scoped_parameter(f, errors);
}

fn annotated_once(f: &HostFn<'_>, errors: &mut Errors) {
    for attr in &f.again {
        errors.on(attr, "duplicate `#[host_fn]`; remove one");
    }
}

fn header(f: &HostFn<'_>, errors: &mut Errors) {
    if let Some(token) = f.header.constness {
        errors.on(token, "host functions cannot be `const`; remove it");
    }
    if let Some(token) = f.header.unsafety {
        errors.on(token, "host functions cannot be `unsafe`; remove it");
    }
    if let Some(abi) = f.header.abi {
        errors.on(abi, "host functions cannot name an ABI; remove `extern`");
    }
}

fn generics(f: &HostFn<'_>, errors: &mut Errors) {
    for generic in &f.header.generics {
        match generic {
            Generic::Lifetime(_, param) => {
                errors.on(param, "host functions cannot have lifetime parameters; elide them");
            }
            Generic::Other(param) => {
                errors.on(param, "host functions cannot be generic; write concrete types");
            }
        }
    }
    if let Some(clause) = f.header.where_clause {
        errors.on(clause, "host functions cannot have a `where` clause; remove it");
    }
    if let Some(dots) = f.header.variadic {
        errors.on(dots, "host functions cannot be variadic; take a `Vec`");
    }
}

fn types(f: &HostFn<'_>, errors: &mut Errors) {
    for param in &f.params {
        type_of(&param.ty, false, f, errors);
    }
    if let Some(output) = &f.output {
        type_of(output, true, f, errors);
    }
    for param in f.of_kind(Kind::Wire) {
        if let Some(token) = param.ty.reference.and_then(|reference| reference.mutability.as_ref()) {
            errors.on(
                token,
                "guest arguments are read-only; borrow with `&`, or mark the parameter `#[state]`",
            );
        }
    }
}

fn type_of(ty: &Ty<'_>, is_reply: bool, f: &HostFn<'_>, errors: &mut Errors) {
    for impl_trait in &ty.impl_traits {
        errors.on(impl_trait, "`impl Trait` is not allowed in a host function; write the type");
    }
    for lifetime in &ty.lifetimes {
        // a declared one was reported where it is declared, and a reply may outlive the call
        let passes =
            lifetime.ident == "_" || f.header.declares(lifetime) || is_reply && lifetime.ident == "static";
        if !passes {
            errors.on(lifetime, format!("host functions borrow for the call only; elide `{lifetime}`"));
        }
    }
}

/// Checks that host parameters come first, some of them once.
fn host_params(f: &HostFn<'_>, errors: &mut Errors) {
    for param in f.params.iter().skip_while(|param| param.kind != Kind::Wire) {
        if param.kind != Kind::Wire {
            errors.on(
                param.original,
                "misplaced host parameter; move it before the parameters that the guest passes",
            );
        }
    }
    if let Some(again) = f.of_kind(Kind::Caller).nth(1) {
        errors.on(again.original, "duplicate `#[caller]` parameter; keep one");
    }
    if let Some(again) = f.of_kind(Kind::Grant).nth(1) {
        errors.on(again.original, "duplicate `#[grant]` parameter; keep one");
    }
    if !f.may_be_scoped()
        && let Some(param) = f.of_kind(Kind::Grant).next()
    {
        errors.on(param.original, "`#[grant]` requires a scoped capability; write `capability = CAP(param)`");
    }
}

/// Checks that an async function owns what it holds across awaits.
fn across_awaits(f: &HostFn<'_>, errors: &mut Errors) {
    if !f.is_async {
        return;
    }
    for param in f.params.iter().filter(|param| param.ty.borrows()) {
        errors.on(
            param.ty.ty,
            match param.kind {
                Kind::Wire => "async host functions must own their arguments; use `String`, `Vec<u8>` or another owned type",
                Kind::State => "async host functions cannot borrow state; share it, `#[state] s: Shared<S>`",
                Kind::Caller => "async host functions cannot borrow the caller; write `#[caller] c: Caller`",
                Kind::Grant => "async host functions cannot borrow the grant; write `#[grant] g: Scope`",
            },
        );
    }
    if let Some(output) = f.output.as_ref().filter(|output| output.borrows()) {
        errors.on(
            output.ty,
            "async host functions must own their reply; use `String`, `Vec<u8>` or another owned type",
        );
    }
}

fn states(f: &HostFn<'_>, errors: &mut Errors) {
    let mut seen: Vec<State<'_>> = Vec::new();
    for param in f.of_kind(Kind::State) {
        let state = param.state();
        if state.is_dyn() {
            errors.on(state.0, "a state cannot be a trait object; wrap it in a struct");
        }
        if seen.contains(&state) {
            errors.on(param.ty.ty, "duplicate state; take it once, as `&mut S`");
        }
        seen.push(state);
    }
    if let Some(param) = f.of_kind(Kind::State).nth(MOST_STATES) {
        errors.on(param.original, format!("more than {MOST_STATES} states; combine them in a struct"));
    }
}

fn parameter_count(f: &HostFn<'_>, errors: &mut Errors) {
    if let Some(param) = f.of_kind(Kind::Wire).nth(MOST_PARAMS) {
        errors.on(param.original, format!("more than {MOST_PARAMS} parameters; combine them in a struct"));
    }
}

fn scoped_parameter(f: &HostFn<'_>, errors: &mut Errors) {
    let Some(scope) = f.scope() else {
        return;
    };
    match f.scoped() {
        None => {
            let names: Vec<String> = f.of_kind(Kind::Wire).map(Param::name).collect();
            let help = if names.is_empty() {
                "add it to the function".to_owned()
            } else {
                format!("the function has {}", list(names.iter().map(String::as_str)))
            };
            errors.on(scope, format!("unknown parameter `{scope}`; {help}"));
        }
        Some(param) if param.kind != Kind::Wire => {
            errors.on(scope, format!("`{scope}` is not a guest argument; scope the capability to one"));
        }
        // rustc would refuse it too, in more words
        Some(param) if param.ty.is_tuple_or_array => {
            errors.on(param.ty.ty, format!("`{scope}` cannot be a path, host or name; make it a `&str`"));
        }
        Some(_) => {}
    }
}
