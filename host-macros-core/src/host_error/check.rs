//! Checks of an error type. One rule, one function.

use super::args::Status;
use super::model::{ErrorType, Kind};
use crate::errors::Errors;

pub fn all(error: &ErrorType<'_>, errors: &mut Errors) {
    misplaced(error, errors);
    for kind in &error.kinds {
        transparent(kind, errors);
        scope_value(kind, errors);
    }
    codes(&error.kinds, errors);
}

fn misplaced(error: &ErrorType<'_>, errors: &mut Errors) {
    for attr in &error.misplaced {
        errors.on(attr, "an enum has no status or code of its own; move the attribute to a variant");
    }
}

fn transparent(kind: &Kind<'_>, errors: &mut Errors) {
    let Status::Transparent(keyword) = &kind.status else {
        return;
    };
    if kind.inner.is_none() {
        errors.on(keyword, "`#[status(transparent)]` requires exactly one field");
    }
    if let Some(code) = kind.code_attr {
        errors.on(code, "`#[code]` conflicts with `#[status(transparent)]`; remove it");
    }
}

fn scope_value(kind: &Kind<'_>, errors: &mut Errors) {
    for (at, value) in kind.scope_values.iter().enumerate() {
        if value.has_arguments {
            errors.on(value.attr, "`#[scope_value]` takes no arguments; write `#[scope_value]`");
        }
        if at > 0 {
            errors.on(value.attr, "an error has one scope value; keep one `#[scope_value]`");
        }
        if kind.is_transparent() {
            errors.on(value.attr, "`#[scope_value]` conflicts with `#[status(transparent)]`; remove it");
        }
    }
}

/// Guests tell the kinds apart by code.
fn codes(kinds: &[Kind<'_>], errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for kind in kinds.iter().filter(|kind| !kind.is_transparent()) {
        let code = kind.code.value();
        if seen.contains(&code) {
            errors
                .on(&kind.code, format!("duplicate error code `{code}`; change one with `#[code(\"...\")]`"));
        }
        seen.push(code);
    }
}
