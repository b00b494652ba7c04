//! Differences of parameters and replies.

use std::collections::BTreeMap;

use super::{Class, Subject};
use crate::spec::{Body, Field, Shape, TypeDef, Variant, short};
use crate::surface::{ErrorRow, FunctionRow, MethodRow, ParamRow};

/// The common part of functions and methods.
pub(super) struct Signature<'l> {
    pub(super) convention: &'l str,
    pub(super) params: &'l [ParamRow],
    pub(super) reply: &'l Shape,
    pub(super) error: Option<&'l ErrorRow>,
    pub(super) types: &'l BTreeMap<String, TypeDef>,
}

impl<'l> Signature<'l> {
    pub(super) fn new(row: &'l FunctionRow) -> Self {
        let FunctionRow { convention, params, reply, error, types, .. } = row;
        Signature { convention, params, reply, error: error.as_ref(), types }
    }

    pub(super) fn of_method(row: &'l MethodRow) -> Self {
        let MethodRow { convention, params, reply, error, types, .. } = row;
        Signature { convention, params, reply, error: error.as_ref(), types }
    }
}

/// All of these break: who was built against the old would be misunderstood.
pub(super) fn compare(old: &Signature<'_>, new: &Signature<'_>, subject: &mut Subject<'_>) {
    if old.convention != new.convention {
        subject.changed(Class::Breaks, "called in another way", old.convention, new.convention);
    }
    let param = |param: &ParamRow| (param.name.clone(), format!(": {}", shape_text(&param.shape)));
    let listed = |params: &[ParamRow]| params.iter().map(param).collect::<Vec<_>>();
    parts("parameter", &listed(old.params), &listed(new.params), subject);
    let (old_reply, new_reply) = (shape_text(old.reply), shape_text(new.reply));
    subject.if_differs(Class::Breaks, "reply type changed", &old_reply, &new_reply);
    errors(old.error, new.error, subject);
    for (name, def) in old.types {
        match new.types.get(name) {
            Some(now) if now != def => type_changed(name, def, now, subject),
            _ => {}
        }
    }
}

/// A shape's text, with the type's name where it could not be traced: the reason is no part of the type.
fn shape_text(shape: &Shape) -> String {
    match shape {
        Shape::Opaque { rust, .. } => format!("opaque {}", short(rust)),
        shape => shape.to_string(),
    }
}

/// Named parts in order, each with what stands behind its name.
fn parts(kind: &str, old: &[(String, String)], new: &[(String, String)], subject: &mut Subject<'_>) {
    let find = |parts: &[(String, String)], name: &str| parts.iter().position(|part| part.0 == name);
    let shown = |(name, shape): &(String, String)| format!("{name}{shape}");
    if let Some(at) = only_renamed(old, new) {
        return subject.changed(Class::Breaks, format!("{kind} renamed"), shown(&old[at]), shown(&new[at]));
    }
    for part in old {
        match find(new, &part.0) {
            None => subject.add(Class::Breaks, format!("{kind} removed"), Some(shown(part)), None),
            Some(at) if new[at].1 != part.1 => {
                subject.changed(Class::Breaks, format!("{kind} type changed"), shown(part), shown(&new[at]));
            }
            Some(_) => {}
        }
    }
    for part in new.iter().filter(|part| find(old, &part.0).is_none()) {
        subject.add(Class::Breaks, format!("{kind} added"), None, Some(shown(part)));
    }
    let kept: Vec<usize> = old.iter().filter_map(|part| find(new, &part.0)).collect();
    if !kept.is_sorted() {
        let order = |parts: &[(String, String)]| {
            parts.iter().map(|part| part.0.as_str()).collect::<Vec<_>>().join(", ")
        };
        subject.changed(Class::Breaks, format!("{kind} order changed"), order(old), order(new));
    }
}

/// Returns where the one part is that has another name, if nothing else changed.
fn only_renamed(old: &[(String, String)], new: &[(String, String)]) -> Option<usize> {
    let differ = |at: &usize| old[*at] != new[*at];
    let mut differing = (0..old.len().min(new.len())).filter(differ);
    let at = differing.next().filter(|at| old.len() == new.len() && old[*at].1 == new[*at].1)?;
    let elsewhere = old.iter().any(|part| part.0 == new[at].0) || new.iter().any(|part| part.0 == old[at].0);
    (differing.next().is_none() && !elsewhere).then_some(at)
}

fn errors(old: Option<&ErrorRow>, new: Option<&ErrorRow>, subject: &mut Subject<'_>) {
    let name = |error: Option<&ErrorRow>| error.map_or_else(|| "none".to_owned(), |error| error.name.clone());
    if old.is_some() == new.is_some() {
        subject.if_differs(Class::Docs, "error type's name", &name(old), &name(new));
    } else {
        subject.changed(Class::Breaks, "error type changed", name(old), name(new));
    }
    let kinds = |error: Option<&ErrorRow>| -> Vec<(String, String)> {
        let kinds = error.into_iter().flat_map(|error| &error.kinds);
        kinds.map(|kind| (kind.code.clone(), format!(" ({})", kind.status))).collect()
    };
    parts("error", &kinds(old), &kinds(new), subject);
}

pub(super) fn error_docs(old: Option<&ErrorRow>, new: Option<&ErrorRow>, subject: &mut Subject<'_>) {
    let (Some(old), Some(new)) = (old, new) else { return };
    for kind in &old.kinds {
        if let Some(now) = new.kinds.iter().find(|now| now.code == kind.code) {
            let what = format!("documentation of error {}", kind.code);
            subject.if_differs(Class::Docs, &what, &kind.docs, &now.docs);
        }
    }
}

fn type_changed(name: &str, old: &TypeDef, new: &TypeDef, subject: &mut Subject<'_>) {
    match (old, new) {
        (TypeDef::Struct(Body::Fields(old)), TypeDef::Struct(Body::Fields(new))) => {
            parts(&format!("field of {name}"), &fields(old), &fields(new), subject);
        }
        (TypeDef::Enum(old), TypeDef::Enum(new)) => {
            parts(&format!("variant of {name}"), &variants(old), &variants(new), subject);
        }
        // the path of a handle's resource is no part of the type
        (old, new) => subject.if_differs(
            Class::Breaks,
            &format!("type {name} changed"),
            &old.to_string(),
            &new.to_string(),
        ),
    }
}

fn fields(fields: &[Field]) -> Vec<(String, String)> {
    fields.iter().map(|field| (field.name.clone(), format!(": {}", shape_text(&field.shape)))).collect()
}

fn variants(variants: &[Variant]) -> Vec<(String, String)> {
    variants.iter().map(|variant| (variant.name.clone(), variant.body.to_string())).collect()
}

/// Takes out what is no part of a type.
pub(super) fn forget_reasons(params: &mut [ParamRow], reply: &mut Shape) {
    for shape in params.iter_mut().map(|param| &mut param.shape).chain([reply]) {
        if let Shape::Opaque { rust, reason } = shape {
            *rust = short(rust);
            reason.clear();
        }
    }
}
