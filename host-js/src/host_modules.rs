//! The host's modules, as a script imports from them.

use std::collections::BTreeMap;

use hostfn_bindgen::javascript::{ALIASES, Alias, export_name, specifier};
use hostfn_core::FunctionRow;

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
        let wanted = self.alias(specifier, name).map_or(name, |alias| alias.stands_for);
        let mut found = functions.iter().filter(|(known, _)| known == wanted).map(|(_, row)| *row);
        match (found.next(), found.next()) {
            (Some(row), None) => Found::One(row),
            (Some(a), Some(b)) => Found::Two(a, b),
            (None, _) => Found::None,
        }
    }

    /// The function that the alias `name` calls where it is asked for something in memory.
    pub(crate) fn in_memory(&self, specifier: &str, name: &str) -> Option<&'l FunctionRow> {
        let in_memory = self.alias(specifier, name)?.in_memory?;
        match self.find(specifier, in_memory) {
            Found::One(row) => Some(row),
            _ => None,
        }
    }

    /// The alias, unless the host has a function of that name.
    fn alias(&self, specifier: &str, name: &str) -> Option<&'static Alias> {
        let has_own = self.modules.get(specifier)?.iter().any(|(known, _)| known == name);
        ALIASES.iter().find(|alias| alias.specifier == specifier && alias.name == name && !has_own)
    }
}
