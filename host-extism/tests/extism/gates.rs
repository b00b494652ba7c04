use hostfn::engine::{Composition, MissingCapability};
use hostfn::error::Code;
use hostfn::{Grants, Manifest, Registry};
use hostfn_extism::{ExtismPlugin, ExtismSession};

use super::{GREET, Host, NEVER, READ, RUST, grants, guest};

#[test]
fn ungranted_imports_are_reported_at_once_with_the_line_to_add() {
    let host = Host::new();
    let error = host.load(&RUST, &Grants::none()).unwrap_err();
    let told = error.to_string();
    let codes: Vec<Code> = error.problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::NotGranted; 3], "{told}");
    for part in ["`greet` of module `host`", "\"never\" = true", "\"files.read\" = { allow ="] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(host.lines(), [] as [&str; 0]);
}

#[test]
fn imports_of_every_wrong_kind_are_reported_together() {
    let host = Host::new();
    let wasm = guest(
        r#"(import "host" "gret" (func (param i64) (result i64)))
           (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
           (import "host" "add" (func (param i64) (result i64)))
           (import "host" "flip" (func (param i32) (result i64)))
           (import "host" "count" (func))
           (import "host:try" "note" (func (param i64)))
           (import "host" "later" (func (param i64) (result i64)))
           (import "host" "never" (func (result i64)))"#,
        "",
    );
    let error = host.load(&wasm, &grants_without_never()).unwrap_err();
    let mut codes: Vec<Code> = error.problems().iter().map(hostfn::Problem::code).collect();
    codes.sort();
    let expected = [
        [Code::UnknownImport; 2].as_slice(),
        &[Code::ImportType; 4],
        &[Code::AsyncFunction],
        &[Code::NotGranted],
    ];
    assert_eq!(codes, expected.concat(), "{error}");
}

fn grants_without_never() -> Grants {
    Grants::none().allow(&GREET).allow_within(&READ, ["/data/**"]).unwrap()
}

#[test]
fn only_granted_functions_are_registered() {
    let host = Host::new();
    let session = ExtismSession::open(&host.composition, "own", &Grants::none().allow(&GREET)).unwrap();
    let functions = session.functions();
    let has = |namespace: &str, name: &str| {
        functions.iter().any(|found| found.namespace() == Some(namespace) && found.name() == name)
    };
    for namespace in ["host", "host:try", "extism:host/user"] {
        assert!(has(namespace, "greet") && has(namespace, "add"), "{namespace}");
        for ungranted in ["never", "read", "later", "price"] {
            assert!(!has(namespace, ungranted), "{namespace} {ungranted}");
        }
    }
    assert!(has("shop", "price") && has("shop:try", "price"));
}

#[test]
fn denied_import_is_answered_and_recorded_where_the_host_denies() {
    let host = Host::with(|builder| builder.missing(MissingCapability::Deny));
    let mut plugin = host.load(&RUST, &grants_without_never()).unwrap();
    let error = plugin.call("ungranted", b"").unwrap_err();
    assert_eq!(error.code(), Code::GuestError);
    assert!(error.to_string().contains("no_capability"), "{error}");
    assert_eq!(host.lines(), ["never not_granted NO_CAPABILITY"]);
}

#[test]
fn manifest_narrows_the_grants() {
    let host = Host::new();
    let manifest = "name = \"shop\"\nversion = \"1.0.0\"\nabi = 1\n[capabilities]\n\"greet\" = { reason = \"it greets\" }\n";
    let manifest = Manifest::from_toml(manifest, [&super::GREET]).unwrap();
    let loader = ExtismPlugin::loader(&host.composition).name("shop").manifest(manifest);
    let error = loader.load(&RUST, &grants()).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("files.read") && told.contains("never") && !told.contains("host.greet"), "{told}");
}

#[test]
fn scope_is_matched_for_each_call() {
    let host = Host::with(|builder| builder.cut_off(hostfn::engine::CutOff::Keep));
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    assert_eq!(plugin.call("reads", b"/data/a").unwrap(), b"/data/a");
    for path in ["/etc/passwd", "/data/../etc/passwd", "", "data/a"] {
        let error = plugin.call("reads", path.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("no_capability"), "{path}: {error}");
    }
    let lines = host.lines();
    assert_eq!(lines[0], "read granted OK");
    assert_eq!(lines[1..], ["read out_of_scope NO_CAPABILITY"; 4]);
}

#[test]
fn revoked_grant_denies_the_next_call() {
    let host = Host::with(|builder| builder.cut_off(hostfn::engine::CutOff::Keep));
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    plugin.call("hello", b"Ada").unwrap();
    assert!(plugin.grants().revoke(&GREET));
    let error = plugin.call("hello", b"Ada").unwrap_err();
    assert!(error.to_string().contains("no_capability"), "{error}");
    plugin.grants().restore(&GREET);
    plugin.call("hello", b"Ada").unwrap();
    assert_eq!(host.lines(), ["greet granted OK", "greet not_granted NO_CAPABILITY", "greet granted OK"]);
    assert!(plugin.grants().is_granted(&NEVER));
}

#[test]
fn host_without_the_functions_reports_each() {
    let composition = Composition::builder(Registry::builder().build().unwrap()).build().unwrap();
    let error = ExtismPlugin::load(&composition, &super::C, &Grants::none()).unwrap_err();
    let codes: Vec<Code> = error.problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::UnknownImport; 2], "{error}");
}
