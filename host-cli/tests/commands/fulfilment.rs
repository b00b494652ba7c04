//! Reports of `inspect` on contracts, records and the allocator: headline, sections, exit code.

use hostfn_cli::Exit;
use hostfn_core::{EntryRecord, FunctionRecord, Listing};

use crate::generated::valid;
use crate::plugins::listing;
use crate::{Files, Ran, hostfn};

const ALLOC: &str = r#"(func (export "plugin_alloc") (param i32) (result i32) unreachable)"#;
const RUN: &str = r#"(func (export "run") (param i32 i32) (result i64) unreachable)"#;
const READ: &str = r#"(func (export "read") (param i32 i32) (result i64) unreachable)"#;
const GREET: &str = r#"(import "host" "greet" (func (param i32 i32) (result i64)))"#;

fn module(imports: &str, body: &str, records: &str) -> Vec<u8> {
    let records: String = records.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    wat::parse_str(format!(
        r#"(module {imports} (memory (export "memory") 1) {body} (@custom "hostfn.functions" "{records}"))"#
    ))
    .unwrap()
}

/// Inspects a module against a listing.
fn inspect(listing: &Listing, module: &[u8], more: &[&str]) -> Ran {
    let files = Files::new();
    let host = files.listing("listing.json", listing);
    let plugin = files.write("p.wasm", module);
    let mut args: Vec<&dyn AsRef<std::path::Path>> = vec![&"inspect", &plugin, &"--listing", &host];
    args.extend(more.iter().map(|arg| arg as &dyn AsRef<std::path::Path>));
    hostfn(&args)
}

fn headline(ran: &Ran) -> &str {
    ran.out.lines().next().unwrap_or(&ran.err)
}

fn entries(listing: &Listing) -> String {
    let contract = &listing.contracts[0];
    let record = |method| EntryRecord::from_row(contract, method).to_bytes();
    String::from_utf8(contract.methods.iter().flat_map(record).collect()).unwrap()
}

#[test]
fn inspect_of_fulfilled_contract_succeeds() {
    let ran = inspect(&listing(), &module("", &format!("{ALLOC}{RUN}{READ}"), ""), &[]);
    assert_eq!(ran.exit, Exit::Success, "{}", ran.out);
    assert_eq!(headline(&ran), "plugin p: the host can load and instantiate it; it fulfils reader.v1");
    assert!(ran.out.contains("\ncontracts: 1\n  reader.v1  fulfilled\n"), "{}", ran.out);
    assert!(ran.out.contains("\nbuilt against: not recorded\n"), "{}", ran.out);
}

#[test]
fn inspect_of_incomplete_contract_is_denied() {
    let ran = inspect(&listing(), &module("", &format!("{ALLOC}{RUN}"), ""), &[]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    assert_eq!(
        headline(&ran),
        "plugin p: the host can load and instantiate it; it does not fulfil reader.v1"
    );
    assert!(
        ran.out.contains("\n  reader.v1  lacks read\n  H0312 plugin `p`, export `read`: "),
        "{}",
        ran.out
    );
    let markdown = inspect(&listing(), &module("", &format!("{ALLOC}{RUN}"), ""), &["--format", "markdown"]);
    assert!(markdown.out.contains("| `reader.v1` | lacks `read` |"), "{}", markdown.out);
}

#[test]
fn inspect_of_wrong_entry_type_is_denied() {
    let wrong = r#"(func (export "read") (param i32) (result i64) unreachable)"#;
    let ran = inspect(&listing(), &module("", &format!("{ALLOC}{RUN}{wrong}"), ""), &[]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    assert!(headline(&ran).ends_with("; it does not fulfil reader.v1"), "{}", ran.out);
    assert!(ran.out.contains("\n  reader.v1  wrong type of read\n"), "{}", ran.out);
    let row = ran.out.lines().find(|line| line.trim_start().starts_with("read ")).unwrap();
    assert!(row.ends_with("named as reader.v1.read, which is (i32, i32) -> i64"), "{row}");
}

#[test]
fn inspect_without_contract_is_denied() {
    let plain = module("", "", "");
    let ran = inspect(&listing(), &plain, &[]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    assert!(headline(&ran).ends_with("; it fulfils no contract of the host"), "{}", ran.out);
    assert!(ran.out.contains("\ncontracts: none of the host's\n"), "{}", ran.out);
    let markdown = inspect(&listing(), &plain, &["--format", "markdown"]);
    assert!(markdown.out.contains("## Contracts\n\nNone of the host's.\n"), "{}", markdown.out);
    // a host without contracts calls plugins in another way
    let bare = Listing { contracts: Vec::new(), ..listing() };
    let ran = inspect(&bare, &plain, &[]);
    assert_eq!((ran.exit, headline(&ran)), (Exit::Success, "plugin p: the host can load and instantiate it"));
}

#[test]
fn inspect_with_required_contract() {
    let mut two = listing();
    let mut other = two.contracts[0].clone();
    other.id = "other.v1".to_owned();
    for method in &mut other.methods {
        method.entry = format!("other_{}", method.entry);
        method.fingerprint = method.expected_fingerprint("other.v1");
    }
    two.contracts.insert(0, other);
    let both = format!("{ALLOC}{RUN}{READ}");
    assert_eq!(inspect(&two, &module("", &both, ""), &[]).exit, Exit::Success);
    assert_eq!(inspect(&two, &module("", &both, ""), &["--contract", "reader.v1"]).exit, Exit::Success);
    let ran = inspect(&two, &module("", &both, ""), &["--contract", "reader.v1", "--contract", "other.v1"]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    assert!(headline(&ran).ends_with("; it fulfils reader.v1, and does not fulfil other.v1"), "{}", ran.out);
    let ran = inspect(&two, &module("", &both, ""), &["--contract", "rader.v1"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
    assert!(ran.err.contains("the host has no contract `rader.v1`; name one of "), "{}", ran.err);
    let files = Files::new();
    let alone =
        hostfn(&[&"inspect", &files.write("p.wasm", module("", "", "")), &"--contract", &"reader.v1"]);
    assert_eq!(alone.exit, Exit::Failure);
}

#[test]
fn inspect_of_drifted_contract_agrees_with_host() {
    let mut later = listing();
    let method = &mut later.contracts[0].methods[0];
    method.params.clear();
    method.fingerprint = method.expected_fingerprint("reader.v1");
    let built = module("", &format!("{ALLOC}{RUN}{READ}"), &entries(&listing()));
    let ran = inspect(&listing(), &built, &[]);
    assert_eq!(ran.exit, Exit::Success, "{}", ran.out);
    assert!(ran.out.contains("  unchanged\n"), "{}", ran.out);
    let ran = inspect(&later, &built, &[]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    assert_eq!(ran.out.matches("H0322 plugin `p`, method `").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("built against another version\n"), "{}", ran.out);
    assert!(headline(&ran).contains("refused (1 problem); it does not fulfil reader.v1"), "{}", ran.out);
}

#[test]
fn inspect_lists_records_of_imports_and_exports_alone() {
    let all = listing();
    let records: String = all
        .functions
        .iter()
        .map(|row| String::from_utf8(FunctionRecord::from_row(row).to_bytes()).unwrap())
        .collect();
    let records = records + &entries(&all);
    let ran = inspect(&all, &module(GREET, &format!("{ALLOC}{RUN}"), &records), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    valid(&hostfn(&[&"schema", &"inspection"]).out, &ran.out).unwrap();
    let rows = json["built_against"]["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["function"].as_str().unwrap()).collect();
    assert_eq!(names, ["host.greet", "reader.v1.run"]);
    assert_eq!(json["built_against"]["count"], 2);
}

#[test]
fn inspect_warns_of_missing_allocator() {
    let bare = Listing { contracts: Vec::new(), ..listing() };
    let ran = inspect(&bare, &module(GREET, "", ""), &[]);
    assert!(headline(&ran).ends_with("; 1 warning"), "{}", ran.out);
    let lost = "\nwarnings: 1\n  no `plugin_alloc` and no reply window: every reply of `host.greet` is lost (`NO_ROOM`)\n";
    assert!(ran.out.contains(lost), "{}", ran.out);
    let window = format!(r#"{GREET} (import "host" "host_set_window" (func (param i32 i32) (result i32)))"#);
    let ran = inspect(&bare, &module(&window, "", ""), &[]);
    assert!(ran.out.contains("a reply of `host.greet` that exceeds the reply window is lost"), "{}", ran.out);
    let ran = inspect(&bare, &module(GREET, ALLOC, ""), &["--format", "markdown"]);
    assert!(!ran.out.contains("warning") && !ran.out.contains("Warnings"), "{}", ran.out);
    // an entry that takes arguments cannot be called either
    let ran = inspect(&listing(), &module("", &format!("{RUN}{READ}"), ""), &[]);
    let fails = "no `plugin_alloc`: every call of `run` fails, which takes arguments";
    assert!(ran.out.contains(fails), "{}", ran.out);
}
