//! Exports that a plugin's manifest lists, checked against contracts and module.

use super::entries::{EXPORT_IT, named, not_an_entry, place_of_export};
use crate::error::{Code, Problem, near, printable};
use crate::policy::ManifestExport;
use crate::spec::Shape;
use crate::surface::{ContractRow, MethodRow};

/// Checks the exports that a plugin's manifest lists against the contracts of the host and the exports of the module: see
/// [`missing_entries`](super::missing_entries) for `export`.
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
        let near = near(name, known.iter().copied());
        let remedy = match (near.is_empty(), known.is_empty()) {
            (false, _) => format!("did the manifest mean `{}`?", near.join("`, `")),
            (true, false) => format!("the host knows `{}`", known.join("`, `")),
            (true, true) => "register it with the host, or take it out of the manifest".to_owned(),
        };
        Problem::new(Code::UnknownContract, place_of_export(plugin, &row.entry), what, remedy)
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
            place_of_export(plugin, &row.entry),
            format!("the manifest names it for {of}, which the host calls as `{}`", method.entry),
            "export it under that name, and name it so in the manifest",
        ));
    } else if let Some(what) = export {
        let what = format!("the manifest names it for {of}, and {what}");
        problems.push(Problem::new(Code::EntryMissing, place_of_export(plugin, &row.entry), what, EXPORT_IT));
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
                place_of_export(plugin, &row.entry),
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
