//! The host's modules, as a script imports from them.

use std::collections::BTreeMap;

use hostfn_bindgen::javascript::{export_name, specifier};
use hostfn_core::FunctionRow;

use crate::names;

/// The functions of each module of the host, by their names in JavaScript.
pub(crate) struct HostModules<'l> {
    pub(crate) modules: BTreeMap<String, Vec<(String, &'l FunctionRow)>>,
}

pub(crate) enum Found<'l> {
    One(&'l FunctionRow),
    Two(&'l FunctionRow, &'l FunctionRow),
    None,
}

impl<'l> HostModules<'l> {
    pub(crate) fn new(functions: &'l [FunctionRow]) -> Self {
        let mut modules: BTreeMap<String, Vec<(String, &FunctionRow)>> = BTreeMap::new();
        for row in functions {
            modules.entry(specifier(row)).or_default().push((export_name(row), row));
        }
        HostModules { modules }
    }

    pub(crate) fn find(&self, specifier: &str, name: &str) -> Found<'l> {
        let Some(functions) = self.modules.get(specifier) else { return Found::None };
        // a function of the host with the name of an alias comes first
        let has_own = functions.iter().any(|(known, _)| known == name);
        let alias = names::alias(specifier, name).filter(|_| !has_own);
        let wanted = alias.map_or(name, |alias| alias.stands_for);
        let mut found = functions.iter().filter(|(known, _)| known == wanted).map(|(_, row)| *row);
        match (found.next(), found.next()) {
            (Some(row), None) => Found::One(row),
            (Some(a), Some(b)) => Found::Two(a, b),
            (None, _) => Found::None,
        }
    }
}
