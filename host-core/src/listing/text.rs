use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::Listing;

const WIDTH: u16 = 100;

pub(super) fn render(listing: &Listing) -> String {
    let mut functions = table(&["function", "requires", "takes -> replies", "what it does", "declared"]);
    for row in &listing.functions {
        functions.add_row([
            row.full_name(),
            row.requirement(),
            row.signature(),
            row.summary.clone(),
            format!(
                "{}\n{}:{}\n{}, {}\n{}",
                row.krate, row.file, row.line, row.origin, row.convention, row.fingerprint
            ),
        ]);
    }
    keep_words_whole(&mut functions, &[(0, 26), (1, 18), (4, 30)]);
    let mut out = functions.to_string();
    out += &capabilities(listing);
    out += &types(listing);
    out += &remarks(listing);
    let mut trimmed: String = out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    trimmed += &format!(
        "\n{} functions, {} capabilities, {} always available\n",
        listing.functions.len(),
        listing.capabilities.len(),
        listing.functions.iter().filter(|row| row.capability.is_none()).count(),
    );
    trimmed
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
        let mut cells =
            vec![row.name.clone(), row.scope.clone(), row.about.clone(), row.functions.join("\n")];
        cells.extend(row.granted.clone());
        table.add_row(cells);
    }
    format!("\n\n{table}")
}

fn types(listing: &Listing) -> String {
    let mut table = table(&["function", "type", "is"]);
    for row in &listing.functions {
        for (name, def) in &row.types {
            table.add_row([row.full_name(), name.clone(), def.to_string()]);
        }
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

/// What does not fit a cell: budgets, states, errors, types that could not be traced.
fn remarks(listing: &Listing) -> String {
    let mut table = table(&["function", "remark"]);
    for row in &listing.functions {
        let mut add = |remark: String| {
            table.add_row([row.full_name(), remark]);
        };
        for state in &row.states {
            add(format!("reaches the instance's {state}"));
        }
        for kind in row.error.iter().flat_map(|error| &error.kinds) {
            add(format!("fails with {} ({}): {}", kind.code, kind.status, kind.docs));
        }
        for (part, rust, reason) in row.opaque() {
            add(format!("{part} is opaque: {rust}: {reason}"));
        }
        if let Some(bytes) = row.max_args {
            add(format!("takes at most {bytes} bytes"));
        }
        if let Some(bytes) = row.max_reply {
            add(format!("replies at most {bytes} bytes"));
        }
        if let Some(calls) = row.quota {
            add(format!("at most {calls} calls within one call from the host"));
        }
        if row.since > 1 {
            add(format!("since version {}", row.since));
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
