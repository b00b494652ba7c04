use super::{FunctionRow, Listing};

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
            &format!("{} {}:{}, {}, {}", row.krate, row.file, row.line, row.origin, row.convention),
            &code(&row.fingerprint),
        ]);
    }
    if !listing.capabilities.is_empty() {
        out += "\n## Capabilities\n\n| capability | scope | what it allows | functions | granted |\n|---|---|---|---|---|\n";
        for row in &listing.capabilities {
            out += &line(&[
                &code(&row.name),
                &row.scope,
                &row.about,
                &row.functions.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
                row.granted.as_deref().unwrap_or(""),
            ]);
        }
    }
    let details: String = listing.functions.iter().map(details).collect();
    if !details.is_empty() {
        out += "\n## Details\n";
        out += &details;
    }
    out
}

fn details(row: &FunctionRow) -> String {
    let mut items = Vec::new();
    items.extend(
        row.types.iter().map(|(name, def)| format!("type {} is {}", code(name), code(&def.to_string()))),
    );
    items.extend(row.states.iter().map(|state| format!("reaches the instance's {}", code(state))));
    items.extend(
        row.error
            .iter()
            .flat_map(|error| &error.kinds)
            .map(|kind| format!("fails with {} ({}): {}", code(&kind.code), kind.status, escape(&kind.docs))),
    );
    items.extend(
        row.opaque()
            .map(|(part, rust, reason)| format!("{part} is opaque: {}: {}", code(rust), escape(reason))),
    );
    items.extend(row.max_args.map(|bytes| format!("takes at most {bytes} bytes")));
    items.extend(row.max_reply.map(|bytes| format!("replies at most {bytes} bytes")));
    items.extend(row.quota.map(|calls| format!("at most {calls} calls within one call from the host")));
    items.extend((row.since > 1).then(|| format!("since version {}", row.since)));
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("\n### {}\n\n{items}", code(&row.full_name()))
}

fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A code span; a shape or a name holds no backtick.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
