//! An inspection for a review or a wiki.

use hostfn_core::Untrusted;

use super::report::Inspection;
use super::text::{contract_state, place, size, verdict};
use crate::text::plural;

pub(super) fn render(of: &Inspection) -> String {
    let mut out = format!("# Plugin {}\n\n{}.\n", code(&of.plugin), verdict(of));
    let abi = of.abi.version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    let mut facts = vec![
        vec!["file".to_owned(), plural(of.bytes, "byte")],
        vec!["sha256".to_owned(), code(&of.sha256)],
        vec!["ABI".to_owned(), format!("{abi}: {}", of.abi.from)],
        vec!["code".to_owned(), format!("{}, {}", plural(of.functions, "function"), plural(of.code, "byte"))],
        vec!["data".to_owned(), plural(of.data, "byte")],
    ];
    facts.extend(of.memories.rows.iter().map(|row| vec!["memory".to_owned(), size(row, "byte")]));
    facts.extend(of.tables.rows.iter().map(|row| vec!["table".to_owned(), size(row, "element")]));
    facts.push(vec!["start".to_owned(), of.start.as_deref().map_or_else(|| "none".to_owned(), code)]);
    out += &table(&["property", "value"], facts);

    let imports = of.imports.rows.iter().map(|row| {
        vec![
            row.standing.to_string(),
            code(&format!("{}.{}", row.module, row.name)),
            row.requires.as_deref().map_or_else(String::new, code),
            row.summary.as_deref().map_or_else(String::new, text),
        ]
    });
    out += &section("Imports", of.imports.count, &["standing", "function", "requires", "summary"], imports);
    let capabilities = of.capabilities.iter().map(|row| {
        let escapes = if row.escapes { " **It escapes the sandbox.**" } else { "" };
        let or_none = |value: &Option<String>| value.as_deref().map_or_else(String::new, code);
        vec![
            row.standing.clone(),
            code(&row.name),
            format!("{}{escapes}", text(&row.about)),
            row.reason.as_deref().map_or_else(String::new, text),
            or_none(&row.asked),
            or_none(&row.granted),
        ]
    });
    let header = ["standing", "capability", "allows", "reason", "asked", "granted"];
    out += &section("Capabilities", of.capabilities.len(), &header, capabilities);
    let exports = of.exports.rows.iter().map(|row| {
        vec![code(&row.name), code(&row.exported_as), row.is.as_deref().map_or_else(String::new, text)]
    });
    out += &section("Exports", of.exports.count, &["name", "type", "meaning"], exports);
    let contracts = of.contracts.iter().map(|row| vec![code(&row.id), contract_state(row, code)]);
    out += &section("Contracts", of.contracts.len(), &["contract", "state"], contracts);
    if of.host_contracts > 0 && of.contracts.is_empty() {
        out += "\n## Contracts\n\nNone of the host's.\n";
    }
    let sections = of.sections.rows.iter().map(|row| vec![code(&row.name), row.bytes.to_string()]);
    out += &section("Custom sections", of.sections.count, &["name", "bytes"], sections);
    let metrics = of.metrics.iter().map(|row| {
        let verdict = if row.passes { "passes" } else { "**exceeds**" };
        vec![
            verdict.to_owned(),
            code(row.name),
            row.value.to_string(),
            row.limit.to_string(),
            text(&place(row)),
        ]
    });
    let header = ["verdict", "metric", "value", "limit", "where"];
    out += &section("Cost of compiling", of.metrics.len(), &header, metrics);
    let records = of.built_against.rows.iter().map(|row| {
        let now = row.now.as_deref().map_or_else(String::new, code);
        vec![code(&row.function), code(&row.fingerprint), now]
    });
    out += &section(
        "Built against",
        of.built_against.count,
        &["function", "fingerprint", "fingerprint of the host"],
        records,
    );
    if !of.is_recorded() {
        out += "\n## Built against\n\nNot recorded.\n";
    }
    let warnings = of.warnings.iter().map(|warning| vec![text(warning)]);
    out += &section("Warnings", of.warnings.len(), &["warning"], warnings);
    let problems = of
        .problems
        .iter()
        .map(|row| vec![row.code.clone(), text(&row.location), text(&row.message), text(&row.help)]);
    out += &section("Problems", of.problem_count(), &["code", "location", "problem", "remedy"], problems);
    if let Some(grants) = &of.grants {
        out += &format!("\n## Smallest grants with which it links\n\n```toml\n{grants}```\n");
    }
    out
}

fn section<const N: usize>(
    heading: &str,
    count: usize,
    header: &[&str; N],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    if count == 0 {
        return String::new();
    }
    let rows: Vec<_> = rows.collect();
    let left = count - rows.len();
    let more = if left == 0 { String::new() } else { format!("\nAnd {left} more.\n") };
    format!("\n## {heading}\n{}{more}", table(header, rows))
}

fn table<const N: usize>(header: &[&str; N], rows: Vec<Vec<String>>) -> String {
    let mut out = format!("\n| {} |\n|{}\n", header.join(" | "), "---|".repeat(N));
    for row in rows {
        out += &format!("| {} |\n", row.join(" | "));
    }
    out
}

/// Untrusted text in a cell of a table, without markup of its own.
fn text(text: &str) -> String {
    Untrusted::new(text).at_most(120).markdown().to_string()
}

/// Untrusted text as a code span.
fn code(text: &str) -> String {
    Untrusted::new(text).at_most(120).code_span().to_string()
}
