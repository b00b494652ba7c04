use super::notes::{self, Style};
use super::{ContractRow, Listing};

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
                    &kind.docs,
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

fn remarks(listing: &Listing) -> String {
    let style = Style { code, text: escape };
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

pub(super) fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A code span, between more backticks than it holds in a row.
pub(super) fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    match (text, "`".repeat(longest + 1)) {
        ("", _) => String::new(),
        (text, fence) if longest == 0 => format!("{fence}{text}{fence}"),
        (text, fence) => format!("{fence} {text} {fence}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
