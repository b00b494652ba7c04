use std::collections::BTreeMap;

use super::{ContractRow, ESCAPES, ErrorRow, FunctionRow, Listing};
use crate::shape::TypeDef;

pub(super) fn render(listing: &Listing) -> String {
    let mut out = format!("# Host functions\n\nABI {}, listing schema {}.\n", listing.abi, listing.schema);
    out += "\n| function | requires | takes -> replies | what it does | declared | fingerprint |\n";
    out += "|---|---|---|---|---|---|\n";
    for row in &listing.functions {
        out += &line(&[
            &code(&row.full_name()),
            &row.requirement(),
            &code(&row.signature()),
            &row.summary,
            &format!(
                "{} {}:{}, {}, {}",
                package(&row.krate, row.outside.as_deref()),
                row.file,
                row.line,
                row.origin,
                row.convention
            ),
            &code(&row.fingerprint),
        ]);
    }
    if !listing.capabilities.is_empty() {
        out += "\n## Capabilities\n\n| capability | scope | what it allows | functions | granted |\n|---|---|---|---|---|\n";
        for row in &listing.capabilities {
            out += &line(&[
                &code(&row.name),
                &row.scope,
                &row.about(),
                &row.functions.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
                row.granted.as_deref().unwrap_or(""),
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
            out += &line(&[&code(&row.full_name()), &format!("{package} {}:{}", row.file, row.line)]);
        }
    }
    let of_contracts = listing.contracts.iter().flat_map(method_details);
    let details: String =
        listing.functions.iter().map(|row| details(row, listing.escapes(row))).chain(of_contracts).collect();
    if !details.is_empty() {
        out += "\n## Details\n";
        out += &details;
    }
    out
}

fn package(krate: &str, outside: Option<&str>) -> String {
    match outside {
        Some(version) => format!("**outside:** {krate} {version}"),
        None => krate.to_owned(),
    }
}

/// A line for the contract and one for each of its methods.
fn contract(row: &ContractRow) -> String {
    let place =
        format!("{} {}:{}, {}", package(&row.krate, row.outside.as_deref()), row.file, row.line, row.origin);
    let mut out = line(&[&code(&row.id), "", "", &row.summary, &place, ""]);
    for method in &row.methods {
        out += &line(&[
            &code(&row.full_name(method)),
            &code(&method.entry),
            &code(&method.signature()),
            &method.summary,
            &method.convention,
            &code(&method.fingerprint),
        ]);
    }
    out
}

fn method_details(contract: &ContractRow) -> impl Iterator<Item = String> {
    contract.methods.iter().map(|method| {
        let mut items: Vec<String> = types(&method.types).collect();
        items.extend(own_errors(method.error.as_ref()));
        items.extend(opaque(method.opaque()));
        section(&contract.full_name(method), &items)
    })
}

fn details(row: &FunctionRow, escapes: bool) -> String {
    let mut items: Vec<String> = escapes.then(|| ESCAPES.to_owned()).into_iter().collect();
    items.extend(types(&row.types));
    items.extend(row.states.iter().map(|state| format!("reaches the instance's {}", code(state))));
    items.extend(own_errors(row.error.as_ref()));
    items.extend(opaque(row.opaque()));
    items.extend(row.max_args.map(|bytes| format!("takes at most {bytes} bytes")));
    items.extend(row.max_reply.map(|bytes| format!("replies at most {bytes} bytes")));
    items.extend(row.quota.map(|calls| format!("at most {calls} calls within one call from the host")));
    items.extend((row.since > 1).then(|| format!("since version {}", row.since)));
    section(&row.full_name(), &items)
}

fn types(types: &BTreeMap<String, TypeDef>) -> impl Iterator<Item = String> {
    types.iter().map(|(name, def)| format!("type {} is {}", code(name), code(&def.to_string())))
}

fn own_errors(error: Option<&ErrorRow>) -> impl Iterator<Item = String> {
    let kinds = error.into_iter().flat_map(|error| &error.kinds);
    kinds.map(|kind| format!("fails with {} ({}): {}", code(&kind.code), kind.status, escape(&kind.docs)))
}

fn opaque<'r>(parts: impl Iterator<Item = (&'r str, &'r str, &'r str)>) -> impl Iterator<Item = String> {
    parts.map(|(part, rust, reason)| format!("{part} is opaque: {}: {}", code(rust), escape(reason)))
}

fn section(name: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("\n### {}\n\n{items}", code(name))
}

pub(super) fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A code span; a shape or a name holds no backtick.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
