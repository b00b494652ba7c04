//! Remarks, types and errors of a listing, collected once for every form.

use std::collections::{BTreeMap, BTreeSet};

use super::{ESCAPES, ErrorRow, FunctionRow, Listing, MethodRow, ParamRow};
use crate::spec::{Shape, TypeDef, handles_in, handles_in_def, short};

/// Marks a part of a remark as code, or makes it safe as text.
pub(super) struct Style {
    code: fn(&str) -> String,
    text: fn(&str) -> String,
    /// The names that several resources have.
    ambiguous: BTreeSet<String>,
}

impl Style {
    pub(super) fn new(listing: &Listing, code: fn(&str) -> String, text: fn(&str) -> String) -> Self {
        let functions = listing.functions.iter().map(|row| resources(&row.params, &row.reply, &row.types));
        let methods = listing.contracts.iter().flat_map(|contract| &contract.methods);
        let methods = methods.map(|row| resources(&row.params, &row.reply, &row.types));
        let all: BTreeSet<&str> = functions.chain(methods).flatten().collect();
        let (mut once, mut ambiguous) = (BTreeSet::new(), BTreeSet::new());
        for resource in all {
            let name = short(resource);
            if !once.insert(name.clone()) {
                ambiguous.insert(name);
            }
        }
        Style { code, text, ambiguous }
    }

    /// The Rust types of the resources whose names are ambiguous.
    fn handles(&self, params: &[ParamRow], reply: &Shape, types: &BTreeMap<String, TypeDef>) -> Vec<String> {
        if self.ambiguous.is_empty() {
            return Vec::new();
        }
        let found = resources(params, reply, types).into_iter();
        let found = found.map(|resource| (short(resource), resource));
        let found = found.filter(|(name, _)| self.ambiguous.contains(name));
        let remark = |(name, resource): (String, &str)| {
            format!("{} is a handle of {}", (self.code)(&format!("handle<{name}>")), (self.code)(resource))
        };
        found.map(remark).collect()
    }

    /// The remarks on a function: what it reaches, what could not be traced, its budgets.
    pub(super) fn function(&self, listing: &Listing, row: &FunctionRow) -> Vec<String> {
        let mut remarks: Vec<String> = listing.escapes(row).then(|| ESCAPES.to_owned()).into_iter().collect();
        remarks
            .extend(row.states.iter().map(|state| format!("reaches the instance's {}", (self.code)(state))));
        remarks.extend(self.handles(&row.params, &row.reply, &row.types));
        remarks.extend(self.opaque(row.opaque()));
        remarks.extend(row.max_args.map(|bytes| format!("takes at most {bytes} bytes")));
        remarks.extend(row.max_reply.map(|bytes| format!("replies at most {bytes} bytes")));
        remarks.extend(row.quota.map(|calls| format!("at most {calls} calls within one call from the host")));
        remarks.extend((row.since > 1).then(|| format!("since version {}", row.since)));
        remarks
    }

    pub(super) fn method(&self, row: &MethodRow) -> Vec<String> {
        let handles = self.handles(&row.params, &row.reply, &row.types).into_iter();
        handles.chain(self.opaque(row.opaque())).collect()
    }

    fn opaque<'r>(
        &self,
        parts: impl Iterator<Item = (&'r str, &'r str, &'r str)>,
    ) -> impl Iterator<Item = String> {
        parts.map(|(part, rust, reason)| {
            format!("{part} is opaque: {}: {}", (self.code)(rust), (self.text)(reason))
        })
    }
}

/// The resources of the handles in a signature, each once.
fn resources<'r>(
    params: &'r [ParamRow],
    reply: &'r Shape,
    types: &'r BTreeMap<String, TypeDef>,
) -> BTreeSet<&'r str> {
    let mut found = Vec::new();
    for param in params {
        handles_in(&param.shape, &mut found);
    }
    handles_in(reply, &mut found);
    for def in types.values() {
        handles_in_def(def, &mut found);
    }
    found.into_iter().collect()
}

/// Something that has a name of its own, and its users.
pub(super) struct Named<'r, T> {
    pub(super) name: &'r str,
    pub(super) is: &'r T,
    users: Vec<String>,
    /// True if there is another of this name.
    ambiguous: bool,
}

impl<T> Named<'_, T> {
    /// The users, of a name that several things have.
    pub(super) fn users(&self) -> Option<String> {
        self.ambiguous.then(|| self.users.join(", "))
    }
}

/// The named types of a listing, each once, sorted by name.
pub(super) fn types(listing: &Listing) -> Vec<Named<'_, TypeDef>> {
    let of_functions = listing
        .functions
        .iter()
        .flat_map(|row| row.types.iter().map(|(name, def)| (name, def, row.full_name())));
    let of_methods = listing.contracts.iter().flat_map(|contract| {
        let methods = contract.methods.iter();
        methods.flat_map(|row| row.types.iter().map(|(name, def)| (name, def, contract.full_name(row))))
    });
    each_once(of_functions.chain(of_methods))
}

/// The errors of a listing that say what they are, each once, sorted by name.
pub(super) fn errors(listing: &Listing) -> Vec<Named<'_, ErrorRow>> {
    let of_functions =
        listing.functions.iter().filter_map(|row| Some((row.error.as_ref()?, row.full_name())));
    let of_methods = listing.contracts.iter().flat_map(|contract| {
        let methods = contract.methods.iter();
        methods.filter_map(|row| Some((row.error.as_ref()?, contract.full_name(row))))
    });
    let all = of_functions.chain(of_methods).filter(|(error, _)| !error.kinds.is_empty());
    each_once(all.map(|(error, user)| (&error.name, error, user)))
}

fn each_once<'r, T: PartialEq>(all: impl Iterator<Item = (&'r String, &'r T, String)>) -> Vec<Named<'r, T>> {
    let mut once: Vec<Named<'r, T>> = Vec::new();
    for (name, is, user) in all {
        match once.iter_mut().find(|other| other.name == name && other.is == is) {
            Some(same) => same.users.push(user),
            None => once.push(Named { name, is, users: vec![user], ambiguous: false }),
        }
    }
    once.sort_by(|a, b| (a.name, &a.users).cmp(&(b.name, &b.users)));
    for i in 1..once.len() {
        if once[i - 1].name == once[i].name {
            once[i - 1].ambiguous = true;
            once[i].ambiguous = true;
        }
    }
    once
}
