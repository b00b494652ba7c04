use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::notes::{self, Style};
use super::shown;
use super::{FunctionRow, Listing};

const WIDTH: u16 = 100;

pub(super) fn render(listing: &Listing) -> String {
    let mut groups = listing.groups();
    if groups.is_empty() {
        groups.insert(None, Vec::new());
    }
    let tables: Vec<String> = groups.iter().map(|(group, rows)| functions(*group, rows)).collect();
    let mut out = tables.join("\n\n");
    out += &capabilities(listing);
    out += &guest_side(listing);
    out += &types(listing);
    out += &errors(listing);
    out += &remarks(listing);
    out += &unregistered(listing);
    let mut trimmed: String = out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let contracts = match listing.contracts.len() {
        0 => String::new(),
        contracts => format!(", {}", count(contracts, "contract", "contracts")),
    };
    trimmed += &format!(
        "\n{}, {}, {} always available{contracts}{}\n",
        count(listing.functions.len(), "function", "functions"),
        count(listing.capabilities.len(), "capability", "capabilities"),
        listing.functions.iter().filter(|row| row.capability.is_none()).count(),
        stands_out(listing),
    );
    trimmed
}

/// A number and what it counts.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The functions of a group, or of none.
fn functions(group: Option<&str>, rows: &[&FunctionRow]) -> String {
    let title = group.map_or_else(|| "function".to_owned(), |group| format!("function of {}", shown(group)));
    let mut functions = table(&[&title, "requires", "takes -> replies", "what it does", "declared"]);
    for row in rows {
        functions.add_row([
            shown(&row.full_name()),
            shown(&row.requirement()),
            shown(&row.signature()),
            shown(&row.summary),
            format!(
                "{}\n{}:{}\n{}, {}\n{}",
                package(&row.krate, row.outside.as_deref()),
                shown(&row.file),
                row.line,
                shown(&row.origin),
                shown(&row.convention),
                shown(&row.fingerprint)
            ),
        ]);
    }
    keep_words_whole(&mut functions, &[(0, 26), (1, 18), (4, 30)]);
    functions.to_string()
}

/// Returns how many there are of what an auditor would not expect.
fn stands_out(listing: &Listing) -> String {
    let outside = listing.functions.iter().filter(|row| row.outside.is_some()).count();
    let counts =
        [(outside, "from outside the workspace"), (listing.unregistered.len(), "linked and not registered")];
    counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect()
}

fn package(krate: &str, outside: Option<&str>) -> String {
    match outside {
        Some(version) => shown(&format!("outside: {krate} {version}")),
        None => shown(krate),
    }
}

fn unregistered(listing: &Listing) -> String {
    let mut table = table(&["linked and not registered: no plugin can call it", "declared"]);
    for row in &listing.unregistered {
        let package = package(&row.krate, row.outside.as_deref());
        table.add_row([shown(&row.full_name()), format!("{package}\n{}:{}", shown(&row.file), row.line)]);
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

fn guest_side(listing: &Listing) -> String {
    let mut table = table(&["guest side", "entry", "takes -> replies", "what it does", "declared"]);
    for contract in &listing.contracts {
        let mut add = |cells: [String; 5]| {
            table.add_row(cells);
        };
        let place = format!(
            "{}\n{}:{}\n{}",
            package(&contract.krate, contract.outside.as_deref()),
            shown(&contract.file),
            contract.line,
            shown(&contract.origin)
        );
        add([shown(&contract.id), String::new(), String::new(), shown(&contract.summary), place]);
        for method in &contract.methods {
            add([
                shown(&contract.full_name(method)),
                shown(&method.entry),
                shown(&method.signature()),
                shown(&method.summary),
                format!("{}\n{}", shown(&method.convention), shown(&method.fingerprint)),
            ]);
        }
    }
    if table.is_empty() {
        return String::new();
    }
    keep_words_whole(&mut table, &[(0, 26), (1, 26), (4, 24)]);
    format!("\n\n{table}")
}

fn capabilities(listing: &Listing) -> String {
    if listing.capabilities.is_empty() {
        return String::new();
    }
    let granted = listing.capabilities.iter().any(|row| row.granted.is_some());
    let mut header = vec!["capability", "scope", "what it allows", "functions"];
    header.extend(granted.then_some("granted"));
    let mut table = table(&header);
    for row in &listing.capabilities {
        let functions: Vec<String> = row.functions.iter().map(|name| shown(name)).collect();
        let mut cells = vec![shown(&row.name), shown(&row.scope), shown(&row.about()), functions.join("\n")];
        cells.extend(row.granted.as_deref().map(shown));
        table.add_row(cells);
    }
    format!("\n\n{table}")
}

fn types(listing: &Listing) -> String {
    let mut table = table(&["type", "is"]);
    for named in notes::types(listing) {
        table.add_row([shown(&named.described()), shown(&named.is.to_string())]);
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

fn errors(listing: &Listing) -> String {
    let mut table = table(&["error", "code", "status", "when"]);
    for named in notes::errors(listing) {
        for (i, kind) in named.is.kinds.iter().enumerate() {
            let name = if i == 0 { shown(&named.described()) } else { String::new() };
            table.add_row([name, shown(&kind.code), kind.status.to_string(), shown(&kind.docs)]);
        }
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

/// Returns what does not fit a cell: escapes, budgets, states, types that could not be traced.
fn remarks(listing: &Listing) -> String {
    let style = Style::new(listing, shown, shown);
    let mut table = table(&["function", "remark"]);
    let mut add = |name: String, remarks: Vec<String>| {
        if !remarks.is_empty() {
            table.add_row([name, remarks.join("\n")]);
        }
    };
    for row in &listing.functions {
        add(shown(&row.full_name()), style.function(listing, row));
    }
    for contract in &listing.contracts {
        for method in &contract.methods {
            add(shown(&contract.full_name(method)), style.method(method));
        }
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

/// Columns that are made at least as wide as their longest word, up to so many characters.
fn keep_words_whole(table: &mut Table, columns: &[(usize, usize)]) {
    for &(index, most) in columns {
        let words = table.column_cells_with_header_iter(index).flatten().map(|cell| {
            let content = cell.content();
            content.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0)
        });
        let padding = 2;
        let width = words.max().unwrap_or(0).min(most) + padding;
        if let (Some(column), Ok(width)) = (table.column_mut(index), u16::try_from(width)) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(header.to_vec());
    table
}
