use super::layout::{GroupBy, Heading, Layout, declaration, definition, sections, totals};
use super::notes::{self, Style};
use super::{CapabilityRow, ContractRow, FunctionRow, LONGEST, Listing};
use crate::error::Untrusted;

pub(super) fn render(listing: &Listing, layout: &Layout<'_>) -> String {
    let title = layout.program.map_or_else(String::new, |program| format!(" of {}", code(program)));
    let mut out = format!("# Host functions{title}\n\n{}.\n", totals(listing));
    out += &format!("ABI {}, listing schema {}.\n", listing.abi, listing.schema);
    let style = Style::new(listing, code, escape);
    for section in sections(listing, layout.group_by) {
        out += &heading(&section.heading);
        if section.rows.is_empty() {
            out += "\nNo function requires it.\n";
        }
        for row in section.rows {
            out += &function(row, &style.function(listing, row));
        }
    }
    if layout.group_by == GroupBy::Module && !listing.capabilities.is_empty() {
        out += "\n## Capabilities\n";
        for row in &listing.capabilities {
            out += &format!("\n### {}\n{}", title_of(row), about(row));
            let functions: Vec<String> = row.functions.iter().map(|name| code(name)).collect();
            out += &paragraph(&functions.join(", "));
        }
    }
    out += &listing.contracts.iter().map(|row| contract(row, &style)).collect::<String>();
    out += &types(listing);
    out += &errors(listing);
    out += &unregistered(listing);
    out
}

fn heading(heading: &Heading<'_>) -> String {
    match heading {
        Heading::AlwaysAvailable => "\n## Always available, without a grant\n".to_owned(),
        Heading::Module(name) => format!("\n## Module {}\n", code(name)),
        Heading::Capability(name, None) => format!("\n## {}\n", code(name)),
        Heading::Capability(_, Some(row)) => format!("\n## {}\n{}", title_of(row), about(row)),
    }
}

fn title_of(row: &CapabilityRow) -> String {
    match row.scope.as_str() {
        "none" => code(&row.name),
        scope => format!("{}, scope {}", code(&row.name), escape(scope)),
    }
}

fn about(row: &CapabilityRow) -> String {
    let granted = row.granted.as_deref().map(|granted| format!("Granted: {}", code(granted)));
    paragraph(&escape(&row.about())) + &paragraph(&granted.unwrap_or_default())
}

/// A paragraph of text that is Markdown already; nothing for an empty text.
fn paragraph(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n{text}\n") }
}

fn list(items: &[String]) -> String {
    paragraph(&items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n"))
}

/// A block of a function or a method.
fn block(name: &str, declared: &str, summary: &str, remarks: &[String], dimmed: &str) -> String {
    let mut out = format!("\n### {}\n\n{declared}\n", code(name));
    out += &paragraph(&escape(summary));
    out += &list(remarks);
    out + &format!("\n<sub>{dimmed}</sub>\n")
}

fn function(row: &FunctionRow, remarks: &[String]) -> String {
    let name = row.full_name();
    let declaration = code(&declaration(&name, &row.signature(), &row.convention));
    let declared = format!("**{}**: {declaration}", escape(&row.requirement()));
    let dimmed = format!(
        "{}, {}, {}, {}",
        at(&row.krate, row.outside.as_deref(), &row.file, row.line),
        escape(&row.origin),
        escape(&row.convention),
        code(&row.fingerprint)
    );
    block(&name, &declared, &row.summary, remarks, &dimmed)
}

fn at(krate: &str, outside: Option<&str>, file: &str, line: u32) -> String {
    let package = match outside {
        Some(version) => format!("**outside:** {} {}", escape(krate), escape(version)),
        None => escape(krate),
    };
    format!("{package} {}:{line}", escape(file))
}

fn contract(row: &ContractRow, style: &Style) -> String {
    let mut out = format!("\n## Guest side, contract {}\n", code(&row.id));
    out += &paragraph(&escape(&row.summary));
    let place = at(&row.krate, row.outside.as_deref(), &row.file, row.line);
    out += &format!("\n<sub>{place}, {}</sub>\n", escape(&row.origin));
    for method in &row.methods {
        let name = row.full_name(method);
        let declaration = code(&declaration(&name, &method.signature(), &method.convention));
        let declared = format!("export {}: {declaration}", code(&method.entry));
        let dimmed = format!("{}, {}", escape(&method.convention), code(&method.fingerprint));
        out += &block(&name, &declared, &method.summary, &style.method(method), &dimmed);
    }
    out
}

fn types(listing: &Listing) -> String {
    let types = notes::types(listing);
    if types.is_empty() {
        return String::new();
    }
    let items = types.iter().map(|named| code(&definition(named.name, named.is)) + &used(named.users()));
    format!("\n## Types\n{}", list(&items.collect::<Vec<_>>()))
}

/// The users of a name that several things have.
fn used(users: Option<String>) -> String {
    users.map_or_else(String::new, |users| format!(", used by {}", code(&users)))
}

fn errors(listing: &Listing) -> String {
    let errors = notes::errors(listing);
    if errors.is_empty() {
        return String::new();
    }
    let mut out = "\n## Errors\n".to_owned();
    for named in &errors {
        out += &format!(
            "\n### {}\n{}",
            code(named.name),
            paragraph(used(named.users()).trim_start_matches(", "))
        );
        out += "\n| code | status | when |\n|---|---|---|\n";
        for kind in &named.is.kinds {
            out += &line(&[&code(&kind.code), &kind.status.to_string(), &escape(&kind.docs)]);
        }
    }
    out
}

fn unregistered(listing: &Listing) -> String {
    if listing.unregistered.is_empty() {
        return String::new();
    }
    let items = listing.unregistered.iter().map(|row| {
        format!("{}, {}", code(&row.full_name()), at(&row.krate, row.outside.as_deref(), &row.file, row.line))
    });
    format!(
        "\n## Linked and not registered\n\nNo plugin can call these.\n{}",
        list(&items.collect::<Vec<_>>())
    )
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
