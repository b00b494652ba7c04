use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::{ESCAPES, ErrorRow, Listing};

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
                package(&row.krate, row.outside.as_deref()),
                row.file,
                row.line,
                row.origin,
                row.convention,
                row.fingerprint
            ),
        ]);
    }
    keep_words_whole(&mut functions, &[(0, 26), (1, 18), (4, 30)]);
    let mut out = functions.to_string();
    out += &capabilities(listing);
    out += &guest_side(listing);
    out += &types(listing);
    out += &remarks(listing);
    out += &unregistered(listing);
    let mut trimmed: String = out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let contracts = match listing.contracts.len() {
        0 => String::new(),
        contracts => format!(", {contracts} contracts"),
    };
    trimmed += &format!(
        "\n{} functions, {} capabilities, {} always available{contracts}{}\n",
        listing.functions.len(),
        listing.capabilities.len(),
        listing.functions.iter().filter(|row| row.capability.is_none()).count(),
        stands_out(listing),
    );
    trimmed
}

/// How many there are of what an auditor would not expect.
fn stands_out(listing: &Listing) -> String {
    let outside = listing.functions.iter().filter(|row| row.outside.is_some()).count();
    let counts =
        [(outside, "from outside the workspace"), (listing.unregistered.len(), "linked and not registered")];
    counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect()
}

fn package(krate: &str, outside: Option<&str>) -> String {
    match outside {
        Some(version) => format!("outside: {krate} {version}"),
        None => krate.to_owned(),
    }
}

fn unregistered(listing: &Listing) -> String {
    let mut table = table(&["linked and not registered: no plugin can call it", "declared"]);
    for row in &listing.unregistered {
        let package = package(&row.krate, row.outside.as_deref());
        table.add_row([row.full_name(), format!("{package}\n{}:{}", row.file, row.line)]);
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
            contract.file,
            contract.line,
            contract.origin
        );
        add([contract.id.clone(), String::new(), String::new(), contract.summary.clone(), place]);
        for method in &contract.methods {
            add([
                contract.full_name(method),
                method.entry.clone(),
                method.signature(),
                method.summary.clone(),
                format!("{}\n{}", method.convention, method.fingerprint),
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
        let mut cells = vec![row.name.clone(), row.scope.clone(), row.about(), row.functions.join("\n")];
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
    for contract in &listing.contracts {
        for method in &contract.methods {
            for (name, def) in &method.types {
                table.add_row([contract.full_name(method), name.clone(), def.to_string()]);
            }
        }
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

/// What does not fit a cell: escapes, budgets, states, errors, types that could not be traced.
fn remarks(listing: &Listing) -> String {
    let mut table = table(&["function", "remark"]);
    for row in &listing.functions {
        let mut add = |remark: String| {
            table.add_row([row.full_name(), remark]);
        };
        if listing.escapes(row) {
            add(ESCAPES.to_owned());
        }
        for state in &row.states {
            add(format!("reaches the instance's {state}"));
        }
        own_errors(row.error.as_ref()).chain(opaque(row.opaque())).for_each(&mut add);
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
    for contract in &listing.contracts {
        for method in &contract.methods {
            for remark in own_errors(method.error.as_ref()).chain(opaque(method.opaque())) {
                table.add_row([contract.full_name(method), remark]);
            }
        }
    }
    if table.is_empty() { String::new() } else { format!("\n\n{table}") }
}

fn own_errors(error: Option<&ErrorRow>) -> impl Iterator<Item = String> {
    let kinds = error.into_iter().flat_map(|error| &error.kinds);
    kinds.map(|kind| format!("fails with {} ({}): {}", kind.code, kind.status, kind.docs))
}

fn opaque<'r>(parts: impl Iterator<Item = (&'r str, &'r str, &'r str)>) -> impl Iterator<Item = String> {
    parts.map(|(part, rust, reason)| format!("{part} is opaque: {rust}: {reason}"))
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
