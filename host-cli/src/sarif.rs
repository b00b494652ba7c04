//! SARIF 2.1.0, in which code hosts take findings and show them at the line.

use std::path::Path;

use hostfn_core::{Change, Class, Untrusted};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::judged::Judged;
use crate::text;

#[derive(Serialize)]
struct Log<'j> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'j>; 1],
}

#[derive(Serialize)]
struct Run<'j> {
    tool: Value,
    results: Results<'j>,
}

struct Results<'j>(&'j Judged<'j>);

impl Serialize for Results<'_> {
    /// One at a time: a finding as a [`Value`] is many times as large as its text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.diff.changes.iter().map(|change| result(change, self.0)))
    }
}

pub(crate) fn render(judged: &Judged<'_>) -> String {
    let rules: Vec<Value> = Class::ALL.into_iter().map(rule).collect();
    let tool = json!({
        "driver": { "name": "hostfn", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules },
    });
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool, results: Results(judged) }],
    };
    text::json(&log)
}

fn rule(class: Class) -> Value {
    json!({
        "id": class.as_str(),
        "shortDescription": { "text": format!("What plugins can reach changed: {}.", class.meaning()) },
        "help": { "text": "If it is meant, write the lock again with `HOSTFN_BLESS=1 cargo test` and commit it." },
    })
}

fn result(change: &Change, judged: &Judged<'_>) -> Value {
    let (file, line) = place(change, judged.old);
    let message = format!("{} {}: {}", change.item, change.name, change.sentence()).replace('\n', " ");
    let known = format!("{} {} {}", change.item, change.name, change.what);
    json!({
        "ruleId": change.class.as_str(),
        "ruleIndex": Class::ALL.iter().position(|class| *class == change.class),
        "level": if judged.denied.contains(&change.class) { "error" } else { "note" },
        "message": { "text": Untrusted::new(&message).at_most(4096).sarif().to_string() },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": file }, "region": { "startLine": line } },
        }],
        // so that a finding is known again when its line has moved
        "partialFingerprints": { "change/v1": Untrusted::new(&known).at_most(4096).to_string() },
    })
}

/// A place in the sources that are checked: those of another package are elsewhere, and what has no place is shown
/// where it was reviewed.
fn place(change: &Change, old: &Path) -> (String, u32) {
    let elsewhere = change.line == 0 || change.outside.is_some();
    let (file, line) =
        if elsewhere { (old.display().to_string(), 1) } else { (change.file.clone(), change.line) };
    (uri(&file), line)
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut uri = String::with_capacity(path.len());
    // two slashes would begin the name of a server
    let path = path.strip_prefix('/').map_or(path, |rest| {
        uri.push('/');
        rest.trim_start_matches('/')
    });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into());
            }
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}
