use std::collections::{BTreeMap, BTreeSet};

use super::types::{self, Signature};
use super::{Change, Class, Item, Subject, side_by_side};
use crate::surface::{FunctionRow, Listing};

pub(super) fn compare(old: &Listing, new: &Listing, changes: &mut Vec<Change>) {
    let sides = side_by_side(&old.functions, &new.functions, |row| (&row.module, &row.name));
    let removed = sides.values().filter(|sides| sides.1.is_none()).filter_map(|sides| sides.0);
    let added = sides.values().filter(|sides| sides.0.is_none()).filter_map(|sides| sides.1);
    let renamed = renamed(removed, added);
    let renamed_to: BTreeSet<Key<'_>> = renamed.values().map(|new| key(new)).collect();
    let same_abi = old.abi == new.abi;
    for (old, new) in sides.values() {
        match (old, new) {
            (Some(old), Some(new)) => both(old, new, same_abi, &mut of(new, changes)),
            (Some(old), None) => match renamed.get(&key(old)) {
                Some(new) => of(old, changes).add(Class::Breaks, "renamed", None, Some(new.full_name())),
                None => of(old, changes).add(Class::Breaks, "removed", Some(described(old)), None),
            },
            (None, Some(new)) if renamed_to.contains(&key(new)) => {}
            (None, Some(new)) => added_now(new, &mut of(new, changes)),
            (None, None) => {}
        }
    }
    unregistered(old, new, changes);
}

type Key<'l> = (&'l str, &'l str);

fn key(row: &FunctionRow) -> Key<'_> {
    (&row.module, &row.name)
}

fn of<'c>(row: &'c FunctionRow, changes: &'c mut Vec<Change>) -> Subject<'c> {
    let subject = Subject::nowhere(Item::Function, row.full_name(), changes);
    Subject { file: &row.file, line: row.line, outside: row.package_from_outside(), ..subject }
}

fn described(row: &FunctionRow) -> String {
    let mut text = format!("{}, {}", row.signature(), required(row));
    if let Some(package) = row.package_from_outside() {
        text += &format!(", from {package}, outside the workspace");
    }
    text
}

fn required(row: &FunctionRow) -> String {
    match &row.capability {
        None => "always available".to_owned(),
        Some(_) => format!("requires {}", row.requirement()),
    }
}

fn added_now(row: &FunctionRow, subject: &mut Subject<'_>) {
    subject.add(Class::Widens, "new function", None, Some(described(row)));
}

/// The functions that are there under another name, and the same in all else, documentation included. Without that,
/// or where it could be more than one, a new function is new: what widens must not hide behind what breaks.
fn renamed<'l>(
    removed: impl Iterator<Item = &'l FunctionRow>,
    added: impl Iterator<Item = &'l FunctionRow>,
) -> BTreeMap<Key<'l>, &'l FunctionRow> {
    let mut alike: BTreeMap<String, (Vec<&FunctionRow>, Vec<&FunctionRow>)> = BTreeMap::new();
    for row in removed {
        alike.entry(all_but_the_name(row)).or_default().0.push(row);
    }
    for row in added.filter(|row| !row.summary.is_empty()) {
        alike.entry(all_but_the_name(row)).or_default().1.push(row);
    }
    let pairs = alike.into_values().filter_map(|(old, new)| match (&*old, &*new) {
        ([old], [new]) => Some((key(old), *new)),
        _ => None,
    });
    pairs.collect()
}

fn all_but_the_name(row: &FunctionRow) -> String {
    let mut row = row.clone();
    row.module = String::new();
    row.name = String::new();
    row.fingerprint = String::new();
    row.file = String::new();
    row.line = 0;
    types::forget_reasons(&mut row.params, &mut row.reply);
    format!("{row:?}")
}

fn both(old: &FunctionRow, new: &FunctionRow, same_abi: bool, subject: &mut Subject<'_>) {
    requirement(old, new, subject);
    budget("max_args", "bytes", old.max_args, new.max_args, subject);
    budget("max_reply", "bytes", old.max_reply, new.max_reply, subject);
    budget("quota", "calls", old.quota, new.quota, subject);
    states(old, new, subject);
    let before = subject.changes.len();
    types::compare(&Signature::new(old), &Signature::new(new), subject);
    if subject.changes.len() == before && same_abi && old.fingerprint != new.fingerprint {
        subject.changed(Class::Surprises, "fingerprint changed", &old.fingerprint, &new.fingerprint);
    }
    types::error_docs(old.error.as_ref(), new.error.as_ref(), subject);
    provenance(old, new, subject);
    subject.if_differs(Class::Docs, "since", &old.since, &new.since);
    subject.if_differs(Class::Docs, "documentation", &old.summary, &new.summary);
}

fn requirement(old: &FunctionRow, new: &FunctionRow, subject: &mut Subject<'_>) {
    let (class, what) = match (&old.capability, &new.capability) {
        (Some(_), None) => (Class::Widens, "capability dropped"),
        (None, Some(_)) => (Class::Narrows, "capability required"),
        (Some(a), Some(b)) if a != b => (Class::Widens, "another capability required"),
        _ => match (&old.scoped_param, &new.scoped_param) {
            (a, b) if a == b => return,
            (Some(_), None) => (Class::Widens, "scope removed"),
            (None, _) => (Class::Narrows, "scope added"),
            (Some(_), Some(_)) => (Class::Widens, "scope matched against another parameter"),
        },
    };
    subject.changed(class, what, old.requirement(), new.requirement());
}

fn budget(name: &str, unit: &str, old: Option<u32>, new: Option<u32>, subject: &mut Subject<'_>) {
    let text =
        |limit: Option<u32>| limit.map_or_else(|| "no limit".to_owned(), |most| format!("{most} {unit}"));
    let (class, what) = match (old, new) {
        (old, new) if old == new => return,
        (_, None) => (Class::Widens, "removed"),
        (None, _) => (Class::Narrows, "added"),
        (Some(old), Some(new)) if new > old => (Class::Widens, "raised"),
        _ => (Class::Narrows, "lowered"),
    };
    subject.changed(class, format!("{name} {what}"), text(old), text(new));
}

fn states(old: &FunctionRow, new: &FunctionRow, subject: &mut Subject<'_>) {
    let (before, now): (BTreeSet<_>, BTreeSet<_>) =
        (old.states.iter().collect(), new.states.iter().collect());
    for state in now.difference(&before) {
        subject.add(Class::Widens, "reaches another state", None, Some((*state).clone()));
    }
    for state in before.difference(&now) {
        subject.add(Class::Narrows, "no longer reaches a state", Some((*state).clone()), None);
    }
}

/// Compares the provenance of a function.
fn provenance(old: &FunctionRow, new: &FunctionRow, subject: &mut Subject<'_>) {
    let package = |row: &FunctionRow| row.package_from_outside().unwrap_or_else(|| row.krate.clone());
    if old.krate != new.krate || old.outside.is_some() != new.outside.is_some() {
        let (class, what) = match new.outside {
            Some(_) => (Class::Widens, "provided from outside the workspace now"),
            None => (Class::Docs, "provided by another package"),
        };
        subject.changed(class, what, package(old), package(new));
    } else {
        subject.if_differs(Class::Docs, "version of its package", &package(old), &package(new));
    }
    let group = |row: &FunctionRow| row.group.clone().unwrap_or_else(|| "none".to_owned());
    subject.if_differs(Class::Docs, "group", &group(old), &group(new));
    subject.if_differs(Class::Docs, "registered by", &old.origin, &new.origin);
}

fn unregistered(old: &Listing, new: &Listing, changes: &mut Vec<Change>) {
    let sides =
        side_by_side(&old.unregistered, &new.unregistered, |row| (&row.module, &row.name, &row.krate));
    for (old, new) in sides.into_values() {
        let (row, what) = match (old, new) {
            (None, Some(new)) => (new, "linked now, and not registered"),
            (Some(old), None) => (old, "no longer linked and not registered"),
            _ => continue,
        };
        let outside = row.outside.as_ref().map(|version| format!("{} {version}", row.krate));
        let subject = Subject::nowhere(Item::Unregistered, row.full_name(), changes);
        let mut subject = Subject { file: &row.file, line: row.line, outside, ..subject };
        subject.add(Class::Docs, what, None, None);
    }
}
