//! Plugins with manifests, and directories of plugins.

use std::path::Path;
use std::sync::{Arc, Mutex};

use hostfn::audit::GrantStatus;
use hostfn::contract::{ContractSpec, MethodSpec};
use hostfn::error::Code;
use hostfn::observe::{Event, EventKind, Phase};
use hostfn::spec::reply_shape;
use hostfn::{Error, Grants, Host, HostFn, Limits, Manifest, Problem, Registry, capabilities, host_fn};
use test_support::probe::{export, guest, problems};

capabilities! {
    /// Read notes.
    pub NOTES = "notes" in name;
    /// Ring a bell.
    pub BELL = "bell";
}

/// Read a note.
#[host_fn(capability = NOTES(name))]
fn note(name: &str) -> String {
    format!("the note {name}")
}

/// Ring.
#[host_fn(capability = BELL)]
fn ring() {}

static READER: ContractSpec = ContractSpec::new("reader.v1")
    .with_methods(&[MethodSpec::new("read", "run").with_reply(reply_shape!(String))]);

fn with_contract() -> Registry {
    Registry::builder().add(note::SPEC).add(ring::SPEC).contract(&READER).build().unwrap()
}

fn host() -> Host {
    Host::builder(with_contract())
        .state("limits", |cx| Ok::<_, Error>(cx.manifest().map_or(String::new(), |m| m.version().to_owned())))
        .state("grants", |cx| Ok::<_, Error>(cx.grants().clone()))
        .build()
        .unwrap()
}

const MANIFEST: &str = r#"
    name = "reader"
    version = "1.2.0"
    abi = 1

    [capabilities]
    "notes" = { reason = "Reads the notes of the day.", allow = ["day-*"] }

    [limits]
    memory = "1 MiB"
    calls = 2

    [[exports]]
    contract = "reader.v1"
    type = "read"
    entry = "run"
    args = []
    reply = "str"
"#;

/// Calls `note` with `name` and hands on what it got.
fn reader(name: &str) -> Vec<u8> {
    let args = format!("\\91\\{:02x}{name}", 0xa0 + name.len());
    guest(
        &["note"],
        &(format!(r#"(data (i32.const 512) "{args}")"#)
            + &export(
                "run",
                &format!(
                    "(local $word i64) (drop (call $set_window (i32.const 4096) (i32.const 256)))
                    (local.set $word (call $note (i32.const 512) (i32.const {})))
                    (call $set_result (i32.const 4096) (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))",
                    name.len() + 2
                ),
                "(local.get $word)",
            )),
    )
}

/// The module with a custom section.
fn with_section(mut wasm: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let leb = |mut n: usize| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(u8::try_from(n & 0x7f).unwrap() | 0x80);
            n >>= 7;
        }
        bytes.push(u8::try_from(n).unwrap());
        bytes
    };
    let body = [leb(name.len()), name.as_bytes().to_vec(), data.to_vec()].concat();
    wasm.push(0);
    wasm.extend(leb(body.len()));
    wasm.extend(body);
    wasm
}

fn codes(error: &Error) -> Vec<Code> {
    error.problems().iter().map(Problem::code).collect()
}

#[test]
fn a_plugin_gets_what_it_asks_for_cut_down_to_what_is_granted() {
    let plugin = host().load_with_manifest(MANIFEST, &reader("day-1")).unwrap();
    assert_eq!((plugin.name(), plugin.manifest().map(Manifest::version)), ("reader", Some("1.2.0")));
    assert_eq!((plugin.limits().memory, plugin.limits().calls), (1 << 20, 2));
    assert_eq!(plugin.limits().time, Limits::default().time);
    let granted = Grants::none().allow(&NOTES).allow(&BELL);
    let report = plugin.report(&granted);
    let standing: Vec<_> = report.capabilities().iter().map(|row| (row.name(), row.status())).collect();
    assert_eq!(standing, [("bell", GrantStatus::Unused), ("notes", GrantStatus::Granted)]);

    let mut instance = plugin.instantiate(&granted).unwrap();
    assert_eq!(instance.call::<_, String>("run", ()).unwrap(), "the note day-1");
    assert_eq!(instance.state::<String>().map(String::as_str), Some("1.2.0"));
    assert_eq!(instance.state::<Grants>().unwrap().to_string(), "notes = day-*");
    assert_eq!(instance.limits(), &plugin.limits());

    // the operator grants everything, and the plugin did not ask for it
    let plugin = host().load_with_manifest(MANIFEST, &reader("night")).unwrap();
    let error = plugin.instantiate(&granted).unwrap().call::<_, String>("run", ()).unwrap_err();
    assert!(
        matches!(error, Error::Guest { status, .. } if status == hostfn::Status::NO_CAPABILITY),
        "{error:?}"
    );
    // and the other way round
    let narrow = Grants::none().allow_within(&NOTES, ["day-2"]).unwrap();
    let plugin = host().load_with_manifest(MANIFEST, &reader("day-1")).unwrap();
    assert_eq!(plugin.effective(&narrow).to_string(), "notes = day-2");
    let error = plugin.instantiate(&narrow).unwrap().call::<_, String>("run", ()).unwrap_err();
    assert!(
        matches!(error, Error::Guest { status, .. } if status == hostfn::Status::NO_CAPABILITY),
        "{error:?}"
    );
}

#[test]
fn who_asks_for_nothing_gets_nothing() {
    let nothing = "name = \"reader\"\nversion = \"1.2.0\"\nabi = 1\n";
    let plugin = host().load_with_manifest(nothing, &reader("day-1")).unwrap();
    let everything = Grants::none().allow(&NOTES).allow(&BELL);
    assert_eq!(plugin.effective(&everything), Grants::none());
    let error = plugin.instantiate(&everything).unwrap_err();
    assert_eq!(codes(&error), [Code::NotGranted]);
    assert!(error.to_string().contains("under `[capabilities]` of its manifest"), "{error}");
    // without a manifest, what the operator grants is what counts
    let plugin = host().load("reader", &reader("day-1")).unwrap();
    assert!(plugin.instantiate(&Grants::none()).is_err());
    plugin.instantiate(&everything).unwrap();
}

#[test]
fn the_report_is_there_before_the_module_is() {
    let manifest = Manifest::from_toml(MANIFEST, [&NOTES]).unwrap();
    let report = host().check(&manifest, &Grants::none());
    assert_eq!(report.capabilities()[0].status(), GrantStatus::Denied);
    assert_eq!(report.capabilities()[0].reason(), Some("Reads the notes of the day."));
    assert!(host().check(&manifest, &Grants::none().allow(&NOTES)).is_ok());
}

#[test]
fn a_manifest_is_in_a_section_of_the_module_too() {
    let plugin = host()
        .load("reader", &with_section(reader("day-1"), "hostfn.manifest", MANIFEST.as_bytes()))
        .unwrap();
    assert_eq!(plugin.name(), "reader");
    let other = with_section(reader("day-1"), "other", b"\xff");
    assert!(host().load("x", &other).unwrap().manifest().is_none());

    let text = with_section(reader("day-1"), "hostfn.manifest", b"\xff");
    let error = host().load("x", &text).unwrap_err();
    assert_eq!(
        problems(&error),
        ["H0311 plugin `x`, section `hostfn.manifest`: it is not UTF-8; write the manifest's text into it"]
    );
    let twice = with_section(with_section(reader("a"), "hostfn.manifest", b""), "hostfn.manifest", b"");
    assert_eq!(codes(&host().load("x", &twice).unwrap_err()), [Code::ManifestInvalid]);
    let both = with_section(reader("day-1"), "hostfn.manifest", MANIFEST.as_bytes());
    let error = host().load_with_manifest(MANIFEST, &both).unwrap_err();
    assert_eq!(
        problems(&error),
        [
            "H0311 its manifest: there is another manifest, plugin `unnamed`, section `hostfn.manifest`; keep one of them"
        ]
    );
}

#[test]
fn module_cannot_take_the_name_of_another_plugin() {
    let claims = |name: &str| {
        let manifest = MANIFEST.replace("\"reader\"", &format!("\"{name}\""));
        with_section(reader("day-1"), "hostfn.manifest", manifest.as_bytes())
    };
    let error = host().load("notes", &claims("billing")).unwrap_err();
    assert_eq!(
        problems(&error),
        [
            "H0355 plugin `notes`, section `hostfn.manifest`: it claims the name `billing`; load the plugin under that \
             name, or write `name = \"notes\"`"
        ]
    );

    // the impostor comes first in the directory, and does not keep the real one out
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.wasm", claims("billing"));
    write(root.path(), "billing.wasm", claims("billing"));
    write(root.path(), "c/a.wasm", claims("billing"));
    let report = host().load_dir(root.path()).unwrap();
    let loaded: Vec<_> = report.loaded().iter().map(|(_, plugin)| plugin.name()).collect();
    assert_eq!(loaded, ["billing"], "{report}");
    let refused: Vec<_> = report.refused().iter().flat_map(|(_, error)| codes(error)).collect();
    assert_eq!(refused, [Code::ClaimedName, Code::ClaimedName]);
}

#[test]
fn everything_that_is_wrong_comes_together_and_nothing_runs() {
    let rang = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&rang);
    let host = Host::builder(with_contract())
        .observer(move |event: &Event<'_>| {
            if let EventKind::HostCall(call) = event.what {
                seen.lock().unwrap().push(call.spec.name());
            }
        })
        .build()
        .unwrap();
    let manifest = r#"
        name = "wrong"
        version = "1"
        abi = 2
        colour = "red"
        [capabilities]
        "bells" = { reason = "Rings." }
        [[exports]]
        contract = "c"
        type = "t"
        entry = "run"
        args = []
        reply = "str"
    "#;
    let wasm = wat::parse_str(
        r#"(module
            (import "host" "ring" (func $ring (param i32 i32) (result i64)))
            (import "host" "rang" (func (param i32 i32) (result i64)))
            (func $start (drop (call $ring (i32.const 0) (i32.const 0))))
            (start $start))"#,
    )
    .unwrap();
    let error = host.load_with_manifest(manifest, &wasm).unwrap_err();
    let mut expected = vec![Code::UnknownImport, Code::BadMemory, Code::AbiVersion, Code::ManifestInvalid];
    expected.push(Code::AskedUnknown);
    let mut found = codes(&error);
    found.dedup();
    assert_eq!(found, expected, "{error}");
    assert!(rang.lock().unwrap().is_empty());

    // a manifest that can be read, of a module that has not what it says
    let error = host.load_with_manifest(MANIFEST, &guest(&["note"], "")).unwrap_err();
    assert_eq!(
        problems(&error),
        [
            "H0312 plugin `reader`, export `run`: the manifest names it for `read` of the contract `reader.v1`, and the \
             plugin exports no such function; export it from the plugin, as section 7 of the ABI says"
        ]
    );
    let other = guest(&["note"], "(func (export \"run\"))");
    let error = host.load_with_manifest(MANIFEST, &other).unwrap_err();
    assert!(error.to_string().contains("and it is not a function (i32, i32) -> i64"), "{error}");
}

#[test]
fn what_was_built_for_something_else_is_told_so() {
    let component = wat::parse_str("(component)").unwrap();
    let error = host().load("x", &component).unwrap_err();
    assert_eq!(
        problems(&error),
        ["H0318 plugin `x`: it is a component; build it for `wasm32-unknown-unknown`, as a core module"]
    );
    assert_eq!(codes(&host().load("x", b"\x7fELF\x02\x01\x01").unwrap_err()), [Code::WrongTarget]);
    let wasi = wat::parse_str(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1))"#,
    )
    .unwrap();
    let error = host().load("x", &wasi).unwrap_err();
    assert_eq!(
        problems(&error),
        [
            "H0318 plugin `x`: it imports from `wasi_snapshot_preview1`: it was built for WASI, which this host does \
          not offer; build it for `wasm32-unknown-unknown`"
        ]
    );
}

fn write(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_directory_is_loaded_as_far_as_it_goes() {
    let root = tempfile::tempdir().unwrap();
    let named = |name: &str| MANIFEST.replace("\"reader\"", &format!("\"{name}\""));
    write(root.path(), "bare.wasm", reader("day-1"));
    write(root.path(), "named.wasm", reader("day-1"));
    write(root.path(), "named.toml", named("other-name"));
    write(root.path(), "folder/any.wasm", reader("day-1"));
    write(root.path(), "folder/plugin.toml", named("in-a-folder"));
    write(root.path(), "broken.wasm", "no module");
    write(root.path(), "twin/any.wasm", reader("day-1"));
    write(root.path(), "twin/plugin.toml", named("in-a-folder"));
    write(root.path(), "empty/plugin.toml", named("empty"));
    write(root.path(), "crowd/a.wasm", reader("day-1"));
    write(root.path(), "crowd/b.wasm", reader("day-1"));
    write(root.path(), "crowd/plugin.toml", named("crowd"));
    write(root.path(), "notes.txt", "not a plugin");
    std::fs::create_dir(root.path().join("nothing")).unwrap();

    let report = host().load_dir(root.path()).unwrap();
    let loaded: Vec<_> = report.loaded().iter().map(|(_, plugin)| plugin.name()).collect();
    assert_eq!(loaded, ["bare", "other-name", "in-a-folder"]);
    let refused: Vec<_> = report
        .refused()
        .iter()
        .map(|(path, error)| (path.strip_prefix(root.path()).unwrap().to_str().unwrap(), codes(error)))
        .collect();
    assert_eq!(
        refused,
        [
            ("broken.wasm", vec![Code::NotAModule]),
            ("crowd/a.wasm", vec![Code::ManifestInvalid]),
            ("crowd/b.wasm", vec![Code::ManifestInvalid]),
            ("empty", vec![Code::Unreadable]),
            ("twin/any.wasm", vec![Code::DuplicatePlugin]),
        ]
    );
    assert_eq!(report.found(), 8);
    let text = report.to_string();
    assert!(text.starts_with("8 found, 3 loaded, 5 refused\nloaded  bare from "), "{text}");
    assert!(text.contains("a plugin named") || text.contains("it is named `in-a-folder`, as "), "{text}");
    assert_eq!(report.into_plugins().len(), 3);

    let error = host().load_dir(root.path().join("no-such")).unwrap_err();
    assert_eq!(codes(&error), [Code::Unreadable]);
    let error = host().load_file(root.path().join("no-such.wasm")).unwrap_err();
    assert_eq!(codes(&error), [Code::Unreadable]);
}

#[test]
fn the_phases_of_a_life_are_told_in_order() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let host = Host::builder(with_contract())
        .observer(move |event: &Event<'_>| {
            let (phase, failed) = match event.what {
                EventKind::Ended(ended) => (ended.phase, ended.error.is_some()),
                EventKind::HostCall(call) => (Phase::HostCall, !call.status.is_ok()),
                _ => return,
            };
            sink.lock().unwrap().push((phase, failed, event.instance.is_some()));
        })
        .build()
        .unwrap();
    let take = || std::mem::take(&mut *told.lock().unwrap());
    let plugin = host.load_with_manifest(MANIFEST, &reader("day-1")).unwrap();
    assert_eq!(
        take(),
        [(Phase::Check, false, false), (Phase::Compile, false, false), (Phase::Load, false, false)]
    );
    let mut instance = plugin.instantiate(&Grants::none().allow(&NOTES)).unwrap();
    assert_eq!(
        take(),
        [(Phase::Link, false, false), (Phase::Instantiate, false, true), (Phase::Init, false, true)]
    );
    instance.call::<_, String>("run", ()).unwrap();
    instance.call::<_, u32>("run", ()).unwrap_err();
    assert_eq!(
        take(),
        [
            (Phase::HostCall, false, true),
            (Phase::Call, false, true),
            (Phase::HostCall, false, true),
            (Phase::Call, true, true)
        ]
    );
    drop(instance);
    assert_eq!(take(), [(Phase::Close, false, true)]);
    plugin.instantiate(&Grants::none()).unwrap_err();
    assert_eq!(take(), [(Phase::Link, true, false)]);
    host.load("x", b"no module").unwrap_err();
    assert_eq!(take(), [(Phase::Check, true, false), (Phase::Load, true, false)]);
}
