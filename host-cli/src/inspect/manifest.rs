//! A manifest as it is shown: read without a host, valid or not.

use hostfn_core::link::ManifestSource;
use toml::{Table, Value};

use super::report::{AskedRow, Export, Manifest};

/// Returns the parts of a manifest that can be read. The check of the plugin reports what is wrong with it.
pub(super) fn shown(source: &ManifestSource<'_>) -> Option<Manifest> {
    // the check refuses a longer one
    if source.text.len() > 1 << 20 || hostfn_core::toml_too_deep(source.text).is_some() {
        return None;
    }
    let table: Table = source.text.parse().ok()?;
    let string = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut capabilities = Vec::new();
    if let Some(Value::Table(asked)) = table.get("capabilities") {
        asked_in(asked, "", &mut capabilities);
    }
    capabilities.sort_by(|a, b| a.name.cmp(&b.name));
    let exports = table.get("exports").and_then(Value::as_array).into_iter().flatten();
    Some(Manifest {
        location: source.place.clone(),
        name: string("name"),
        version: string("version"),
        abi: table.get("abi").and_then(Value::as_integer),
        capabilities,
        exports: exports.filter_map(export).collect(),
    })
}

/// TOML reads a bare `fs.read` as the key `read` of a table `fs`.
fn asked_in(table: &Table, above: &str, rows: &mut Vec<AskedRow>) {
    for (key, value) in table {
        let name = format!("{above}{key}");
        match value {
            // no capability has a longer name, and tables can be nested by the hundred
            Value::Table(entry)
                if name.len() <= 128
                    && !["reason", "allow", "deny"].iter().any(|key| entry.contains_key(*key)) =>
            {
                asked_in(entry, &format!("{name}."), rows);
            }
            Value::Table(entry) => rows.push(AskedRow {
                name,
                reason: entry.get("reason").and_then(Value::as_str).map(str::to_owned),
                allow: patterns(entry, "allow"),
                deny: patterns(entry, "deny"),
            }),
            _ => rows.push(AskedRow { name, reason: None, allow: Vec::new(), deny: Vec::new() }),
        }
    }
}

fn patterns(entry: &Table, key: &str) -> Vec<String> {
    match entry.get(key) {
        Some(Value::Boolean(true)) => vec!["everything".to_owned()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn export(value: &Value) -> Option<Export> {
    let string = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Export {
        contract: string("contract")?,
        kind: string("type").unwrap_or_default(),
        entry: string("entry").unwrap_or_default(),
        found: false,
    })
}
