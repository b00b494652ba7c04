//! The audit log under a busy or hostile plugin.

use std::fs;
use std::path::Path;

use hostfn::observe::{AuditFile, AuditOptions};
use hostfn::{Grants, Host, HostFn, Plugin, Registry, host_fn};
use serde_json::Value;

hostfn::capabilities! {
    /// Use notes.
    NOTES = "notes" in name;
}

/// Read a note.
#[host_fn(capability = NOTES(name))]
fn read(name: &str) -> u64 {
    name.len() as u64
}

/// Exports `allowed` and `denied`, which make so many calls, each with another value where `denied` asks for it.
const GUEST: &str = r#"(module
    (import "host" "read" (func $read (param i32 i32) (result i64)))
    (memory (export "memory") 2)
    (func (export "plugin_alloc") (param i32) (result i32) i32.const 65536)
    (data (i32.const 0) "\91\a4good")
    (data (i32.const 16) "\91\a4evil")
    (func $times (param $at i32) (param $count i32) (param $vary i32)
      (loop $again
        (if (local.get $vary) (then
          (i32.store8 offset=2 (local.get $at) (i32.add (i32.const 97) (i32.rem_u (local.get $count) (i32.const 26))))
          (i32.store8 offset=3 (local.get $at) (i32.add (i32.const 97) (i32.rem_u (i32.div_u (local.get $count) (i32.const 26)) (i32.const 26))))))
        (drop (call $read (local.get $at) (i32.const 6)))
        (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    (func (export "allowed") (param i32 i32) (result i64) (call $times (i32.const 0) (i32.const 20000) (i32.const 0)) i64.const 0)
    (func (export "denied") (param i32 i32) (result i64) (call $times (i32.const 16) (i32.const 500) (i32.const 0)) i64.const 0)
    (func (export "varied") (param i32 i32) (result i64) (call $times (i32.const 16) (i32.const 600) (i32.const 1)) i64.const 0))"#;

fn plugin(audit: &AuditFile, name: &str) -> Plugin {
    let registry = Registry::builder().add(read::SPEC).build().unwrap();
    let host = Host::builder(registry).observer(audit.clone()).build().unwrap();
    host.load(name, &wat::parse_str(GUEST).unwrap()).unwrap()
}

fn grants() -> Grants {
    Grants::none().allow_within(&NOTES, ["good"]).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn denials(lines: &[Value]) -> impl Iterator<Item = &Value> {
    lines.iter().filter(|line| line["decision"] == "out_of_scope")
}

/// The files are as much smaller as the flood is than 330 MB.
#[test]
fn audit_busy_plugin_cannot_rotate_denials_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditOptions::new().rotate_at(64 << 10).keep(2).create(&path).unwrap();
    let plugin = plugin(&audit, "busy");
    let mut instance = plugin.instantiate(&grants()).unwrap();
    drop(instance.call::<(), ()>("denied", ()));
    for _ in 0..10 {
        drop(instance.call::<(), ()>("allowed", ()));
    }
    instance.close().unwrap();
    audit.close().unwrap();
    assert!(dir.path().join("audit.jsonl.2").exists(), "the flood filled the files");
    let kept = lines(&dir.path().join("audit.jsonl.denials"));
    let first: Vec<_> = denials(&kept).filter(|line| line.get("repeated").is_none()).collect();
    assert_eq!(first.len(), 1, "the first one is there, once: {kept:?}");
    assert_eq!((&first[0]["scope_value"], &first[0]["plugin"]), (&"evil".into(), &"busy".into()));
    let repeated: u64 = denials(&kept).filter_map(|line| line["repeated"].as_u64()).sum();
    assert_eq!(repeated, 499, "the others are counted");
    for phase in ["load", "instantiate", "init", "close"] {
        assert!(kept.iter().any(|line| line["phase"] == phase), "{phase}: {kept:?}");
    }
    assert!(!kept.iter().any(|line| line["decision"] == "granted"));
}

#[test]
fn audit_denial_flood_of_many_values_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditOptions::new().denials_at(dir.path().join("denied.jsonl")).create(&path).unwrap();
    for _ in 0..3 {
        drop(plugin(&audit, "greedy").instantiate(&grants()).unwrap().call::<(), ()>("varied", ()));
    }
    drop(plugin(&audit, "modest").instantiate(&grants()).unwrap().call::<(), ()>("denied", ()));
    audit.close().unwrap();
    let kept = lines(&dir.path().join("denied.jsonl"));
    let of = |plugin: &str| kept.iter().filter(|line| line["plugin"] == plugin).collect::<Vec<_>>();
    let first = |line: &&&Value| line["decision"] == "out_of_scope" && line.get("repeated").is_none();
    assert_eq!(of("greedy").iter().filter(first).count(), 256);
    assert_eq!(of("modest").iter().filter(first).count(), 1, "another plugin's first denial is there");
    let counted: u64 = of("greedy").iter().filter_map(|line| line["repeated"].as_u64()).sum();
    assert_eq!(counted + 256, 1800);
}

#[test]
fn audit_granted_calls_are_sampled_and_counted() {
    for (sample, written) in [(0, 0), (100, 200), (1, 20_000)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        let audit = AuditOptions::new().queue(50_000).sample_granted(sample).create(&path).unwrap();
        let mut instance = plugin(&audit, "p").instantiate(&grants()).unwrap();
        drop(instance.call::<(), ()>("allowed", ()));
        drop(instance.call::<(), ()>("denied", ()));
        audit.close().unwrap();
        let lines = lines(&path);
        let granted = lines.iter().filter(|line| line["decision"] == "granted").count() as u64;
        let sum = |key: &str| lines.iter().filter_map(|line| line[key].as_u64()).sum::<u64>();
        assert_eq!(granted + sum("skipped") + sum("lost"), 20_000);
        assert!(sum("lost") > 0 || granted == written, "{granted} of {written}");
        assert_eq!(denials(&lines).count(), 500, "what was denied is never left out");
    }
}

#[test]
fn audit_lines_carry_labels_of_file_and_instance() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let audit = AuditOptions::new().label("region", "north").label("tenant", "none").create(&path).unwrap();
    let plugin = plugin(&audit, "p");
    let grants = grants();
    let mut ours = plugin.start(&grants).label("tenant", "a\u{202e}").label("request", "7").run().unwrap();
    let mut other = plugin.instantiate(&grants).unwrap();
    let (id, other_id) = (ours.id(), other.id());
    drop((ours.call::<(), ()>("denied", ()), other.call::<(), ()>("denied", ())));
    ours.close().unwrap();
    audit.close().unwrap();
    for path in [path.clone(), dir.path().join("audit.jsonl.denials")] {
        assert!(!fs::read_to_string(&path).unwrap().contains('\u{202e}'));
        let lines = lines(&path);
        for line in &lines {
            let labels = &line["labels"];
            assert_eq!(labels["region"], "north", "{line}");
            if line["instance"] == id {
                assert_eq!(
                    (&labels["tenant"], &labels["request"]),
                    (&"a\u{202e}".into(), &"7".into()),
                    "{line}"
                );
            } else {
                assert_eq!((&labels["tenant"], labels.get("request")), (&"none".into(), None), "{line}");
            }
        }
        assert!(lines.iter().any(|line| line["instance"] == id && line["phase"] == "close"));
        assert!(
            lines.iter().any(|line| line["instance"] == other_id) || path.ends_with("audit.jsonl.denials")
        );
    }
}
