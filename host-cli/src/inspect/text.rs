//! An inspection for a terminal.

use super::report::{ContractRow, Inspection, Manifest, MetricRow, ProblemRow, Rows, Size, Standing};
use crate::text::{cut, plural};

pub(super) fn render(of: &Inspection) -> String {
    let mut out = format!("plugin {}: {}\n", cut(&of.plugin), verdict(of));
    out += &format!("  file      {}, sha256 {}\n", plural(of.bytes, "byte"), of.sha256);
    match of.abi.version {
        Some(version) => out += &format!("  ABI       {version}: {}\n", of.abi.from),
        None => out += &format!("  ABI       unknown: {}\n", of.abi.from),
    }
    out += &format!("  code      {}, {}\n", plural(of.functions, "function"), plural(of.code, "byte"));
    out += &format!("  data      {}\n", plural(of.data, "byte"));
    out += &sizes("memory", &of.memories, "byte");
    out += &sizes("table", &of.tables, "element");
    let start = of.start.as_deref().map_or_else(|| "none".to_owned(), cut);
    out += &format!("  start     {start}\n");
    if let Some(manifest) = &of.manifest {
        out += &said(manifest);
    }
    out += &imports(of);
    out += &capabilities(of);
    out += &exports(of);
    out += &contracts(of);
    let sections = of.sections.rows.iter().map(|row| vec![cut(&row.name), plural(row.bytes, "byte")]);
    out += &table("custom sections", of.sections.count, of.sections.left(), &sections.collect::<Vec<_>>());
    out += &metrics(of);
    out += &records(of);
    if !of.warnings.is_empty() {
        let warnings: String = of.warnings.iter().map(|warning| format!("  {}\n", line(warning))).collect();
        out += &format!("\nwarnings: {}\n{warnings}", of.warnings.len());
    }
    if !of.problems.is_empty() {
        out += &format!("\nproblems: {}\n", of.problem_count());
    }
    for row in &of.problems {
        out +=
            &format!("  {} {}: {}; {}\n", row.code, line(&row.location), line(&row.message), line(&row.help));
    }
    if let Some(grants) = &of.grants {
        let grants: String = grants.lines().map(|line| format!("  {line}\n")).collect();
        out += &format!("\nsmallest grants with which it links\n{grants}");
    }
    out
}

/// The verdict in a few words.
pub(super) fn verdict(of: &Inspection) -> String {
    let refused = || {
        let unknown = match of.unknown() {
            0 => String::new(),
            count => format!(", {}", plural(count, "unknown import")),
        };
        format!("refused ({}{unknown})", plural(of.problem_count(), "problem"))
    };
    let verdict = match (of.links, of.imports.rows.iter().any(|row| row.standing == Standing::Needed)) {
        (None, _) => return "not checked against a host; name its `--listing`".to_owned(),
        (Some(false), _) => refused(),
        (Some(true), true) => "the host can load it; it needs grants".to_owned(),
        (Some(true), false) => "the host can load and instantiate it".to_owned(),
    };
    let warnings = match of.warnings.len() {
        0 => String::new(),
        count => format!("; {}", plural(count, "warning")),
    };
    format!("{verdict}{}{warnings}", fulfilment(of))
}

/// Which contracts the plugin fulfils, in a clause; nothing where the host has none.
fn fulfilment(of: &Inspection) -> String {
    let ids = |fulfilled: bool| {
        let rows = of.contracts.iter().filter(|row| row.fulfilled == fulfilled);
        rows.map(|row| cut(&row.id)).collect::<Vec<_>>().join(", ")
    };
    let (fulfilled, broken) = (ids(true), ids(false));
    match (of.host_contracts, fulfilled.is_empty(), broken.is_empty()) {
        (0, ..) => String::new(),
        (_, true, true) => "; it fulfils no contract of the host".to_owned(),
        (_, false, true) => format!("; it fulfils {fulfilled}"),
        (_, true, false) => format!("; it does not fulfil {broken}"),
        (_, false, false) => format!("; it fulfils {fulfilled}, and does not fulfil {broken}"),
    }
}

/// The state of a contract, in a clause.
pub(super) fn contract_state(row: &ContractRow, name: impl Fn(&str) -> String) -> String {
    let list = |what: &str, entries: &[String]| {
        let entries: Vec<_> = entries.iter().map(|entry| name(entry)).collect();
        (!entries.is_empty()).then(|| format!("{what} {}", entries.join(", ")))
    };
    let mut parts: Vec<String> =
        [list("lacks", &row.lacks), list("wrong type of", &row.wrong)].into_iter().flatten().collect();
    if row.problems.len() > row.lacks.len() + row.wrong.len() {
        parts.push("built against another version".to_owned());
    }
    if parts.is_empty() { "fulfilled".to_owned() } else { parts.join("; ") }
}

fn contracts(of: &Inspection) -> String {
    if of.host_contracts > 0 && of.contracts.is_empty() {
        return "\ncontracts: none of the host's\n".to_owned();
    }
    let rows = of.contracts.iter().map(|row| vec![cut(&row.id), contract_state(row, cut)]);
    let mut out = table("contracts", of.contracts.len(), 0, &rows.collect::<Vec<_>>());
    // those for which the plugin is not loaded are below
    let only_here = |row: &&ProblemRow| !of.problems.iter().any(|known| known == *row);
    for row in of.contracts.iter().flat_map(|row| &row.problems).filter(only_here) {
        out +=
            &format!("  {} {}: {}; {}\n", row.code, line(&row.location), line(&row.message), line(&row.help));
    }
    out
}

/// Removes line breaks: the text is the command's own, apart from names in it.
pub(super) fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

pub(super) fn size(row: &Size, unit: &str) -> String {
    let to = row.to.map_or_else(|| "without a maximum".to_owned(), |to| format!("to {to}"));
    let remarks: String = row.remarks.iter().map(|remark| format!(", {remark}")).collect();
    let from =
        usize::try_from(row.from).map_or_else(|_| format!("{} {unit}s", row.from), |from| plural(from, unit));
    format!("{from} {to}{remarks}")
}

fn sizes(what: &str, rows: &Rows<Size>, unit: &str) -> String {
    if rows.count == 0 {
        return format!("  {what:8}  none\n");
    }
    let mut out: String = rows.rows.iter().map(|row| format!("  {what:8}  {}\n", size(row, unit))).collect();
    if rows.left() > 0 {
        out += &format!("  {what:8}  and {} more\n", rows.left());
    }
    out
}

fn said(manifest: &Manifest) -> String {
    let or_none = |text: &Option<String>| text.as_deref().map_or_else(|| "?".to_owned(), cut);
    let mut out = format!(
        "\nmanifest {}: {} {}\n",
        line(&manifest.location),
        or_none(&manifest.name),
        or_none(&manifest.version)
    );
    for row in &manifest.capabilities {
        let reason = row.reason.as_deref().map_or_else(|| "no reason given".to_owned(), cut);
        out += &format!("  asks for {}{}: {reason}\n", cut(&row.name), patterns(&row.allow, &row.deny));
    }
    for row in &manifest.exports {
        let found = if row.found { "" } else { ", which it does not export" };
        out += &format!(
            "  implements {} ({}) by `{}`{found}\n",
            cut(&row.contract),
            cut(&row.kind),
            cut(&row.entry)
        );
    }
    out
}

pub(super) fn patterns(allow: &[String], deny: &[String]) -> String {
    let list =
        |patterns: &[String]| patterns.iter().map(|pattern| cut(pattern)).collect::<Vec<_>>().join(", ");
    match (allow, deny) {
        ([], []) => String::new(),
        (allow, []) => format!(" within {}", list(allow)),
        ([], deny) => format!(" but not {}", list(deny)),
        (allow, deny) => format!(" within {} but not {}", list(allow), list(deny)),
    }
}

fn imports(of: &Inspection) -> String {
    let rows = of.imports.rows.iter().map(|row| {
        let mut cells = vec![row.standing.to_string(), cut(&format!("{}.{}", row.module, row.name))];
        let needs = row.requires.as_deref().map_or_else(
            || if row.standing == Standing::Unknown { cut(&row.imported_as) } else { String::new() },
            cut,
        );
        cells.push(if row.standing == Standing::Unjudged { cut(&row.imported_as) } else { needs });
        cells.push(row.summary.as_deref().map_or_else(String::new, cut));
        cells
    });
    table("imports", of.imports.count, of.imports.left(), &rows.collect::<Vec<_>>())
}

fn capabilities(of: &Inspection) -> String {
    let mut out = String::new();
    for row in &of.capabilities {
        let escapes = if row.escapes { " It escapes the sandbox." } else { "" };
        out += &format!("  {:8}  {}: {}{escapes}\n", row.standing, cut(&row.name), cut(&row.about));
        let details = [
            ("asked", &row.asked),
            ("its reason", &row.reason),
            ("granted", &row.granted),
            ("effective", &row.effective),
        ];
        for (what, value) in details {
            if let Some(value) = value {
                out += &format!("            {what}: {}\n", cut(value));
            }
        }
        if !row.functions.is_empty() {
            let functions: Vec<_> = row.functions.iter().map(|name| cut(name)).collect();
            out += &format!("            for {}\n", functions.join(", "));
        }
    }
    if out.is_empty() { out } else { format!("\ncapabilities: {}\n{out}", of.capabilities.len()) }
}

fn exports(of: &Inspection) -> String {
    let rows = of.exports.rows.iter().map(|row| {
        vec![cut(&row.name), cut(&row.exported_as), row.is.as_deref().map_or_else(String::new, cut)]
    });
    table("exports", of.exports.count, of.exports.left(), &rows.collect::<Vec<_>>())
}

fn metrics(of: &Inspection) -> String {
    let rows = of.metrics.iter().map(|row| {
        let verdict = if row.passes { "passes" } else { "exceeds" };
        let value = format!("{} of {}", row.value, row.limit);
        vec![verdict.to_owned(), row.name.to_owned(), value, place(row)]
    });
    table("cost of compiling", of.metrics.len(), 0, &rows.collect::<Vec<_>>())
}

/// The type or function in which a metric has its largest value.
pub(super) fn place(row: &MetricRow) -> String {
    match (row.index, &row.function) {
        (Some(index), Some(name)) => format!("{} {index} ({})", row.of, cut(name)),
        (Some(index), None) => format!("{} {index}", row.of),
        _ => String::new(),
    }
}

fn records(of: &Inspection) -> String {
    if !of.is_recorded() {
        return "\nbuilt against: not recorded\n".to_owned();
    }
    let rows = of.built_against.rows.iter().map(|row| {
        let now = match &row.now {
            Some(now) if *now == row.fingerprint => "unchanged".to_owned(),
            Some(now) => format!("the host has {}", cut(now)),
            None if of.links.is_some() => "unknown to the host".to_owned(),
            None => {
                row.capability.as_deref().map_or_else(String::new, |name| format!("required {}", cut(name)))
            }
        };
        vec![cut(&row.function), cut(&row.fingerprint), now]
    });
    table("built against", of.built_against.count, of.built_against.left(), &rows.collect::<Vec<_>>())
}

/// Rows under a heading, each column as wide as its widest cell.
fn table(heading: &str, count: usize, left: usize, rows: &[Vec<String>]) -> String {
    if count == 0 {
        return String::new();
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
            .min(48)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = format!("\n{heading}: {count}\n");
    for row in rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let text: String = cells.map(|(cell, width)| format!("  {cell:width$}", width = *width)).collect();
        out += &format!("{}\n", text.trim_end());
    }
    if left > 0 {
        out += &format!("  and {left} more\n");
    }
    out
}
