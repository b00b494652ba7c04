//! Checks of a declaration. One rule, one function.

use hostfn_abi::names;

use super::model::{Capability, KINDS, KINDS_ARE, Kind};
use crate::errors::{Errors, nearest};

pub fn all(capabilities: &[Capability<'_>], errors: &mut Errors) {
    each_once(capabilities, errors);
    for capability in capabilities {
        name(capability, errors);
        about(capability, errors);
        kind(capability, errors);
    }
}

fn each_once(capabilities: &[Capability<'_>], errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for name in capabilities.iter().filter_map(|capability| capability.name.as_ref()) {
        if seen.contains(&name.value.as_str()) {
            errors.on(name.lit, format!("duplicate capability `{}`; keep one", name.value));
        }
        seen.push(&name.value);
    }
}

fn name(capability: &Capability<'_>, errors: &mut Errors) {
    if let Some(name) = capability.name.as_ref().filter(|name| !name.is_valid) {
        errors.on(name.lit, format!("invalid capability name; {}", names::DOTTED_REMEDY));
    }
}

fn about(capability: &Capability<'_>, errors: &mut Errors) {
    if capability.about.is_empty() {
        errors.on(
            capability.ident,
            "missing doc comment; write what a plugin may do, such as `/// Read files.`",
        );
    }
}

fn kind(capability: &Capability<'_>, errors: &mut Errors) {
    if let Some(kind) = capability.kind.filter(|kind| Kind::from_ident(kind).is_none()) {
        let spelt = kind.to_string();
        let help = nearest(&spelt, KINDS)
            .map_or_else(|| KINDS_ARE.to_owned(), |near| format!("did you mean `{near}`?"));
        errors.on(kind, format!("unknown scope kind `{spelt}`; {help}"));
    }
}
