//! Differences of parameters and replies. The loader's rules decide whether a change breaks a plugin.

use std::collections::BTreeMap;

use super::{Class, Subject};
use crate::spec::{Body, Field, Shape, TypeDef, Variant, short};
use crate::surface::drift::diff::{Differences, Part, Way, differences};
use crate::surface::drift::terms::Terms;
use crate::surface::{ErrorRow, FunctionRow, MethodRow, ParamRow};

/// The common part of functions and methods.
pub(super) struct Signature<'l> {
    terms: Terms<'l>,
    error: Option<&'l ErrorRow>,
    /// The way of the arguments.
    args: Way,
}

impl<'l> Signature<'l> {
    pub(super) fn new(row: &'l FunctionRow) -> Self {
        Signature { terms: Terms::of_function(row), error: row.error.as_ref(), args: Way::In }
    }

    pub(super) fn of_method(row: &'l MethodRow) -> Self {
        Signature { terms: Terms::of_method(row), error: row.error.as_ref(), args: Way::Out }
    }
}

/// The changes for which a host refuses a plugin that was built against the old, and those that a change in this listing
/// accounts for.
struct Rules {
    breaking: BTreeMap<Part, (String, bool)>,
    /// The class of a change that breaks nothing: words, where nothing on the wire changed.
    otherwise: Class,
}

impl Rules {
    fn new(old: &Signature<'_>, new: &Signature<'_>) -> Self {
        let Differences { breaking, tolerated } = differences(&old.terms, &new.terms, old.args);
        let otherwise = if tolerated { Class::Surprises } else { Class::Docs };
        let breaking = breaking.into_iter().map(|found| (found.part, (found.what, false))).collect();
        Rules { breaking, otherwise }
    }

    /// The class of a change of this part.
    fn class(&mut self, kind: &str, name: &str) -> Class {
        match self.breaking.get_mut(&Part::new(kind, name)) {
            Some((_, shown)) => {
                *shown = true;
                Class::Breaks
            }
            None => self.otherwise,
        }
    }

    /// Returns whether a change of this kind breaks, whatever its name.
    fn any_breaks(&self, kind: &str) -> bool {
        self.breaking.keys().any(|part| part.kind == kind)
    }

    /// Adds what breaks and has no change of its own: it is in a type that has another name now.
    fn finish(self, subject: &mut Subject<'_>) {
        for (what, _) in self.breaking.into_values().filter(|(_, shown)| !shown) {
            subject.add(Class::Breaks, what, None, None);
        }
    }
}

pub(super) fn compare(old: &Signature<'_>, new: &Signature<'_>, subject: &mut Subject<'_>) {
    let mut rules = Rules::new(old, new);
    let (then, now) = (&old.terms, &new.terms);
    if then.convention != now.convention {
        let class = rules.class("convention", "");
        subject.changed(class, "called in another way", then.convention, now.convention);
    }
    let param = |param: &ParamRow| (param.name.clone(), format!(": {}", shape_text(&param.shape)));
    let listed = |params: &[ParamRow]| params.iter().map(param).collect::<Vec<_>>();
    parts("parameter", &listed(then.params), &listed(now.params), &mut rules, subject);
    let (old_reply, new_reply) = (shape_text(then.reply), shape_text(now.reply));
    if old_reply != new_reply {
        subject.changed(rules.class("reply", ""), "reply type changed", old_reply, new_reply);
    }
    errors(old.error, new.error, &mut rules, subject);
    for (name, def) in then.types {
        match now.types.get(name) {
            Some(now) if now != def => type_changed(name, def, now, &mut rules, subject),
            _ => {}
        }
    }
    rules.finish(subject);
}

/// A shape's text, with the type's name where it could not be traced: the reason is no part of the type.
fn shape_text(shape: &Shape) -> String {
    match shape {
        Shape::Opaque { rust, .. } => format!("opaque {}", short(rust)),
        shape => shape.to_string(),
    }
}

/// Named parts in order, each with what stands behind its name.
fn parts(
    kind: &str,
    old: &[(String, String)],
    new: &[(String, String)],
    rules: &mut Rules,
    subject: &mut Subject<'_>,
) {
    let find = |parts: &[(String, String)], name: &str| parts.iter().position(|part| part.0 == name);
    let shown = |(name, shape): &(String, String)| format!("{name}{shape}");
    if let Some(at) = only_renamed(old, new) {
        // both names are accounted for
        let class = rules.class(kind, &old[at].0).min(rules.class(kind, &new[at].0));
        return subject.changed(class, format!("{kind} renamed"), shown(&old[at]), shown(&new[at]));
    }
    for part in old {
        match find(new, &part.0) {
            None => {
                let class = rules.class(kind, &part.0);
                subject.add(class, format!("{kind} removed"), Some(shown(part)), None);
            }
            Some(at) if new[at].1 != part.1 => {
                let class = rules.class(kind, &part.0);
                subject.changed(class, format!("{kind} type changed"), shown(part), shown(&new[at]));
            }
            Some(_) => {}
        }
    }
    for part in new.iter().filter(|part| find(old, &part.0).is_none()) {
        let class = rules.class(kind, &part.0);
        subject.add(class, format!("{kind} added"), None, Some(shown(part)));
    }
    let kept: Vec<usize> = old.iter().filter_map(|part| find(new, &part.0)).collect();
    if !kept.is_sorted() {
        let order = |parts: &[(String, String)]| {
            parts.iter().map(|part| part.0.as_str()).collect::<Vec<_>>().join(", ")
        };
        // fields, variants and errors go by their names, and parameters by their places
        let class = if kind == "parameter" && rules.any_breaks(kind) { Class::Breaks } else { Class::Docs };
        for part in old {
            rules.class(kind, &part.0);
        }
        subject.changed(class, format!("{kind} order changed"), order(old), order(new));
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

fn errors(old: Option<&ErrorRow>, new: Option<&ErrorRow>, rules: &mut Rules, subject: &mut Subject<'_>) {
    let name = |error: Option<&ErrorRow>| error.map_or_else(|| "none".to_owned(), |error| error.name.clone());
    if old.is_some() == new.is_some() {
        subject.if_differs(Class::Docs, "error type's name", &name(old), &name(new));
    } else {
        subject.changed(Class::Surprises, "error type changed", name(old), name(new));
    }
    let kinds = |error: Option<&ErrorRow>| -> Vec<(String, String)> {
        let kinds = error.into_iter().flat_map(|error| &error.kinds);
        kinds.map(|kind| (kind.code.clone(), format!(" ({})", kind.status))).collect()
    };
    parts("error", &kinds(old), &kinds(new), rules, subject);
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

fn type_changed(name: &str, old: &TypeDef, new: &TypeDef, rules: &mut Rules, subject: &mut Subject<'_>) {
    match (old, new) {
        (TypeDef::Struct(Body::Fields(old)), TypeDef::Struct(Body::Fields(new))) => {
            parts(&format!("field of {name}"), &fields(old), &fields(new), rules, subject);
        }
        (TypeDef::Enum(old), TypeDef::Enum(new)) => {
            parts(&format!("variant of {name}"), &variants(old), &variants(new), rules, subject);
        }
        // the path of a handle's resource is no part of the type
        (old, new) => {
            let (old, new) = (old.to_string(), new.to_string());
            if old != new {
                subject.changed(rules.class("type", name), format!("type {name} changed"), old, new);
            }
        }
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
