//! `hostfn inspect` reports what the load of the host reports: codes, locations, messages, remedies and their order.

use std::fs;
use std::path::{Path, PathBuf};

use hostfn_cli::Exit;
use hostfn_core::{Error, FunctionRecord, FunctionRow, Host, Limits, Listing, Metric, Plugin};
use serde_json::Value;

use crate::inspect::{plugin, repository};
use crate::plugins::{listing, registry};
use crate::{Files, hostfn, library};

/// Problems in their order, a line each.
type Lines = Vec<String>;

/// A host, and the arguments of `hostfn inspect` that describe it.
struct Compared {
    host: Host,
    arguments: Vec<PathBuf>,
}

impl Compared {
    fn new(files: &Files) -> Self {
        Self::with(files, Host::builder(registry()).build().unwrap(), &listing())
    }

    fn with(files: &Files, host: Host, listing: &Listing) -> Self {
        let listing = files.listing("listing.json", listing);
        Compared { host, arguments: vec!["--listing".into(), listing] }
    }

    fn argument(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        self.arguments.extend([name.into(), value.into()]);
        self
    }

    fn inspect(&self, plugin: &Path) -> Lines {
        let mut arguments: Vec<&dyn AsRef<Path>> = vec![&"inspect", &plugin, &"--format", &"json"];
        arguments.extend(self.arguments.iter().map(|argument| argument as &dyn AsRef<Path>));
        let ran = hostfn(&arguments);
        if ran.exit == Exit::Failure {
            return ran.err.trim_start_matches("error: ").lines().map(str::to_owned).collect();
        }
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        let problems = json["problems"].as_array().unwrap();
        assert_eq!(json["links"], problems.is_empty(), "{}", plugin.display());
        // what is loaded can lack a contract
        let fulfils = json["contracts"].as_array().unwrap().iter().all(|row| row["fulfilled"] == true);
        let fulfils = fulfils && (json["contracts"] != serde_json::json!([]) || json["host_contracts"] == 0);
        assert_eq!(ran.exit == Exit::Success, problems.is_empty() && fulfils, "{}", plugin.display());
        let part = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
        let row = |problem: &Value| {
            let [code, place, what, remedy] =
                ["code", "location", "message", "help"].map(|name| part(problem, name));
            format!("{code} {place}: {what}; {remedy}")
        };
        let more = json["more_problems"].as_u64().unwrap();
        problems.iter().map(row).chain((more > 0).then(|| format!("and {more} more problems"))).collect()
    }

    /// The difference of the two verdicts on a plugin, if any, and the codes of the host's.
    fn check(&self, plugin: &Path) -> (String, Lines) {
        self.check_loaded(plugin, self.host.load_file(plugin).map(drop))
    }

    fn check_loaded(&self, plugin: &Path, loaded: Result<(), Error>) -> (String, Lines) {
        let loaded = lines_of(loaded);
        let mut codes: Lines =
            loaded.iter().filter(|line| line.starts_with('H')).map(|line| line[..5].to_owned()).collect();
        codes.dedup();
        let inspected = self.inspect(plugin);
        if loaded == inspected {
            return (String::new(), codes);
        }
        let lines = |lines: &Lines| lines.iter().map(|line| format!("\n    {line}")).collect::<String>();
        let name = plugin.display();
        (format!("{name}\n  load:{}\n  inspect:{}\n", lines(&loaded), lines(&inspected)), codes)
    }
}

/// The problems of a load, as [`Compared::inspect`] returns them.
fn lines_of(loaded: Result<(), Error>) -> Lines {
    match loaded {
        Ok(()) => Vec::new(),
        Err(Error::Problems(problems)) => {
            let more = Some(problems.more()).filter(|more| *more > 0);
            let more = more.map(|more| format!("and {more} more problems"));
            problems.iter().map(ToString::to_string).chain(more).collect()
        }
        Err(other) => panic!("{other}"),
    }
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

#[test]
fn inspect_of_committed_modules_agrees_with_load() {
    let files = Files::new();
    let compared = Compared::new(&files);
    let mut found = Vec::new();
    for folder in ["examples/guests", "examples/plugins", "conformance/guests", "host-cli/tests", "tests"] {
        modules(&repository().join(folder), &mut found);
    }
    assert!(found.len() >= 20, "{found:?}");
    let differences: String = found.iter().map(|plugin| compared.check(plugin).0).collect();
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
}

fn case(name: &'static str, body: &str, codes: &'static [&'static str]) -> Case {
    let wasm = wat::parse_str(format!("(module {body})")).unwrap();
    Case { name, wasm, beside: Vec::new(), codes }
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
        case("feature", "", &["H0302"]).bytes(
            wat::parse_str(format!("(module (import \"host\" \"gone\" (func)) {MEMORY} (tag))")).unwrap(),
        ),
        case(
            "code-feature",
            &format!("{MEMORY} (func i32.const 0 i32.const 0 memory.atomic.notify drop)"),
            &["H0302"],
        ),
        case("code-invalid", &format!("{MEMORY} (func i32.const 0)"), &["H0302"]),
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
            &["H0307"],
        ),
        case("wasi", &import("wasi_snapshot_preview1", "fd_write", "(func)"), &["H0318"]),
        case("foreign", &import("env", "abort", "(func)"), &["H0352"]),
        case(
            "imported-memory",
            "(import \"env\" \"memory\" (memory 1)) (export \"memory\" (memory 0))",
            &["H0353"],
        ),
        case("constructors", &format!("{MEMORY} (func (export \"__wasm_call_ctors\"))"), &["H0354"]),
        case(
            "imports",
            &(0..10_001).map(|i| format!("(import \"app\" \"f{i}\" (func))")).collect::<String>(),
            &["H0340"],
        ),
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
        of("fuel", &["H0350"], "[limits]\nfuel = 1000\n"),
        of("long", &["H0311"], &"# long\n".repeat(200_000)),
        of("longer", &["H0301"], &"# long\n".repeat(300_000)),
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

/// Runs the cases, and returns the differences and the codes that are not expected.
fn run(files: &Files, compared: &Compared, cases: impl IntoIterator<Item = Case>) -> String {
    let mut differences = String::new();
    for case in cases {
        let folder = files.folder(case.name);
        fs::write(folder.join("p.wasm"), &case.wasm).unwrap();
        for (name, text) in &case.beside {
            fs::write(folder.join(name), text).unwrap();
        }
        let (difference, codes) = compared.check(&folder.join("p.wasm"));
        differences += &difference;
        if codes != case.codes {
            differences += &format!("{}: load reports {codes:?}, expected {:?}\n", case.name, case.codes);
        }
    }
    files.relative(&differences)
}

/// A module that was built against another row of this function than the host's.
fn built(
    listing: &Listing,
    name: &str,
    case_name: &'static str,
    codes: &'static [&'static str],
    change: impl FnOnce(&mut FunctionRow),
) -> Case {
    let mut row = listing.functions.iter().find(|row| row.name == name).unwrap().clone();
    change(&mut row);
    row.fingerprint = row.expected_fingerprint();
    let record = String::from_utf8(FunctionRecord::from_row(&row).to_bytes()).unwrap();
    let import = GREET.replace("greet", &row.name);
    case(case_name, &format!("{import} {MEMORY} {}", section("hostfn.functions", &record)), codes)
}

#[test]
fn inspect_of_refused_plugins_agrees_with_load() {
    let files = Files::new();
    let compared = Compared::new(&files);
    let now = listing();
    let built = |name, codes, change: fn(&mut FunctionRow)| built(&now, "greet", name, codes, change);
    let drift = [
        built("same", &[], |_| ()),
        built("gone", &["H0321"], |row| "wave".clone_into(&mut row.name)),
        built("parameters", &["H0322"], |row| row.params.clear()),
        built("reply", &["H0323"], |row| row.reply = hostfn_core::Shape::Unit),
        built("capability", &["H0325"], |row| row.capability = None),
    ];
    let cases = modules_cases().into_iter().chain(manifest_cases()).chain(drift);
    assert_eq!(run(&files, &compared, cases), "");
}

#[test]
fn inspect_of_drifted_types_agrees_with_load() {
    let files = Files::new();
    let now = library::second();
    let host = Host::builder(library::second_registry()).build().unwrap();
    let compared = Compared::with(&files, host, &now);
    let cases = [
        built(&now, "fs_list", "field", &["H0324"], |row| {
            let types = serde_json::to_string(&row.types).unwrap().replace("\"size\"", "\"length\"");
            row.types = serde_json::from_str(&types).unwrap();
        }),
        built(&now, "fs_read", "status", &["H0326"], |row| {
            row.error.as_mut().unwrap().kinds[0].status = -1000;
        }),
        built(&now, "fs_read", "convention", &["H0326"], |row| "other".clone_into(&mut row.convention)),
    ];
    assert_eq!(run(&files, &compared, cases), "");
}

#[test]
fn inspect_with_other_limits_agrees_with_load() {
    let files = Files::new();
    let mut limits = Limits::default();
    limits.fuel = Some(1 << 20);
    let mut set = vec![(Metric::ModuleBytes, 1000), (Metric::Imports, 2), (Metric::Functions, 3)];
    set.extend([
        (Metric::BodyBytes, 20),
        (Metric::Control, 3),
        (Metric::TypeSlots, 4),
        (Metric::CallValues, 1),
    ]);
    let host = {
        for (metric, limit) in &set {
            limits.load.set(*metric, *limit);
        }
        Host::builder(registry()).limits(limits).build().unwrap()
    };
    let mut compared = Compared::with(&files, host, &listing()).argument("--fuel", "1048576");
    for (metric, limit) in set {
        compared = compared.argument("--load-limit", format!("{}={limit}", metric.field()));
    }
    let cases = [
        case("within", MEMORY, &[]),
        case("fuel", MEMORY, &[]).manifest("[limits]\nfuel = 1000\n"),
        case("bytes", &format!("{MEMORY} {}", section("x", &"y".repeat(1000))), &["H0340"]),
        case("bytes-and-manifest", &section("x", &"y".repeat(1000)), &["H0340"]).beside("p.toml", "= ="),
        case("imports", &"(import \"app\" \"f\" (func))".repeat(3), &["H0311", "H0340"])
            .beside("p.toml", "= ="),
        case("functions", &"(func)".repeat(4), &["H0340"]),
        case("body", &format!("{MEMORY} (func {})", "nop ".repeat(30)), &["H0340"]),
        case("control", &format!("{MEMORY} (func {})", "block end ".repeat(4)), &["H0340"]),
        case("type", &format!("{MEMORY} (func (param i32 i32 i32 i32 i32))"), &["H0340"]),
        case(
            "calls",
            &format!("{MEMORY} (func $f (param i32 i32)) (func (call $f (i32.const 1) (i32.const 2)))"),
            &["H0340"],
        ),
        case(
            "unknown-and-body",
            &format!("(import \"app\" \"f\" (func)) (func {})", "nop ".repeat(30)),
            &["H0303", "H0305", "H0340"],
        ),
    ];
    assert_eq!(run(&files, &compared, cases), "");
}

#[test]
fn inspect_of_unreadable_files_agrees_with_load() {
    let files = Files::new();
    let compared = Compared::new(&files);
    let module = files.write("sound.wasm", wat::parse_str(format!("(module {MEMORY})")).unwrap());
    files.folder("sound.toml");
    let lone = files.folder("lone");
    fs::write(lone.join("plugin.toml"), HEAD).unwrap();
    let cases = [
        (module.with_file_name("gone.wasm"), "H0301"),
        (files.folder("folder.wasm"), "H0360"),
        (module, "H0360"),
        (lone, "H0301"),
    ];
    for (plugin, code) in cases {
        let (difference, codes) = compared.check(&plugin);
        assert_eq!((files.relative(&difference).as_str(), codes), ("", vec![code.to_owned()]));
    }
}

#[test]
fn inspect_of_each_plugin_agrees_with_load_dir() {
    let files = Files::new();
    let compared = Compared::new(&files);
    let module = wat::parse_str(format!("(module {MEMORY} {ENTRIES})")).unwrap();
    let folder = files.folder("plugins");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let manifest =
        |name: &str, rest: &str| format!("{}{rest}", HEAD.replace("\"p\"", &format!("\"{name}\"")));
    write("sound.wasm", &module);
    write("text.wasm", b"(module)");
    write("exports.wasm", &module);
    write("exports.toml", manifest("exports", &export("reader.v2", "run", "run", TAKES)).as_bytes());
    write("alone/alone.wasm", &module);
    write("alone/plugin.toml", manifest("lonely", "").as_bytes());
    write("both/a.wasm", &module);
    write("both/b.wasm", &module);
    write("both/plugin.toml", manifest("both", "").as_bytes());
    write("empty/plugin.toml", manifest("empty", "").as_bytes());
    write("second/sound.wasm", &module);

    let report = compared.host.load_dir(&folder).unwrap();
    assert_eq!((report.loaded().len(), report.refused().len()), (2, 6), "{report}");
    let mut differences = String::new();
    for (path, _) in report.loaded() {
        differences += &compared.check_loaded(path, Ok(())).0;
    }
    let mut duplicates = 0;
    for (path, error) in report.refused() {
        let lines: Lines = error.to_string().lines().map(str::to_owned).collect();
        if lines[0].starts_with("H0319 ") {
            // a problem of two plugins, and inspect reads one
            duplicates += 1;
            differences += &compared.check(path).0;
        } else if lines != compared.inspect(path) {
            differences += &format!("{}: {lines:?}, {:?}\n", path.display(), compared.inspect(path));
        }
    }
    assert_eq!((files.relative(&differences).as_str(), duplicates), ("", 1));
}

#[test]
fn inspect_with_grants_agrees_with_instantiate() {
    let files = Files::new();
    let text = "\"notes.read\" = { allow = [\"day-*\"] }\n";
    let granted = registry().read_grants(text).unwrap();
    let compared = Compared::new(&files).argument("--grants", files.write("grants.toml", text));
    let start = |plugin: Plugin| plugin.instantiate(&granted).map(drop);
    let mut refused = 0;
    for name in ["plugins/notes/notes.wasm", "plugins/greedy/greedy.wasm", "guests/greeter-c.wasm"] {
        let path = plugin(name);
        let (difference, codes) =
            compared.check_loaded(&path, compared.host.load_file(&path).and_then(start));
        assert_eq!(difference, "");
        refused += usize::from(codes.iter().any(|code| code == "H0310"));
    }
    assert!(refused >= 2, "{refused} refused");
}
