//! Entries of contracts: what a plugin exports and what its manifest says of it.

use crate::error::{Code, Problem, near, printable};
use crate::policy::ManifestExport;
use crate::spec::{ContractSpec, MethodSpec, Shape};
use crate::surface::{ContractRow, MethodRow};

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
            .caused_at(contract.place()),
        )
    };
    contract.methods_in_order().iter().filter_map(missing).collect()
}

/// A contract as problems name it for users of a plugin, who do not know where the host declares it.
fn named(id: &str) -> String {
    format!("contract `{}`", id.escape_debug())
}

const EXPORT_IT: &str = "export it from the plugin, as section 7 of the ABI says";

fn place(plugin: &str, entry: &str) -> String {
    format!("plugin `{plugin}`, export `{}`", printable(entry))
}

/// What is wrong with an export.
fn not_an_entry(found: Option<bool>) -> Option<&'static str> {
    match found {
        None => Some("the plugin exports no such function"),
        Some(false) => Some("it is not a function (i32, i32) -> i64"),
        Some(true) => None,
    }
}

/// Checks the exports that a plugin's manifest lists against the contracts of the host and the exports of the module: see
/// [`missing_entries`] for `export`.
pub(super) fn check_entries(
    plugin: &str,
    contracts: &[ContractRow],
    rows: &[ManifestExport],
    export: impl Fn(&str) -> Option<bool>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for row in rows {
        match known(plugin, contracts, row) {
            Ok((contract, method)) => {
                let export = not_an_entry(export(&row.entry));
                problems.extend(row_problems(plugin, contract, method, row, export));
            }
            Err(unknown) => problems.push(unknown),
        }
    }
    problems
}

fn known<'c>(
    plugin: &str,
    contracts: &'c [ContractRow],
    row: &ManifestExport,
) -> Result<(&'c ContractRow, &'c MethodRow), Problem> {
    let unknown = |what: String, name: &str, known: Vec<&str>| {
        // no name of a host is that long
        let near = if name.len() > 256 { Vec::new() } else { near(name, known.iter().copied()) };
        let remedy = match (near.is_empty(), known.is_empty()) {
            (false, _) => format!("did the manifest mean `{}`?", near.join("`, `")),
            (true, false) => format!("the host knows `{}`", known.join("`, `")),
            (true, true) => "register it with the host, or take it out of the manifest".to_owned(),
        };
        Problem::new(Code::UnknownContract, place(plugin, &row.entry), what, remedy)
    };
    let Some(contract) = contracts.iter().find(|contract| contract.id == row.contract) else {
        let what = format!("the host has no contract `{}`", printable(&row.contract));
        return Err(unknown(
            what,
            &row.contract,
            contracts.iter().map(|contract| contract.id.as_str()).collect(),
        ));
    };
    contract
        .methods
        .iter()
        .find(|method| method.name == row.kind)
        .map(|method| (contract, method))
        .ok_or_else(|| {
            let what = format!("the {} has no method `{}`", named(&contract.id), printable(&row.kind));
            let methods = contract.methods.iter().map(|method| method.name.as_str());
            unknown(what, &row.kind, methods.collect())
        })
}

fn row_problems(
    plugin: &str,
    contract: &ContractRow,
    method: &MethodRow,
    row: &ManifestExport,
    export: Option<&'static str>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let of = format!("`{}` of the {}", method.name, named(&contract.id));
    if row.entry != method.entry {
        problems.push(Problem::new(
            Code::EntryMissing,
            place(plugin, &row.entry),
            format!("the manifest names it for {of}, which the host calls as `{}`", method.entry),
            "export it under that name, and name it so in the manifest",
        ));
    } else if let Some(what) = export {
        let what = format!("the manifest names it for {of}, and {what}");
        problems.push(Problem::new(Code::EntryMissing, place(plugin, &row.entry), what, EXPORT_IT));
    }
    let sides = [
        ("takes", row.args.join(", "), args_text(method)),
        ("replies", row.reply.clone(), text_of(&method.reply)),
    ];
    for (what, said, is) in sides {
        // a type that cannot be traced has no shape to compare
        if let Some(is) = is
            && !same_text(&said, &is)
        {
            problems.push(Problem::new(
                Code::ContractShape,
                place(plugin, &row.entry),
                format!("{of} {what} `{is}`, and by the manifest it {what} `{}`", printable(&said)),
                "build the plugin against this host's contract",
            ));
        }
    }
    problems
}

/// The types of the parameters, such as `str, u32`; `None` where one cannot be traced.
fn args_text(method: &MethodRow) -> Option<String> {
    let shapes: Vec<String> =
        method.params.iter().map(|param| text_of(&param.shape)).collect::<Option<_>>()?;
    Some(shapes.join(", "))
}

fn text_of(shape: &Shape) -> Option<String> {
    Some(shape).filter(|shape| !matches!(shape, Shape::Opaque { .. })).map(ToString::to_string)
}

/// Returns whether two texts are equal apart from spaces.
fn same_text(a: &str, b: &str) -> bool {
    let words = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    words(a) == words(b)
}
