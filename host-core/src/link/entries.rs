//! Entries of a contract that a plugin does not export, or that it exports for another version of the contract.

use crate::error::{Code, Problem, printable};
use crate::spec::{ContractSpec, MethodSpec};
use crate::surface::{ContractRow, EntryRecord};

/// So many problems are found before the rest is left: a hostile plugin can carry thousands of records.
const MOST: usize = 64;

/// Returns a problem (`H0312`) for each entry of a contract that a plugin lacks. `export` returns `None` for an entry that
/// the module does not export, and otherwise whether it is a function `(i32, i32) -> i64`.
pub fn missing_entries(
    plugin: &str,
    contract: &ContractSpec,
    mut export: impl FnMut(&str) -> Option<bool>,
) -> Vec<Problem> {
    let missing = |method: &MethodSpec| {
        let found = export(method.entry());
        let problem = missing_entry(plugin, contract.id(), (method.name(), method.entry()), found)?;
        Some(problem.caused_at(contract.location()))
    };
    contract.methods().iter().filter_map(missing).collect()
}

/// The same of a listed contract, and what [`drifted_entries`] finds: everything for which a host does not call the plugin
/// by it.
pub fn unfulfilled(
    plugin: &str,
    contract: &ContractRow,
    records: &[EntryRecord],
    mut export: impl FnMut(&str) -> Option<bool>,
) -> Vec<Problem> {
    let methods = contract.methods.iter();
    let missing = methods.filter_map(|method| {
        missing_entry(plugin, &contract.id, (&method.name, &method.entry), export(&method.entry))
    });
    let mut problems: Vec<Problem> = missing.collect();
    problems.extend(drifted_entries(plugin, records, contract));
    problems
}

fn missing_entry(
    plugin: &str,
    contract: &str,
    (method, entry): (&str, &str),
    found: Option<bool>,
) -> Option<Problem> {
    let what = not_an_entry(found)?;
    let what = format!("it is the method `{}` of the {}, and {what}", printable(method), named(contract));
    Some(Problem::new(Code::EntryMissing, place_of_export(plugin, entry), what, EXPORT_IT))
}

/// Returns the problems (`H0321` to `H0326`) of a plugin whose records of entries differ from this contract so that the
/// plugin does not fit it. Records of other contracts do not count.
pub fn drifted_entries(plugin: &str, records: &[EntryRecord], contract: &ContractRow) -> Vec<Problem> {
    let plugin = format!("plugin `{plugin}`");
    let mut problems = Vec::new();
    for record in records.iter().filter(|record| record.contract() == contract.id) {
        problems.extend(record.drift(contract).iter().map(|problem| problem.within(&plugin)));
        if problems.len() >= MOST {
            break;
        }
    }
    problems
}

/// Keeps the records of the entries that the plugin exports, each once: of one entry more than two are a mistake, and not
/// all of them are kept.
#[cfg(feature = "inspect")]
pub(super) fn exported_entries(
    records: Vec<EntryRecord>,
    is_exported: impl Fn(&str) -> bool,
) -> Vec<EntryRecord> {
    use std::collections::BTreeMap;

    let mut by_entry: BTreeMap<(String, String), Vec<EntryRecord>> = BTreeMap::new();
    for record in records.into_iter().filter(|record| is_exported(record.entry())) {
        let known = by_entry.entry((record.contract().to_owned(), record.name().to_owned())).or_default();
        if known.len() < MOST && !known.contains(&record) {
            known.push(record);
        }
    }
    by_entry.into_values().flatten().collect()
}

/// A contract as problems name it for users of a plugin, who do not know where the host declares it.
pub(super) fn named(id: &str) -> String {
    format!("contract `{}`", id.escape_debug())
}

pub(super) const EXPORT_IT: &str = "export it from the plugin, as section 7 of the ABI says";

/// The location of an export.
pub(crate) fn place_of_export(plugin: &str, entry: &str) -> String {
    format!("plugin `{plugin}`, export `{}`", printable(entry))
}

/// The message for an export that does not exist.
pub(crate) const NO_SUCH_FUNCTION: &str = "the plugin exports no such function";

/// Returns what is wrong with an export.
pub(super) fn not_an_entry(found: Option<bool>) -> Option<&'static str> {
    match found {
        None => Some(NO_SUCH_FUNCTION),
        Some(false) => Some("it is not a function (i32, i32) -> i64"),
        Some(true) => None,
    }
}
