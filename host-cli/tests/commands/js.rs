use std::fs;

use hostfn_cli::Exit;

use crate::library::first;
use crate::{Files, hostfn};

#[test]
fn script_and_its_modules_are_packed() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let at = |name: &str| listing.with_file_name(name);
    fs::create_dir(at("lib")).unwrap();
    fs::write(
        at("plugin.js"),
        "import { twice } from './lib/twice.js';\nexport const run = (n) => twice(n);",
    )
    .unwrap();
    fs::write(
        at("typed.ts"),
        "import { twice } from './lib/twice.js';\nexport const run = (n: number): number => twice(n);",
    )
    .unwrap();
    fs::write(at("lib/twice.js"), "export const twice = (n) => 2 * n;").unwrap();
    let pack =
        |out: &str| hostfn(&[&"js", &"pack", &at("plugin.js"), &"--listing", &listing, &"--out", &at(out)]);
    let ran = pack("plugin.wasm");
    assert_eq!(ran.exit, Exit::Success, "{}", ran.err);
    let wasm = fs::read(at("plugin.wasm")).unwrap();
    assert!(wasm.starts_with(b"\0asm"));
    let typed =
        hostfn(&[&"js", &"pack", &at("typed.ts"), &"--listing", &listing, &"--out", &at("typed.wasm")]);
    assert_eq!(typed.exit, Exit::Success, "{}", typed.err);
    // again, over the plugin; and never over something else
    assert_eq!(pack("plugin.wasm").exit, Exit::Success);
    let over = pack("listing.json");
    assert_eq!(over.exit, Exit::Failure);
    assert!(over.err.contains("it exists, and is no plugin"), "{}", over.err);
    assert_eq!(fs::read(at("plugin.wasm")).unwrap(), wasm);
}

#[test]
fn everything_that_cannot_be_packed_is_reported() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let script = listing.with_file_name("plugin.js");
    fs::write(&script, "import './gone.js';\nimport '../outside.js';\nimport { x } from 'host:nope';\n")
        .unwrap();
    let pack = |args: &[&dyn AsRef<std::path::Path>]| {
        let out = listing.with_file_name("plugin.wasm");
        hostfn(&[&[&"js" as _, &"pack" as _, &script as _, &"--out" as _, &out as _], args].concat())
    };
    let ran = pack(&[&"--listing", &listing]);
    assert_eq!(ran.exit, Exit::Failure);
    assert!(ran.err.contains("H0902 plugin.js:1:9: ") && ran.err.contains("gone.js"), "{}", ran.err);
    fs::write(&script, "import '../outside.js';\nimport { x } from 'host:nope';\n").unwrap();
    let ran = pack(&[&"--listing", &listing]);
    assert!(ran.err.contains("H0902 plugin.js:1:9: there is no module `../outside.js`"), "{}", ran.err);
    assert!(ran.err.contains("H0902 plugin.js:2:20: there is no module `host:nope`"), "{}", ran.err);
    assert!(!listing.with_file_name("plugin.wasm").exists());
    assert!(pack(&[]).err.contains("the host is missing; name it with `--listing` or `--program`"));
}
