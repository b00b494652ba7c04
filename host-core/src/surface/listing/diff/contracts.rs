use super::types::{self, Signature};
use super::{Change, Class, Item, Subject, side_by_side};
use crate::surface::{ContractRow, Listing, MethodRow};

pub(super) fn compare(old: &Listing, new: &Listing, changes: &mut Vec<Change>) {
    let same_abi = old.abi == new.abi;
    for (old, new) in side_by_side(&old.contracts, &new.contracts, |row| &row.id).into_values() {
        match (old, new) {
            (Some(old), Some(new)) => both(old, new, same_abi, changes),
            (None, Some(new)) => {
                of(new, new.id.clone(), changes).add(
                    Class::Docs,
                    "new contract; guests need not have it",
                    None,
                    None,
                );
            }
            (Some(old), None) => {
                let what = "removed; manifests that implement it are refused";
                of(old, old.id.clone(), changes).add(Class::Breaks, what, None, None);
            }
            (None, None) => {}
        }
    }
}

fn of<'c>(row: &'c ContractRow, name: String, changes: &'c mut Vec<Change>) -> Subject<'c> {
    let outside = row.outside.as_ref().map(|version| format!("{} {version}", row.krate));
    let subject = Subject::nowhere(Item::Contract, name, changes);
    Subject { file: &row.file, line: row.line, outside, ..subject }
}

fn both(old: &ContractRow, new: &ContractRow, same_abi: bool, changes: &mut Vec<Change>) {
    let mut subject = of(new, new.id.clone(), changes);
    let package =
        |row: &ContractRow| row.outside.as_ref().map_or(row.krate.clone(), |v| format!("{} {v}", row.krate));
    subject.if_differs(Class::Docs, "declared by", &package(old), &package(new));
    subject.if_differs(Class::Docs, "documentation", &old.summary, &new.summary);
    for (_, (before, now)) in side_by_side(&old.methods, &new.methods, |method| &method.name) {
        match (before, now) {
            (Some(before), Some(now)) => {
                methods(before, now, same_abi, &mut of(new, new.full_name(now), changes));
            }
            (None, Some(now)) => {
                let what = "new method; existing guests lack it";
                of(new, new.full_name(now), changes).add(Class::Breaks, what, None, Some(now.signature()));
            }
            (Some(before), None) => {
                let mut subject = of(new, new.full_name(before), changes);
                subject.add(Class::Breaks, "method removed", Some(before.signature()), None);
            }
            (None, None) => {}
        }
    }
}

fn methods(old: &MethodRow, new: &MethodRow, same_abi: bool, subject: &mut Subject<'_>) {
    let before = subject.changes.len();
    subject.if_differs(Class::Breaks, "entry renamed", &old.entry, &new.entry);
    types::compare(&Signature::of_method(old), &Signature::of_method(new), subject);
    if subject.changes.len() == before && same_abi && old.fingerprint != new.fingerprint {
        subject.changed(Class::Surprises, "fingerprint changed", &old.fingerprint, &new.fingerprint);
    }
    types::error_docs(old.error.as_ref(), new.error.as_ref(), subject);
    subject.if_differs(Class::Docs, "documentation", &old.summary, &new.summary);
}
