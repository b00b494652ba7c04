//! `hostfn inspect` reports what the load of the host reports: codes, locations, messages and remedies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hostfn_cli::Exit;
use hostfn_core::{Code, Error, FunctionRecord, Host, Problem};
use serde_json::Value;

use crate::inspect::repository;
use crate::plugins::{listing, registry};
use crate::{Files, hostfn};

type Told = BTreeSet<String>;

/// What the two may differ in, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Differs {
    Nothing,
    /// The host stops at what it cannot read. Inspect shows the rest of the plugin too, and so finds more.
    InspectFindsMore,
    /// The host runs `plugin_abi_version` at the start of an instance; inspect reads what it returns.
    OnlyInspect(Code),
    /// A listing does not have the host's limits, so inspect does not know that fuel is not metered.
    OnlyHost(Code),
    /// One problem of this code each, in other words: the command reads its input itself, and a manifest up to 1 MiB.
    /// `--max-size` and the named input have remedies of the command.
    Command(Code),
}

fn host_says(host: &Host, plugin: &Path) -> Vec<Problem> {
    match host.load_file(plugin) {
        Ok(_) => Vec::new(),
        Err(Error::Problems(problems)) => problems.iter().cloned().collect(),
        Err(other) => panic!("{}: {other}", plugin.display()),
    }
}

fn inspect_says(plugin: &Path, listing: &Path) -> Told {
    let ran = hostfn(&[&"inspect", &plugin, &"--listing", &listing, &"--format", &"json"]);
    if ran.exit == Exit::Failure {
        let line = |line: &str| line.find(" H0").map_or(line, |at| &line[at + 1..]).to_owned();
        return ran.err.lines().filter(|line| line.contains("H0")).map(line).collect();
    }
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let problems = json["problems"].as_array().unwrap();
    assert_eq!(ran.exit == Exit::Denied, !problems.is_empty(), "{}", plugin.display());
    let part = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    let row = |problem: &Value| {
        let [code, place, what, remedy] = ["code", "place", "what", "remedy"].map(|name| part(problem, name));
        format!("{code} {place}: {what}; {remedy}")
    };
    problems.iter().map(row).collect()
}

/// The differences of the two verdicts on a plugin, and the codes of the host's.
fn compared(host: &Host, listing: &Path, plugin: &Path, differs: Differs) -> (String, BTreeSet<String>) {
    let problems = host_says(host, plugin);
    let codes = problems.iter().map(|problem| problem.code().to_string()).collect();
    let loaded: Told = problems.iter().map(ToString::to_string).collect();
    let inspected = inspect_says(plugin, listing);
    let of = |told: &&String, code: Code| told.starts_with(&code.to_string());
    let agrees = match differs {
        Differs::Nothing => loaded == inspected,
        Differs::InspectFindsMore => loaded.is_subset(&inspected) && loaded != inspected,
        Differs::OnlyInspect(code) => {
            let (only, rest): (Vec<_>, Vec<_>) = inspected.iter().partition(|told| of(told, code));
            only.len() == 1 && rest.into_iter().eq(&loaded)
        }
        Differs::OnlyHost(code) => {
            let (only, rest): (Vec<_>, Vec<_>) = loaded.iter().partition(|told| of(told, code));
            only.len() == 1 && rest.into_iter().eq(&inspected)
        }
        Differs::Command(code) => {
            let codes = [&loaded, &inspected].map(|told| told.iter().all(|told| of(&told, code)));
            codes == [true, true] && loaded.len() == 1 && inspected.len() == 1 && loaded != inspected
        }
    };
    let name = plugin.display();
    let lines = |told: &Told| told.iter().map(|line| format!("\n    {line}")).collect::<String>();
    let text = format!("{name}\n  load:{}\n  inspect:{}\n", lines(&loaded), lines(&inspected));
    (if agrees { String::new() } else { text }, codes)
}

fn modules(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            modules(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
}

fn host() -> Host {
    Host::builder(registry()).build().unwrap()
}

#[test]
fn inspect_of_committed_modules_agrees_with_load() {
    let files = Files::new();
    let listing = files.listing("listing.json", &listing());
    let mut found = Vec::new();
    for folder in ["examples/guests", "examples/plugins", "conformance/guests", "host-cli/tests", "tests"] {
        modules(&repository().join(folder), &mut found);
    }
    assert!(found.len() >= 20, "{found:?}");
    let host = host();
    let differences: String =
        found.iter().map(|plugin| compared(&host, &listing, plugin, Differs::Nothing).0).collect();
    assert_eq!(differences, "");
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const GREET: &str = r#"(import "host" "greet" (func (param i32 i32) (result i64)))"#;
const ENTRIES: &str = r#"(func (export "run") (param i32 i32) (result i64) i64.const 0)
    (func (export "read") (param i32 i32) (result i64) i64.const 0)"#;
const HEAD: &str = "name = \"p\"\nversion = \"1.0.0\"\nabi = 1\n";

/// A module and what is beside it.
struct Case {
    name: &'static str,
    wasm: Vec<u8>,
    beside: Vec<(&'static str, String)>,
    /// The codes of the load, sorted.
    codes: &'static [&'static str],
    differs: Differs,
}

fn case(name: &'static str, body: &str, codes: &'static [&'static str]) -> Case {
    let wasm = wat::parse_str(format!("(module {body})")).unwrap();
    Case { name, wasm, beside: Vec::new(), codes, differs: Differs::Nothing }
}

impl Case {
    fn beside(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.beside.push((name, text.into()));
        self
    }

    fn manifest(self, rest: &str) -> Self {
        self.beside("p.toml", format!("{HEAD}{rest}"))
    }

    fn bytes(mut self, wasm: impl Into<Vec<u8>>) -> Self {
        self.wasm = wasm.into();
        self
    }

    fn differs(mut self, differs: Differs) -> Self {
        self.differs = differs;
        self
    }
}

fn section(name: &str, text: &str) -> String {
    let text: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(@custom \"{name}\" \"{text}\")")
}

fn export(contract: &str, kind: &str, entry: &str, rest: &str) -> String {
    format!("[[exports]]\ncontract = \"{contract}\"\ntype = \"{kind}\"\nentry = \"{entry}\"\n{rest}\n")
}

const TAKES: &str = "args = [\"str\"]\nreply = \"str\"";

fn modules_cases() -> Vec<Case> {
    let import =
        |module: &str, name: &str, ty: &str| format!("(import \"{module}\" \"{name}\" {ty}) {MEMORY}");
    vec![
        case("sound", &format!("{GREET} {MEMORY} {ENTRIES}"), &[]),
        case("empty", "", &["H0302"]).bytes(""),
        case("text", "", &["H0302"]).bytes("(module)"),
        case("cut", "", &["H0302"]).bytes(*b"\0asm\x01\0\0\0\x01"),
        case("component", "", &["H0318"]).bytes(*b"\0asm\x0d\0\x01\0"),
        case("elf", "", &["H0318"]).bytes(*b"\x7fELF\x02\x01\x01\0\0\0\0\0"),
        case("feature", "", &["H0302"])
            .bytes(
                wat::parse_str(format!("(module (import \"host\" \"gone\" (func)) {MEMORY} (tag))")).unwrap(),
            )
            .differs(Differs::InspectFindsMore),
        case("unknown", &import("host", "greeet", "(func (param i32 i32) (result i64))"), &["H0303"]),
        case("strange", &import("app", "ring", "(func)"), &["H0303"]),
        case("import-type", &import("host", "greet", "(func (param i32))"), &["H0304"]),
        case("no-memory", GREET, &["H0305"]),
        case("wide-memory", "(memory (export \"memory\") i64 1)", &["H0305"]),
        case("memory-func", "(func (export \"memory\"))", &["H0305"]),
        case("export-type", &format!("{MEMORY} (func (export \"plugin_alloc\"))"), &["H0306"]),
        case(
            "abi",
            &format!("{MEMORY} (func (export \"plugin_abi_version\") (result i32) i32.const 2)"),
            &[],
        )
        .differs(Differs::OnlyInspect(Code::AbiVersion)),
        case("wasi", &import("wasi_snapshot_preview1", "fd_write", "(func)"), &["H0318"]),
        case("foreign", &import("env", "abort", "(func)"), &["H0352"]),
        case(
            "imported-memory",
            "(import \"env\" \"memory\" (memory 1)) (export \"memory\" (memory 0))",
            &["H0353"],
        ),
        case("constructors", &format!("{MEMORY} (func (export \"__wasm_call_ctors\"))"), &["H0354"]),
        case("large", &format!("{MEMORY} (func {})", "nop ".repeat(4 << 20)), &["H0340"]),
        case(
            "many",
            &format!(
                "{}{MEMORY}",
                (0..70).map(|i| format!("(import \"app\" \"f{i}\" (func))")).collect::<String>()
            ),
            &["H0303"],
        ),
        case("record", &format!("{MEMORY} {}", section("hostfn.functions", "{ not a record")), &["H0320"]),
    ]
}

fn manifest_cases() -> Vec<Case> {
    let plain = format!("{MEMORY} {ENTRIES}");
    let of = |name, codes, rest: &str| case(name, &format!("{MEMORY} {ENTRIES}"), codes).manifest(rest);
    let within = |text: &str| format!("{MEMORY} {ENTRIES} {}", section("hostfn.manifest", text));
    vec![
        of("asked", &[], "[capabilities]\ngreet = { reason = \"x\" }\n"),
        of("other-name", &["H0305"], "")
            .bytes(wat::parse_str("(module)").unwrap())
            .beside("p.toml", HEAD.replace("\"p\"", "\"other\"")),
        of("contract", &[], &export("reader.v1", "run", "run", TAKES)),
        of("no-toml", &["H0311"], "= ="),
        of("unknown-key", &["H0311"], "colour = 1\n"),
        of("pattern", &["H0203"], "[capabilities]\nfs.read = { reason = \"x\", allow = [\"a/../b\"] }\n"),
        of("asked-unknown", &["H0316"], "[capabilities]\nfly = { reason = \"x\" }\n"),
        of("no-entry", &["H0312"], &export("reader.v1", "run", "run", TAKES))
            .bytes(wat::parse_str(format!("(module {MEMORY})")).unwrap()),
        of("entry-type", &["H0312"], &export("reader.v1", "run", "run", TAKES))
            .bytes(wat::parse_str(format!("(module {MEMORY} (func (export \"run\")))")).unwrap()),
        of("entry-name", &["H0312"], &export("reader.v1", "run", "read", TAKES)),
        of(
            "twice",
            &["H0313"],
            &(export("reader.v1", "run", "run", TAKES) + &export("reader.v1", "run", "read", TAKES)),
        ),
        of(
            "one-entry",
            &["H0314"],
            &(export("reader.v1", "run", "run", TAKES) + &export("reader.v1", "read", "run", TAKES)),
        ),
        of("no-contract", &["H0315"], &export("reader.v2", "run", "run", TAKES)),
        of("far-contract", &["H0315"], &export("something.else", "run", "gone", TAKES)),
        of("no-method", &["H0315"], &export("reader.v1", "ran", "run", TAKES)),
        of("shape", &["H0317"], &export("reader.v1", "run", "run", "args = [\"u32\"]\nreply = \"u8\"")),
        of("fuel", &["H0350"], "[limits]\nfuel = 1000\n").differs(Differs::OnlyHost(Code::FuelNotMetered)),
        of("long", &["H0311"], &"# long\n".repeat(200_000)).differs(Differs::Command(Code::ManifestInvalid)),
        case("two-modules", &plain, &["H0311"]).beside("plugin.toml", HEAD).beside("q.wasm", ""),
        case("one-module", &plain, &[]).beside("plugin.toml", HEAD),
        case("within", &within(HEAD), &[]),
        case("claims", &within(&HEAD.replace("\"p\"", "\"other\"")), &["H0355"]),
        case(
            "claims-bad",
            &within(&HEAD.replace("\"p\"", "\"other\"").replace("abi = 1", "abi = 9")),
            &["H0307"],
        ),
        case("within-not-text", &format!("{MEMORY} (@custom \"hostfn.manifest\" \"\\ff\")"), &["H0311"]),
        // inspect showed the first and judged by it, and the host takes none
        case("two-manifests", &within("name = 1"), &["H0311"]).manifest(&export(
            "reader.v2",
            "run",
            "gone",
            TAKES,
        )),
        case("not-text", &plain, &["H0311"]).beside("p.toml", "\u{0}"),
    ]
}

/// Modules that were built against another host.
fn drift_cases() -> Vec<Case> {
    let now = listing();
    let built = |name, codes, change: &dyn Fn(&mut hostfn_core::FunctionRow)| {
        let mut row = now.functions.iter().find(|row| row.name == "greet").unwrap().clone();
        change(&mut row);
        row.fingerprint = row.expected_fingerprint();
        let record = String::from_utf8(FunctionRecord::of(&row).to_bytes()).unwrap();
        let import = GREET.replace("greet", &row.name);
        case(name, &format!("{import} {MEMORY} {}", section("hostfn.functions", &record)), codes)
    };
    vec![
        built("same", &[], &|_| ()),
        built("gone", &["H0321"], &|row| "wave".clone_into(&mut row.name)),
        built("parameters", &["H0322"], &|row| row.params.clear()),
        built("reply", &["H0323"], &|row| row.reply = hostfn_core::Shape::Unit),
        built("capability", &["H0325"], &|row| row.capability = None),
    ]
}

#[test]
fn inspect_of_refused_plugins_agrees_with_load() {
    let files = Files::new();
    let listing = files.listing("listing.json", &listing());
    let host = host();
    let mut differences = String::new();
    for case in modules_cases().into_iter().chain(manifest_cases()).chain(drift_cases()) {
        let folder = listing.with_file_name(case.name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("p.wasm"), &case.wasm).unwrap();
        for (name, text) in &case.beside {
            fs::write(folder.join(name), text).unwrap();
        }
        let (difference, codes) = compared(&host, &listing, &folder.join("p.wasm"), case.differs);
        differences += &difference;
        if !codes.iter().eq(case.codes) {
            differences += &format!("{}: load reports {codes:?}, expected {:?}\n", case.name, case.codes);
        }
    }
    assert_eq!(files.relative(&differences), "");
}

#[test]
fn inspect_of_missing_files_agrees_with_load() {
    let files = Files::new();
    let listing = files.listing("listing.json", &listing());
    let host = host();
    let module = files.write("sound.wasm", wat::parse_str(format!("(module {MEMORY})")).unwrap());
    fs::create_dir(module.with_extension("toml")).unwrap();
    let folder = listing.with_file_name("folder.wasm");
    fs::create_dir(&folder).unwrap();
    let cases = [
        (listing.with_file_name("gone.wasm"), Differs::Nothing),
        (folder, Differs::Command(Code::NotAFile)),
        (module, Differs::Command(Code::NotAFile)),
    ];
    let differences: String =
        cases.iter().map(|(plugin, differs)| compared(&host, &listing, plugin, *differs).0).collect();
    assert_eq!(files.relative(&differences), "");
}
