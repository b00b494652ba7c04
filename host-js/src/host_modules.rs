//! The host's modules, as a script imports from them.

use std::collections::BTreeMap;

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
            modules.entry(names::specifier(row)).or_default().push((names::export(row), row));
        }
        HostModules { modules }
    }

    pub(crate) fn find(&self, specifier: &str, name: &str) -> Found<'l> {
        let Some(functions) = self.modules.get(specifier) else { return Found::None };
        let wanted = names::aliased(specifier, name);
        let mut found = functions.iter().filter(|(known, _)| known == wanted).map(|(_, row)| *row);
        match (found.next(), found.next()) {
            (Some(row), None) => Found::One(row),
            (Some(a), Some(b)) => Found::Two(a, b),
            (None, _) => Found::None,
        }
    }
}
