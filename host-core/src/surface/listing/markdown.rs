use super::notes::{self, Style};
use super::{ContractRow, FunctionRow, LONGEST, Listing};
use crate::error::Untrusted;

pub(super) fn render(listing: &Listing) -> String {
    let mut out = format!("# Host functions\n\nABI {}, listing schema {}.\n", listing.abi, listing.schema);
    let mut groups = listing.groups();
    if groups.is_empty() {
        groups.insert(None, Vec::new());
    }
    for (group, rows) in &groups {
        if let Some(group) = group {
            out += &format!("\n## Group {}\n", code(group));
        }
        out += &functions(rows);
    }
    if !listing.capabilities.is_empty() {
        out += "\n## Capabilities\n\n| capability | scope | what it allows | functions | granted |\n|---|---|---|---|---|\n";
        for row in &listing.capabilities {
            out += &line(&[
                &code(&row.name),
                &escape(&row.scope),
                &escape(&row.about()),
                &row.functions.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
                &row.granted.as_deref().map(code).unwrap_or_default(),
            ]);
        }
    }
    if !listing.contracts.is_empty() {
        out += "\n## Guest side\n\n| contract | entry | takes -> replies | what it does | declared | fingerprint |\n";
        out += "|---|---|---|---|---|---|\n";
        out += &listing.contracts.iter().map(contract).collect::<String>();
    }
    if !listing.unregistered.is_empty() {
        out += "\n## Linked and not registered\n\nNo plugin can call these.\n\n| function | declared |\n|---|---|\n";
        for row in &listing.unregistered {
            let package = package(&row.krate, row.outside.as_deref());
            out +=
                &line(&[&code(&row.full_name()), &format!("{package} {}:{}", escape(&row.file), row.line)]);
        }
    }
    let types = notes::types(listing);
    if !types.is_empty() {
        out += "\n## Types\n\n| type | is |\n|---|---|\n";
        out += &types
            .iter()
            .map(|named| line(&[&code(&named.described()), &code(&named.is.to_string())]))
            .collect::<String>();
    }
    let errors = notes::errors(listing);
    if !errors.is_empty() {
        out += "\n## Errors\n\n| error | code | status | when |\n|---|---|---|---|\n";
        for named in &errors {
            for kind in &named.is.kinds {
                out += &line(&[
                    &code(&named.described()),
                    &code(&kind.code),
                    &kind.status.to_string(),
                    &escape(&kind.docs),
                ]);
            }
        }
    }
    let remarks = remarks(listing);
    if !remarks.is_empty() {
        out += "\n## Remarks\n";
        out += &remarks;
    }
    out
}

fn functions(rows: &[&FunctionRow]) -> String {
    let mut out =
        "\n| function | requires | takes -> replies | what it does | declared | fingerprint |\n".to_owned();
    out += "|---|---|---|---|---|---|\n";
    for row in rows {
        out += &line(&[
            &code(&row.full_name()),
            &escape(&row.requirement()),
            &code(&row.signature()),
            &escape(&row.summary),
            &format!(
                "{} {}:{}, {}, {}",
                package(&row.krate, row.outside.as_deref()),
                escape(&row.file),
                row.line,
                escape(&row.origin),
                escape(&row.convention)
            ),
            &code(&row.fingerprint),
        ]);
    }
    out
}

fn package(krate: &str, outside: Option<&str>) -> String {
    match outside {
        Some(version) => format!("**outside:** {} {}", escape(krate), escape(version)),
        None => escape(krate),
    }
}

/// A line for the contract and one for each of its methods.
fn contract(row: &ContractRow) -> String {
    let place = format!(
        "{} {}:{}, {}",
        package(&row.krate, row.outside.as_deref()),
        escape(&row.file),
        row.line,
        escape(&row.origin)
    );
    let mut out = line(&[&code(&row.id), "", "", &escape(&row.summary), &place, ""]);
    for method in &row.methods {
        out += &line(&[
            &code(&row.full_name(method)),
            &code(&method.entry),
            &code(&method.signature()),
            &escape(&method.summary),
            &escape(&method.convention),
            &code(&method.fingerprint),
        ]);
    }
    out
}

fn remarks(listing: &Listing) -> String {
    let style = Style::new(listing, code, escape);
    let functions =
        listing.functions.iter().map(|row| section(&row.full_name(), &style.function(listing, row)));
    let methods = listing.contracts.iter().flat_map(|contract| {
        let methods = contract.methods.iter();
        methods.map(|row| section(&contract.full_name(row), &style.method(row)))
    });
    functions.chain(methods).collect()
}

fn section(name: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("\n### {}\n\n{items}", code(name))
}

/// Cells that are Markdown already.
pub(super) fn line(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// A code span that fits a cell.
pub(super) fn code(text: &str) -> String {
    Untrusted::new(text).at_most(LONGEST).code_span().to_string()
}

/// Text without markup of its own. Its line feeds only wrap it.
pub(super) fn escape(text: &str) -> String {
    Untrusted::new(&text.replace('\n', " ")).at_most(LONGEST).markdown().to_string()
}
