//! Refusals and output of the packer.

use hostfn_js::Packer;
use sha2::{Digest, Sha256};

use crate::support::registry;

fn problems(modules: &[(&str, &str)]) -> String {
    let packer =
        modules.iter().fold(Packer::new(&registry()), |packer, (name, text)| packer.module(*name, *text));
    let problems = packer.pack().expect_err("it is packed");
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn everything_wrong_is_reported_at_once_with_its_place() {
    let script = "import { gett, compareAndSwap } from 'host:kv';\n\
        import 'host:kvx';\nimport x from 'kv';\nimport * as y from './lib.mjs';\nimport { openKv } from 'HOST:kv';\n";
    expect_test::expect![[r#"
        H0902 plugin.js:2:9: there is no module `host:kvx`; did you mean `host:kv`?
        H0902 plugin.js:3:16: there is no module `kv`; import from `host:NAME`, or from a module of the plugin by `./name.js`
        H0902 plugin.js:4:21: the plugin has no module `lib.mjs`; did you mean `lib.js`?
        H0902 plugin.js:5:25: there is no module `HOST:kv`; import from `host:NAME`, or from a module of the plugin by `./name.js`
        H0903 plugin.js:1:10: `host:kv` has no `gett`; did you mean `get`?
        H0903 plugin.js:1:16: `host:kv` has no `compareAndSwap`; did you mean `compareAndSet`?
    "#]]
    .assert_eq(&problems(&[("plugin.js", script), ("lib.js", "")]));
}

#[test]
fn syntax_errors_have_line_and_column() {
    let said = problems(&[("plugin.js", "export const a = 1;\nexport const b = = 2;\n"), ("b.js", "}")]);
    assert!(said.starts_with("H0901 b.js:1:1: ") && said.contains("\nH0901 plugin.js:2:18: "), "{said}");
}

#[test]
fn names_of_modules_are_plain_paths() {
    for name in ["", "/a.js", "../a.js", "a//b.js", "a\\b.js", "host:kv", "./a.js", "a\n.js"] {
        let said = problems(&[(name, "")]);
        assert!(said.starts_with("H0902 "), "{name:?}: {said}");
    }
    assert!(problems(&[("a.js", ""), ("a.js", "")]).starts_with("H0904 a.js: two modules have this name"));
    assert!(problems(&[]).starts_with("H0902 the plugin: a plugin has at least one module"));
}

/// A report costs no more than the reading of the script.
#[test]
fn problems_of_a_large_script_are_found_in_time() {
    use std::fmt::Write as _;

    let mut imports = String::new();
    for at in 0..3_000 {
        write!(imports, "import {{ x{at} }} from 'host:kv'; import 'host:m{at}';").unwrap();
    }
    let packer = Packer::new(&registry());
    let mut problems = None;
    let time = test_support::processor_time(|| problems = packer.module("plugin.js", imports).pack().err());
    let problems = problems.unwrap();
    assert_eq!((problems.iter().count(), problems.more()), (64, 6_000 - 64));
    assert!(time.as_secs() < 5, "{time:?}");

    let many = (0..1_001).fold(Packer::new(&registry()), |packer, at| packer.module(format!("m{at}.js"), ""));
    let problems = many.pack().unwrap_err();
    assert_eq!(problems.first().message(), "it has more than 1000 modules");
}

#[test]
fn exports_that_every_guest_has_are_refused() {
    for name in ["memory", "plugin_alloc", "plugin_init"] {
        let said = problems(&[("plugin.js", &format!("export const {name} = 1;"))]);
        assert!(said.starts_with("H0904 plugin.js:1:14: "), "{said}");
    }
}

#[test]
fn names_that_the_engine_has_as_atoms_are_read() {
    let script = "export { get as length, set as default_ } from './lib.js'; export const constructor = 1, caf\u{e9} = 2;\n\
        import def, * as all from './lib.js'; export function prototype() { return [def, all]; }";
    let wasm = Packer::new(&registry())
        .module("plugin.js", script)
        .module("lib.js", "export const get = 1, set = 2; export default 3;")
        .pack()
        .unwrap();
    let text = String::from_utf8_lossy(&wasm).into_owned();
    for name in ["length", "default_", "constructor", "caf\u{e9}", "prototype"] {
        assert!(text.contains(name), "{name}");
    }
    let mut names: Vec<String> = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&wasm) {
        if let wasmparser::Payload::ExportSection(section) = payload.unwrap() {
            names = section.into_iter().map(|export| export.unwrap().name.to_owned()).collect();
        }
    }
    assert_eq!(
        names,
        [
            "memory",
            "plugin_alloc",
            "plugin_init",
            "caf\u{e9}",
            "constructor",
            "default_",
            "length",
            "prototype"
        ]
    );
}

#[test]
fn manifest_and_records_are_carried() {
    let manifest = "abi = 1\nname = \"script\"\nversion = \"1.0.0\"\n";
    let script = r#"import { addUp } from "host:host"; export const run = () => addUp(1, 2);"#;
    let wasm = Packer::new(&registry()).module("plugin.js", script).manifest(manifest).pack().unwrap();
    let (host, _) = crate::support::host();
    let plugin = host.load("script", &wasm).unwrap();
    assert_eq!(plugin.manifest().unwrap().version(), "1.0.0");
    let (records, problems) = hostfn_core::FunctionRecord::carried_by("script", &wasm);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(records.iter().map(hostfn_core::FunctionRecord::name).collect::<Vec<_>>(), ["add_up"]);
}

#[test]
fn packing_is_deterministic() {
    let pack =
        || crate::support::pack("import { greet } from 'host:host'; export const run = () => greet('A');");
    assert_eq!(pack(), pack());
}

/// The engine changes only with its sources: `scripts/build-js-engine.sh`, then this line.
#[test]
fn engine_is_the_one_that_was_reviewed() {
    assert_eq!(digest(hostfn_js::ENGINE), include_str!("../../engine.sha256").trim());
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
