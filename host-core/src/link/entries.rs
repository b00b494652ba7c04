//! Entries of a contract that a plugin does not export.

use crate::error::{Code, Problem, printable};
use crate::spec::{ContractSpec, MethodSpec};

/// Returns a problem (`H0312`) for each entry of a contract that a plugin lacks. `export` returns `None` for an entry that
/// the module does not export, and otherwise whether it is a function `(i32, i32) -> i64`.
pub fn missing_entries(
    plugin: &str,
    contract: &ContractSpec,
    mut export: impl FnMut(&str) -> Option<bool>,
) -> Vec<Problem> {
    let missing = |method: &MethodSpec| {
        let what = not_an_entry(export(method.entry()))?;
        Some(
            Problem::new(
                Code::EntryMissing,
                place(plugin, method.entry()),
                format!("it is the method `{}` of the {}, and {what}", method.name(), named(contract.id())),
                EXPORT_IT,
            )
            .caused_at(contract.location()),
        )
    };
    contract.methods().iter().filter_map(missing).collect()
}

/// A contract as problems name it for users of a plugin, who do not know where the host declares it.
pub(super) fn named(id: &str) -> String {
    format!("contract `{}`", id.escape_debug())
}

pub(super) const EXPORT_IT: &str = "export it from the plugin, as section 7 of the ABI says";

pub(super) fn place(plugin: &str, entry: &str) -> String {
    format!("plugin `{plugin}`, export `{}`", printable(entry))
}

/// Returns what is wrong with an export.
pub(super) fn not_an_entry(found: Option<bool>) -> Option<&'static str> {
    match found {
        None => Some("the plugin exports no such function"),
        Some(false) => Some("it is not a function (i32, i32) -> i64"),
        Some(true) => None,
    }
}
