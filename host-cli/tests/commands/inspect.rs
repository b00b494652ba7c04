use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use hostfn_cli::Exit;
use hostfn_core::{FunctionRecord, Grants, Listing};

use crate::generated::valid;
use crate::plugins::{listing, registry};
use crate::{Files, Ran, hostfn};

/// The grants of the example's operator.
const GRANTS: &str = r#""notes.read" = { allow = ["day-*", "week-*"] }
"greet" = true
"#;

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn plugin(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// Returns what is there in the repository, whatever folder that is in.
fn relative(text: &str) -> String {
    text.replace(&format!("{}/", repository().display()), "")
}

/// The example's listing without its contracts: what a plugin exports does not count.
fn without_contracts() -> Listing {
    Listing { contracts: Vec::new(), ..listing() }
}

/// A module as text, with what `hostfn.functions` and `hostfn.manifest` hold.
fn assembled(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {body} (memory (export \"memory\") 1))")).unwrap()
}

#[test]
fn the_committed_guests_are_shown_in_every_form() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let grants = files.write("grants.toml", GRANTS);
    let held = |name: &str, format: &str| {
        hostfn(&[&"inspect", &plugin(name), &"--listing", &host, &"--grants", &grants, &"--format", &format])
    };
    let shown = |ran: &Ran, exit: Exit| {
        assert_eq!((ran.exit, ran.err.as_str()), (exit, ""));
        relative(&ran.out)
    };
    let alone = hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm")]);
    expect_file!["../snapshots/inspect-alone.txt"].assert_eq(&shown(&alone, Exit::Success));
    let needed = hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm"), &"--listing", &host]);
    expect_file!["../snapshots/inspect-needed.txt"].assert_eq(&shown(&needed, Exit::Success));
    let refused = held("plugins/greedy/greedy.wasm", "text");
    expect_file!["../snapshots/inspect-refused.txt"].assert_eq(&shown(&refused, Exit::Denied));
    let refused = held("plugins/greedy/greedy.wasm", "markdown");
    expect_file!["../snapshots/inspect-refused.md"].assert_eq(&shown(&refused, Exit::Denied));
    let refused = held("plugins/greedy/greedy.wasm", "json");
    expect_file!["../snapshots/inspect-refused.json"].assert_eq(&shown(&refused, Exit::Denied));
    let schema = hostfn(&[&"schema", &"inspection"]).out;
    expect_file!["../../inspection.schema.json"].assert_eq(&schema);
    valid(&schema, &refused.out).unwrap();
    assert!(valid(&schema, &refused.out.replace("\"denied\"", "1")).is_err());
    // it lacks an entry of the contract
    let linked = held("plugins/notes/notes.wasm", "text");
    expect_file!["../snapshots/inspect-linked.txt"].assert_eq(&shown(&linked, Exit::Denied));
    let broken = held("plugins/broken/broken.wasm", "text");
    expect_file!["../snapshots/inspect-broken.txt"].assert_eq(&shown(&broken, Exit::Denied));
    // of another application, whose functions this host does not have
    let strange = held("guests/notes-rs.wasm", "text");
    assert!(shown(&strange, Exit::Denied).contains("refused (14 problems, 13 unknown imports)"));
}

#[test]
fn a_module_made_by_someone_else() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/source-map/mappings.wasm");
    let ran = hostfn(&[&"inspect", &module, &"--listing", &host]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Denied, ""));
    expect_file!["../snapshots/inspect-foreign.txt"].assert_eq(&ran.out);
}

#[test]
fn the_smallest_grants_are_never_wider_than_needed() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let out = files.write("x", "").with_file_name("grants.toml");
    let ran =
        hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm"), &"--listing", &host, &"--grants-out", &out]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Success, ""));
    let written = fs::read_to_string(&out).unwrap();
    let grants = registry().read_grants(&written).unwrap();
    // no pattern is made up, so nothing is granted of what has a scope
    assert_eq!(grants.to_string(), "fs.read = nothing\ngreet = granted");
    assert!(
        written.contains("`hostfn::observe::Learner`") && written.contains("# for host.fs_read\n"),
        "{written}"
    );

    let judged = |grants: &Path| {
        hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm"), &"--listing", &host, &"--grants", &grants])
    };
    assert_eq!(judged(&out).exit, Exit::Denied);
    let filled = files.write("filled.toml", written.replace("allow = []", "allow = [\"/data/**\"]"));
    assert_eq!(judged(&filled).exit, Exit::Success);
    // each entry is needed
    for line in ["\"greet\" = true\n", "\"fs.read\" = { allow = [\"/data/**\"] }\n"] {
        let filled = fs::read_to_string(&filled).unwrap();
        assert!(filled.contains(line), "{filled}");
        let without = files.write("without.toml", filled.replace(line, ""));
        assert_eq!(judged(&without).exit, Exit::Denied, "{line}");
    }

    // what was written may have been filled in
    let again =
        hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm"), &"--listing", &host, &"--grants-out", &out]);
    assert_eq!((again.exit, again.out.as_str()), (Exit::Failure, ""));
    assert!(again.err.contains("H0608") && again.err.contains("name a new file"), "{}", again.err);
    assert_eq!(fs::read_to_string(&out).unwrap(), written);
}

#[test]
fn the_smallest_grants_take_over_what_is_decided_or_asked_for() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let grants = files
        .write("grants.toml", "\"fs.read\" = { allow = [\"/data/**\", \"/home/**\"] }\n\"greet\" = true\n");
    let smallest = |manifest: &str, grants: Option<&Path>| {
        let module = files.write("p.wasm", fs::read(plugin("guests/greeter-c.wasm")).unwrap());
        files.write(
            "p.toml",
            format!("name = \"p\"\nversion = \"1.0.0\"\nabi = 1\n[capabilities]\n{manifest}"),
        );
        let out = module.with_file_name("out.toml");
        let _ = fs::remove_file(&out);
        let mut args: Vec<&dyn AsRef<Path>> =
            vec![&"inspect", &module, &"--listing", &host, &"--grants-out", &out];
        if let Some(grants) = &grants {
            args.extend([&"--grants" as &dyn AsRef<Path>, grants]);
        }
        hostfn(&args);
        let written = fs::read_to_string(&out).unwrap();
        Grants::from_toml(&written, registry().capabilities()).unwrap().to_string()
    };
    let asks = "greet = { reason = \"x\" }\nfs.read = { reason = \"x\", allow = [\"/data/notes/**\"] }\n";
    assert_eq!(smallest(asks, None), "fs.read = /data/notes/**\ngreet = granted");
    assert_eq!(smallest(asks, Some(&grants)), "fs.read = /data/notes/**\ngreet = granted");
    let all = "greet = { reason = \"x\" }\nfs.read = { reason = \"x\", allow = true }\n";
    assert_eq!(smallest(all, None), "fs.read = nothing\ngreet = granted");
    assert_eq!(smallest(all, Some(&grants)), "fs.read = /data/**, /home/**\ngreet = granted");
    // no grant reaches what its manifest does not ask for
    assert_eq!(smallest("greet = { reason = \"x\" }\n", None), "greet = granted");
}

#[test]
fn what_it_was_built_against_is_held_to_what_the_host_has() {
    let files = Files::new();
    let now = without_contracts();
    let record = |listing: &Listing, name: &str| {
        let row = listing.functions.iter().find(|row| row.name == name).unwrap();
        String::from_utf8(FunctionRecord::from_row(row).to_bytes()).unwrap()
    };
    let mut later = now.clone();
    later.functions.retain(|row| row.name != "note_read");
    let greet = later.functions.iter_mut().find(|row| row.name == "greet").unwrap();
    greet.capability = None;
    greet.params.clear();
    greet.fingerprint = greet.expected_fingerprint();
    let carried = format!("{}{}", record(&now, "greet"), record(&now, "note_read"))
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    let module = assembled(&format!(
        "(import \"host\" \"greet\" (func (param i32 i32) (result i64)))
         (import \"host\" \"note_read\" (func (param i32 i32) (result i64)))
         (@custom \"hostfn.functions\" \"{carried}\")"
    ));
    let module = files.write("built.wasm", module);
    let same = hostfn(&[&"inspect", &module, &"--listing", &files.listing("now.json", &now)]);
    assert_eq!(same.exit, Exit::Success, "{}", same.out);
    assert_eq!(same.out.matches("  unchanged\n").count(), 2, "{}", same.out);
    let drifted = hostfn(&[&"inspect", &module, &"--listing", &files.listing("later.json", &later)]);
    assert_eq!(drifted.exit, Exit::Denied);
    for code in ["H0321 plugin `built`, function `note_read`", "H0322 ", "H0325 ", "the host has "] {
        assert!(drifted.out.contains(code), "no {code} in {}", drifted.out);
    }
}

#[test]
fn a_manifest_within_is_read_and_held_to_the_module() {
    let files = Files::new();
    let host = files.listing("listing.json", &without_contracts());
    let manifest = "name = \\22within\\22\\nversion = \\221.0.0\\22\\nabi = 1\\n[[exports]]\\ncontract = \\22reader.v2\\22\\n\
                    type = \\22run\\22\\nentry = \\22gone\\22\\nargs = []\\nreply = \\22unit\\22\\n";
    let module =
        files.write("within.wasm", assembled(&format!("(@custom \"hostfn.manifest\" \"{manifest}\")")));
    let ran = hostfn(&[&"inspect", &module, &"--listing", &host]);
    assert_eq!(ran.exit, Exit::Denied);
    let out = &ran.out;
    assert!(out.starts_with("plugin within: refused (1 problem)\n"), "{out}");
    assert!(out.contains("implements reader.v2 (run) by `gone`, which it does not export"), "{out}");
    assert!(out.contains("H0315 "), "{out}");
    // a module cannot take the name of another
    let other = files.write("other.wasm", fs::read(&module).unwrap());
    let other = hostfn(&[&"inspect", &other, &"--listing", &host]);
    assert!(other.out.starts_with("plugin other: refused") && other.out.contains("H0355 "), "{}", other.out);
    // two of them contradict each other
    files.write("within.toml", "name = \"beside\"\nversion = \"1.0.0\"\nabi = 1\n");
    let twice = hostfn(&[&"inspect", &module]);
    assert!(twice.out.contains("H0311 ") && twice.out.contains("there is another manifest"), "{}", twice.out);
}

#[test]
fn what_the_abi_gives_a_type_has_it() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let module = wat::parse_str(
        "(module (import \"host\" \"greet\" (func (param i32) (result i64))) (import \"host\" \"host_log\" (memory 1))
          (func $start) (start $start) (func (export \"plugin_abi_version\") (result i32) i32.const 2)
          (func (export \"plugin_alloc\")))",
    );
    let ran = hostfn(&[&"inspect", &files.write("odd.wasm", module.unwrap()), &"--listing", &host]);
    assert_eq!(ran.exit, Exit::Denied);
    expect_file!["../snapshots/inspect-odd.txt"].assert_eq(&ran.out);
}

#[test]
fn a_listing_that_no_host_can_have_is_refused() {
    let files = Files::new();
    let mut odd = listing();
    odd.capabilities[0].name = "No Name".to_owned();
    odd.functions.iter_mut().find(|row| row.name == "mail_send").unwrap().scoped_param = None;
    let ran = hostfn(&[
        &"inspect",
        &plugin("guests/greeter-c.wasm"),
        &"--listing",
        &files.listing("odd.json", &odd),
    ]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
    assert!(ran.err.contains("H0601 listing: the capability `No Name` in path"), "{}", ran.err);
    assert!(ran.err.contains("the capability that `host.mail_send` requires is not listed"), "{}", ran.err);
    let alone = hostfn(&[&"inspect", &plugin("guests/greeter-c.wasm"), &"--grants", &"grants.toml"]);
    assert_eq!(alone.exit, Exit::Failure);
    assert!(alone.err.contains("--listing"), "{}", alone.err);
}

#[test]
fn the_exports_that_the_abi_knows_are_told() {
    let ran = hostfn(&[&"inspect", &plugin("guests/notes-c.wasm")]);
    let row = ran.out.lines().find(|line| line.trim_start().starts_with("plugin_init ")).unwrap();
    assert!(row.ends_with("() -> i32          the initialiser, called once"), "{row}");
}

#[test]
fn inspect_shows_what_exceeds_the_load_limits() {
    let files = Files::new();
    let host = files.listing("listing.json", &without_contracts());
    let module = files.write("large.wasm", assembled(&format!("(func $big {})", "nop ".repeat(150_000))));
    let ran = hostfn(&[&"inspect", &module, &"--listing", &host]);
    assert_eq!(ran.exit, Exit::Success, "{}", ran.out);
    let limited = |limit: &str, format: &str| {
        hostfn(&[&"inspect", &module, &"--listing", &host, &"--format", &format, &"--load-limit", &limit])
    };
    let ran = limited("body_bytes=1000", "text");
    assert_eq!(ran.exit, Exit::Denied);
    assert!(ran.out.contains("exceeds  body_bytes         150002 of 1000"), "{}", ran.out);
    assert!(
        ran.out.contains("H0340 plugin `large`, function 0 (`big`): bytes of its body: 150002, limit 1000; "),
        "{}",
        ran.out
    );
    let ran = limited("body_bytes=1000", "markdown");
    assert!(ran.out.contains("| **exceeds** | `body_bytes` | 150002 | 1000 |"), "{}", ran.out);
    let ran = limited("body_bytes=1000", "json");
    valid(&hostfn(&[&"schema", &"inspection"]).out, &ran.out).unwrap();
    assert!(ran.out.contains("\"passes\": false"), "{}", ran.out);
    let ran = limited("bodies=1", "text");
    assert!(ran.exit == Exit::Failure && ran.err.contains("unknown limit"), "{}", ran.err);
}

/// As the host refuses it: see `Host::load_file`.
#[test]
fn inspect_plugin_toml_beside_two_modules_is_h0311() {
    let files = Files::new();
    let host = files.listing("listing.json", &without_contracts());
    let module = wat::parse_str("(module (memory (export \"memory\") 1))").unwrap();
    let plugin = files.write("a.wasm", &module);
    files.write("plugin.toml", "name = \"a\"\nversion = \"1.0.0\"\nabi = 1\n");
    let alone = hostfn(&[&"inspect", &plugin, &"--listing", &host]);
    assert_eq!(alone.exit, Exit::Success, "{}", alone.out);
    files.write("b.wasm", &module);
    let ran = hostfn(&[&"inspect", &plugin, &"--listing", &host]);
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.out);
    let problem = "H0311 plugin.toml: it is beside several modules; name it `a.toml`, after its module";
    assert!(files.relative(&ran.out).contains(problem), "{}", ran.out);
}
