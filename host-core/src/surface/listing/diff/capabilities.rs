use super::{Change, Class, Item, Subject, side_by_side};
use crate::surface::{CapabilityRow, Listing};

pub(super) fn compare(old: &Listing, new: &Listing, changes: &mut Vec<Change>) {
    for (name, sides) in side_by_side(&old.capabilities, &new.capabilities, |row| &row.name) {
        let (file, line) = sides.1.or(sides.0).map_or(("", 0), |row| (&*row.file, row.line));
        let subject = Subject::nowhere(Item::Capability, name.clone(), changes);
        let mut subject = Subject { file, line, ..subject };
        match sides {
            (Some(old), Some(new)) => both(old, new, &mut subject),
            (None, Some(new)) => {
                subject.add(Class::Widens, "new capability", None, Some(described(new)));
            }
            (Some(old), None) => {
                subject.add(
                    Class::Breaks,
                    "removed; grants that name it are refused",
                    Some(described(old)),
                    None,
                );
            }
            (None, None) => {}
        }
    }
}

fn described(row: &CapabilityRow) -> String {
    match row.scope.as_str() {
        NO_SCOPE => row.about.clone(),
        scope => format!("{} (in {scope})", row.about),
    }
}

const NO_SCOPE: &str = "none";

fn both(old: &CapabilityRow, new: &CapabilityRow, subject: &mut Subject<'_>) {
    match (old.scope.as_str(), new.scope.as_str()) {
        (old, new) if old == new => {}
        (old, NO_SCOPE) => subject.changed(Class::Widens, "scope removed", old, NO_SCOPE),
        (NO_SCOPE, new) => subject.changed(Class::Narrows, "scope added", NO_SCOPE, new),
        (old, new) => {
            subject.changed(Class::Breaks, "scope of another kind; existing patterns are rejected", old, new);
        }
    }
    match (old.escapes, new.escapes) {
        (false, true) => subject.changed(Class::Widens, "escapes the sandbox", "no", "yes"),
        (true, false) => subject.changed(Class::Narrows, "escapes the sandbox", "yes", "no"),
        _ => {}
    }
    subject.if_differs(Class::Docs, "meaning", &old.about, &new.about);
    if let (Some(old), Some(new)) = (&old.granted, &new.granted)
        && old != new
    {
        let (class, what) = match (old.as_str(), new.as_str()) {
            (_, "no") => (Class::Narrows, "no longer granted"),
            ("no", _) => (Class::Widens, "granted"),
            ("everything", _) => (Class::Narrows, "granted for less"),
            _ => (Class::Widens, "granted for something else"),
        };
        subject.changed(class, what, old, new);
    }
}
