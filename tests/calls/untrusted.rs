//! A guest that chose each of its names and texts to mislead a reader of reports.

use std::error::Error as _;
use std::fs;
use std::sync::{Arc, Mutex};

use hostfn::audit::Untrusted;
use hostfn::observe::{AuditFile, Event, Learner, Observer};
use hostfn::{Error, Grants, Host, HostFn, Registry, Report, host_fn};

const HOSTILE: &str =
    "x\nH0000 plugin other: all is well\r\u{1b}[2K\u{61c}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}\u{fe0f}";

hostfn::capabilities! {
    /// Read notes.
    NOTES = "notes" in name;
}

/// Read a note.
#[host_fn(capability = NOTES(name))]
fn read(name: &str) -> u64 {
    name.len() as u64
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

fn harmless(what: &str, text: &str) {
    let bad = text.chars().find(|c| *c != '\n' && hostfn::__private::misleads(*c));
    assert_eq!(bad, None, "{what}: {text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("H0000")), "{what}: {text}");
}

fn every_text(what: &str, error: &Error) {
    harmless(what, &error.to_string());
    harmless(what, &format!("{error:?}"));
    harmless(what, &format!("{error:#?}"));
    for problem in error.problems() {
        harmless(what, problem.location());
        harmless(what, problem.message());
        harmless(what, problem.help());
    }
    let mut source = error.source();
    while let Some(error) = source {
        harmless(what, &error.to_string());
        harmless(what, &format!("{error:?}"));
        source = error.source();
    }
}

/// Every error that observers are told, as text.
#[derive(Clone, Default)]
struct Texts(Arc<Mutex<Vec<String>>>);

impl Observer for Texts {
    fn observe(&self, event: &Event<'_>) {
        if let hostfn::observe::EventKind::HostCall(call) = event.what
            && let Some(fault) = call.fault
        {
            self.0.lock().unwrap().push(fault.to_string());
        }
    }
}

/// A name section that names function 1, so that a backtrace has it.
fn module() -> Vec<u8> {
    let h = hex(HOSTILE);
    let data: String = {
        let mut args = vec![0x91, 0xd9, u8::try_from(HOSTILE.len()).unwrap()];
        args.extend(HOSTILE.bytes());
        args.iter().map(|byte| format!("\\{byte:02x}")).collect()
    };
    let length = HOSTILE.len() + 3;
    let wat = format!(
        r#"(module (@name "{h}") (import "host" "read" (func $read (param i32 i32) (result i64)))
          (memory (export "memory") 2) (data (i32.const 16) "{data}")
          (func $trap (@name "{h}") unreachable)
          (func (export "{h}") (param i32 i32) (result i64) (call $trap) i64.const 0)
          (func (export "refused") (param i32 i32) (result i64) (call $read (i32.const 16) (i32.const {length}))))"#
    );
    wat::parse_str(wat).unwrap()
}

#[test]
fn errors_of_a_hostile_guest_are_safe() {
    let dir = tempfile::tempdir().unwrap();
    let audit = AuditFile::create(dir.path().join("audit.jsonl")).unwrap();
    let (texts, learner) = (Texts::default(), Learner::new());
    let registry = Registry::builder().add(read::SPEC).build().unwrap();
    let host = Host::builder(registry)
        .observer(audit.clone())
        .observer(texts.clone())
        .observer(learner.clone())
        .build()
        .unwrap();
    let plugin = host.load(HOSTILE, &module()).unwrap();
    let grants = Grants::none().allow_within(&NOTES, ["allowed"]).unwrap();
    let none = plugin.instantiate(&Grants::none()).unwrap_err();
    every_text("not granted", &none);
    let mut instance = plugin.instantiate(&grants).unwrap();
    for export in [HOSTILE, "refused", "missing\n\u{202e}"] {
        let error = instance.call::<(), u64>(export, ()).unwrap_err();
        every_text(export, &error);
        let error = plugin.instantiate(&grants).unwrap().call::<(), u64>(export, ()).unwrap_err();
        every_text(export, &error);
    }
    instance.close().unwrap();
    every_text("closed", &instance.call::<(), u64>(HOSTILE, ()).unwrap_err());
    let trapped = plugin.instantiate(&grants).unwrap().call::<(), u64>(HOSTILE, ()).unwrap_err();
    let backtrace = trapped.source().unwrap().to_string();
    assert!(
        backtrace.contains("wasm backtrace") && backtrace.contains(r"all is well\r\u{1b}"),
        "{backtrace}"
    );

    harmless("report", &Report::new(HOSTILE, None, [read::SPEC.metadata()], &grants).to_string());
    for text in texts.0.lock().unwrap().iter() {
        harmless("fault", text);
    }
    harmless("learner", &format!("{learner:?}"));
    audit.close().unwrap();
    let audit = fs::read_to_string(dir.path().join("audit.jsonl")).unwrap();
    harmless("audit", &audit);
    for line in audit.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(audit.contains("all is well"));
}

#[test]
fn errors_of_a_hostile_load_are_safe() {
    let dir = tempfile::tempdir().unwrap();
    let registry = || Registry::builder().add(read::SPEC).build().unwrap();
    let host = Host::builder(registry()).build().unwrap();
    let h = hex(HOSTILE);
    for wat in [
        format!("(module (import \"{h}\" \"{h}\" (func)) (memory (export \"memory\") 1))"),
        format!("(module (import \"host\" \"{h}\" (func)) (memory (export \"memory\") 1))"),
        format!(
            "(module (import \"host\" \"read\" (global i32)) (func (export \"memory\")) (func (export \"{h}\")))"
        ),
        format!("(module (memory (export \"memory\") 1) (@custom \"hostfn.functions\" \"{h}\"))"),
    ] {
        every_text(&wat, &host.load(HOSTILE, &wat::parse_str(&wat).unwrap()).unwrap_err());
    }
    let toml = serde_json::json!(HOSTILE);
    let manifests = [
        format!("name = {toml}\nversion = {toml}\nabi = 1\n"),
        format!("{toml} = 1\n"),
        format!(
            "name = \"m\"\nversion = \"1\"\nabi = 1\n[capabilities]\n{toml} = {{ reason = {toml}, allow = [{toml}] }}\n"
        ),
        format!(
            "name = \"m\"\nversion = \"1\"\nabi = 1\n[capabilities]\n\"notes\" = {{ reason = {toml}, allow = [{toml}] }}\n"
        ),
        format!(
            "name = \"m\"\nversion = \"1\"\nabi = 1\n[[exports]]\ncontract = {toml}\ntype = {toml}\nentry = {toml}\nargs = [{toml}]\nreply = {toml}\n"
        ),
        format!("name = {HOSTILE}"),
        HOSTILE.to_owned(),
    ];
    let module = wat::parse_str("(module (memory (export \"memory\") 1))").unwrap();
    for (number, manifest) in manifests.iter().enumerate() {
        let name = format!("{number}{}", HOSTILE.replace('/', ""));
        fs::write(dir.path().join(format!("{name}.wasm")), &module).unwrap();
        fs::write(dir.path().join(format!("{name}.toml")), manifest).unwrap();
        if let Err(error) = host.load_file(dir.path().join(format!("{name}.wasm"))) {
            every_text(manifest, &error);
        }
    }
    fs::write(dir.path().join(format!("y{HOSTILE}.wasm").replace('/', "")), b"\0asm\x01\0\0\0\xff").unwrap();
    let report = host.load_dir(dir.path()).unwrap();
    assert!(report.refused().len() > 3, "{report}");
    harmless("load report", &report.to_string());
    for (_, error) in report.refused() {
        every_text("load report", error);
    }
    every_text("nowhere", &host.load_file(dir.path().join(HOSTILE)).unwrap_err());
    every_text("grants", &Grants::from_toml(&format!("{toml} = true"), [&NOTES]).unwrap_err().into());
    assert!(Untrusted::new(HOSTILE).to_string().starts_with(r"x\nH0000"));
}

/// Shows a place in the host's own code with `Debug`.
#[test]
fn errors_for_users_hide_host_source_paths() {
    let registry = || Registry::builder().add(read::SPEC).build().unwrap();
    let host =
        Host::builder(registry()).state("store", |_| Err::<u64, _>("the disk is full")).build().unwrap();
    let plugin = host.load("probe", &module()).unwrap();
    let grants = Grants::none().allow(&NOTES);
    let error = plugin.instantiate(&grants).unwrap_err();
    assert!(
        error.to_string().starts_with("H0401 state `store` of plugin `probe`: its initialiser failed"),
        "{error}"
    );
    assert!(!error.to_string().contains(".rs"), "{error}");
    assert!(format!("{error:?}").contains("tests/calls/untrusted.rs:"), "{error:?}");
    assert!(error.problems()[0].origin().unwrap().starts_with("tests/calls/untrusted.rs:"));
}
