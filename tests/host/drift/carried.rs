//! Carried records: accepted, rejected and ignored ones.

use hostfn::HostFnSpec;
use hostfn::audit::FunctionRecord;
use hostfn::spec::{Param, reply_shape};
use proptest::prelude::*;

use super::{escaped, guest, record, registry, wrong};

static ADD: HostFnSpec = HostFnSpec::new("shop", "add", |call| call.authorize()?.reply(&0_u64))
    .always_available()
    .with_params(&[Param::new::<u64>("a"), Param::new::<u64>("b")])
    .with_reply(reply_shape!(u64));
static ADD_NOW: HostFnSpec = HostFnSpec::new("shop", "add", |call| call.authorize()?.reply(&0_u64))
    .always_available()
    .with_params(&[Param::new::<u64>("a"), Param::new::<u32>("b")])
    .with_reply(reply_shape!(u64));
static SUB: HostFnSpec = HostFnSpec::new("shop", "sub", |call| call.authorize()?.reply(&0_u64))
    .always_available()
    .with_params(&[Param::new::<u64>("a")])
    .with_reply(reply_shape!(u64));
static SUB_NOW: HostFnSpec =
    HostFnSpec::new("shop", "sub", |call| call.authorize()?.reply(&())).always_available();

const CHANGED: &str = "H0322 plugin `p`, function `add` of module `shop`: parameter `b` was `u64` when the plugin was \
                       built, and is `u32`; regenerate the plugin's bindings from this host's listing, and build it again";
const ADDS: &[(&str, &str)] = &[("shop", "add")];

#[test]
fn a_record_is_read_back() {
    let records = [record(&ADD), record(&SUB)].concat();
    let read = FunctionRecord::read_all(&records).unwrap();
    let again: Vec<u8> = read.iter().flat_map(FunctionRecord::to_bytes).collect();
    assert_eq!(again, records);
    let listing = registry(&[&ADD, &SUB]).listing();
    for (record, row) in read.iter().zip(&listing.functions) {
        assert_eq!((record.module(), record.name()), ("shop", row.name.as_str()));
        assert_eq!(record.fingerprint(), row.fingerprint);
    }
}

#[test]
fn a_guest_without_records_is_taken_as_it_is() {
    assert_eq!(wrong(&guest(ADDS, b"", ""), &[&ADD_NOW]), [""; 0]);
    assert_eq!(wrong(&guest(ADDS, b"\n\n\0\n", ""), &[&ADD_NOW]), [""; 0]);
}

#[test]
fn what_the_guest_does_not_import_does_not_count() {
    let both = [record(&ADD), record(&SUB)].concat();
    let now: &[_] = &[&ADD_NOW, &SUB_NOW];
    assert_eq!(wrong(&guest(ADDS, &both, ""), now), [CHANGED]);
    assert_eq!(wrong(&guest(&[], &both, ""), now), [""; 0]);
    assert_eq!(wrong(&guest(&[], &both, ""), &[]), [""; 0]);
}

/// As a linker leaves them, or a program that writes text with zeroes behind it.
#[test]
fn records_of_several_sources_are_read_together() {
    let (add, sub) = (record(&ADD), record(&SUB));
    let trimmed = add.trim_ascii_end();
    let imports = [("shop", "add"), ("shop", "sub")];
    let now: &[_] = &[&ADD_NOW, &SUB_NOW];
    for section in [
        [&add[..], &sub].concat(),
        [&sub[..], &add, &add].concat(),
        [trimmed, b"\0", &sub, b"\0\0\0"].concat(),
        [b"\n", &sub[..], b"  ", trimmed].concat(),
    ] {
        let found = wrong(&guest(&imports, &section, ""), now);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            found[0],
            "H0322 plugin `p`, function `add` of module `shop`: parameter `b` was `u64` when the \
                              plugin was built, and is `u32`; regenerate the plugin's bindings from this host's \
                              listing, and build it again"
        );
        assert!(found[1].contains("function `sub` of module `shop`: parameter `a` is gone"), "{found:?}");
        assert!(found[2].contains("function `sub` of module `shop`: the reply was `u64`"), "{found:?}");
    }
    let second = format!(r#"(@custom "hostfn.functions" "{}")"#, escaped(trimmed));
    assert_eq!(wrong(&guest(ADDS, trimmed, &second), &[&ADD_NOW]), [CHANGED]);
}

/// Of two that differ each counts: one of them is what some part of the guest believes.
#[test]
fn two_records_of_one_function() {
    let both = [record(&ADD_NOW), record(&ADD)].concat();
    assert_eq!(wrong(&guest(ADDS, &both, ""), &[&ADD_NOW]), [CHANGED]);
    assert_eq!(wrong(&guest(ADDS, &both, ""), &[&ADD]).len(), 1);
}

#[test]
fn a_constant_global_names_them_in_memory() {
    let mut text = record(&ADD);
    text.push(0);
    let text = escaped(&text);
    let of = |more: &str| wrong(&guest(ADDS, b"", more), &[&ADD_NOW]);
    let global = r#"(global (export "hostfn_functions") i32 (i32.const 1024))"#;
    let data = |at: &str| format!(r#"(data {at} "{text}after it")"#);

    assert_eq!(of(&format!("{global} {}", data("(i32.const 1024)"))), [CHANGED]);
    let before = format!(r#"(data (i32.const 1020) "1234{text}")"#);
    assert_eq!(
        of(&format!(r#"(global i32 (i32.const 7)) {global} (data (i32.const 8) "1") {before}"#)),
        [CHANGED]
    );
    // the last segment wins, as it does when the module is instantiated
    assert_eq!(
        of(&format!(r#"{global} {} (data (i32.const 1024) "\00")"#, data("(i32.const 1024)"))),
        [""; 0]
    );

    // those that are imported, which a host has none of, count too
    let imported = format!(
        r#"(module (import "host" "n" (global i32)) (import "shop" "add" (func (param i32 i32) (result i64)))
            (memory (export "memory") 1) {global} {})"#,
        data("(i32.const 1024)")
    );
    assert_eq!(wrong(&wat::parse_str(imported).unwrap(), &[&ADD_NOW])[1..], [CHANGED]);

    let at = "H0320 plugin `p`, global `hostfn_functions`: ";
    let starts = |found: Vec<String>, what: &str| {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("{at}{what}; ")), "{found:?}");
    };
    for nowhere in ["", &data(""), &data("(i32.const 1025)"), &data("(i32.const -9)")] {
        starts(of(&format!("{global} {nowhere}")), "it names no data that the module brings along");
    }
    for (global, what) in [
        (r#"(func (export "hostfn_functions"))"#, "it is not a global"),
        (
            r#"(global (export "hostfn_functions") i64 (i64.const 1024))"#,
            "it is not a constant of the module's own",
        ),
        (
            r#"(global (export "hostfn_functions") (mut i32) (i32.const 1024))"#,
            "it is not a constant of the module's own",
        ),
    ] {
        starts(of(&format!("{global} {}", data("(i32.const 1024)"))), what);
    }
}

#[test]
fn what_is_no_record_is_refused_with_its_place() {
    let section = [b"what\n".to_vec(), record(&ADD), b"{}\n[1,2]".to_vec(), b"\n\xff\xfe".to_vec()].concat();
    let found = wrong(&guest(ADDS, &section, ""), &[&ADD]);
    let end = 5 + record(&ADD).len();
    let at = |number: usize, byte: usize| {
        format!(
            "H0320 plugin `p`, section `hostfn.functions`, function record {number} at byte {byte}: it is not one: "
        )
    };
    let expected = [
        at(1, 0) + "expected value at line 1 column 1",
        at(3, end) + "missing field `module` at line 1 column 2",
        at(4, end + 3) + "invalid type: integer `1`, expected a string at line 1 column 2",
        at(5, end + 9) + "expected value at line 1 column 1",
    ];
    assert_eq!(found, expected.map(|line| line + "; write it as `hostfn` makes it, unchanged"));
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let of = |section: &[u8]| {
        let found = wrong(&guest(ADDS, section, ""), &[&ADD_NOW]);
        found.first().cloned().unwrap_or_default()
    };
    let place = "H0320 plugin `p`, section `hostfn.functions`, function record";
    let long = vec![b'\n'; 1024 * 1024 + 1];
    assert!(of(&long).starts_with(&format!("{place}s: they are more than 1048576 bytes; ")), "{}", of(&long));
    assert_eq!(of(&long[1..]), "");
    let long = [vec![b' '; 10], vec![b'x'; 64 * 1024 + 1]].concat();
    let what = format!("{place} 1 at byte 0: it is 65537 bytes, and a record has at most 65536; ");
    assert!(of(&long).starts_with(&what), "{}", of(&long));

    let template = String::from_utf8(record(&ADD)).unwrap();
    let deep = |n: usize| format!("{}\"u8\"{}", "{\"option\":".repeat(n), "}".repeat(n));
    let nested = template.replace(r#""reply":"u64""#, &format!(r#""reply":{}"#, deep(5000)));
    assert_ne!(nested, template);
    assert!(of(nested.as_bytes()).contains("recursion limit exceeded"), "{}", of(nested.as_bytes()));

    // sixty-four problems are enough
    let many: Vec<u8> = b"x\n".repeat(200_000);
    assert_eq!(wrong(&guest(ADDS, &many, ""), &[&ADD]).len(), 64);
    let many: String = (0..3000)
        .map(|i| template.replace("\"a\"", &format!("\"a{i}\"")).replace(&fingerprint(), "?"))
        .collect();
    assert!((64..80).contains(&wrong(&guest(ADDS, many.as_bytes(), ""), &[&ADD]).len()));
    let both = many.replace("\"add\"", "\"sub\"") + &many;
    let imports = [("shop", "add"), ("shop", "sub")];
    assert!((64..80).contains(&wrong(&guest(&imports, both.as_bytes(), ""), &[&ADD, &SUB]).len()));
}

fn fingerprint() -> String {
    registry(&[&ADD]).listing().functions[0].fingerprint.clone()
}

static TREES: HostFnSpec = HostFnSpec::new("shop", "add", |call| call.authorize()?.reply(&0_u64))
    .always_available()
    .with_params(&[Param::new::<Tree>("a"), Param::new::<u64>("b")])
    .with_reply(reply_shape!(u64));

#[derive(serde::Serialize, serde::Deserialize)]
struct Tree {
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
}

/// Types that lead to each other without an end, or to nothing, do not keep the host.
#[test]
fn types_that_lead_nowhere() {
    let template = String::from_utf8(record(&ADD)).unwrap().replace(&fingerprint(), "?");
    let with = |types: &str| {
        let record = template.replace(r#""reply":"u64""#, &format!(r#""reply":"u64","types":{{{types}}}"#));
        record.replacen(r#""shape":"u64""#, r#""shape":{"named":"T0"}"#, 1)
    };
    let chain: Vec<String> = (0..400)
        .map(|i| {
            let next = format!(r#"{{"option":{{"named":"T{}"}}}}"#, i + 1);
            format!(
                r#""T{i}":{{"struct":{{"fields":[{{"name":"left","shape":{next}}},{{"name":"right","shape":{next}}}]}}}}"#
            )
        })
        .collect();
    let found = wrong(&guest(ADDS, with(&chain.join(",")).as_bytes(), ""), &[&TREES]);
    assert_eq!(
        found,
        [
            "H0320 plugin `p`, record of function `add` of module `shop`: it leads to a type `T400` and does not say what \
          that is; write it as `hostfn` makes it, unchanged"
        ]
    );
    let circle = format!("{},{}", chain.join(","), chain[0].replacen("T0", "T400", 1));
    assert_eq!(wrong(&guest(ADDS, with(&circle).as_bytes(), ""), &[&TREES]), [""; 0]);
}

/// Shows a plugin's text in one line, and truncated.
#[test]
fn a_name_that_misleads() {
    let name = format!("b\\u001b[2J\\u202e{}", "x".repeat(1000));
    let record = String::from_utf8(record(&ADD)).unwrap().replace("\"b\"", &format!("\"{name}\""));
    let found = wrong(&guest(ADDS, record.replace(&fingerprint(), "?").as_bytes(), ""), &[&ADD]);
    assert_eq!(found.len(), 1);
    assert!(!found[0].contains('\u{1b}') && !found[0].contains('\u{202e}'), "{}", found[0]);
    assert!(found[0].len() < 600, "{}", found[0]);
}

proptest! {
    /// Whatever is in there, the host says yes or no.
    #[test]
    fn any_bytes(section in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = FunctionRecord::read_all(&section);
    }

    /// A record that was damaged is refused, or read as another.
    #[test]
    fn a_damaged_record(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = [record(&ADD), record(&SUB)].concat();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        let rows = registry(&[&ADD_NOW, &SUB_NOW]).listing().functions;
        if let Ok(records) = FunctionRecord::read_all(&bytes) {
            for record in &records {
                for row in &rows {
                    for problem in record.drift(row) {
                        prop_assert!(!problem.message().is_empty());
                    }
                }
            }
        }
    }
}
