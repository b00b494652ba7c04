//! Types of plugins: what `tsc --strict` accepts and rejects with the generated declarations.

use std::path::Path;
use std::process::Command;

use expect_test::expect_file;
use hostfn_bindgen::{Language, generate};

use crate::support::registry;

const OPTIONS: &str = r#"{ "compilerOptions": {
    "strict": true, "noEmit": true, "target": "es2023", "lib": ["es2023"], "types": [], "module": "preserve",
    "allowImportingTsExtensions": true, "verbatimModuleSyntax": true, "erasableSyntaxOnly": true } }"#;

/// Wrong plugins, and the error of each.
const WRONG: [(&str, &str); 14] = [
    (r#"import { gett } from "host:kv"; gett();"#, "TS2724"),
    (r#"import { get } from "host:kvx"; get();"#, "TS2307"),
    (r#"import { greet } from "host:host"; greet(5);"#, "TS2345"),
    (r#"import { addUp } from "host:host"; addUp(1n);"#, "TS2554"),
    (r#"import { addUp } from "host:host"; export const n: number = addUp(1n, 2);"#, "TS2322"),
    (r#"import { addSmall } from "host:host"; addSmall(1n, 2);"#, "TS2345"),
    (r#"import { get } from "host:kv"; get(7, "key");"#, "TS2345"),
    (r#"import type { Store } from "host:kv"; new Store();"#, "TS1361"),
    (r#"import { birthday } from "host:host"; birthday({ name: "A", agee: 3, balance: 1n });"#, "TS2561"),
    (r#"import { turn } from "host:host"; turn("Cirle");"#, "TS2345"),
    (r#"import { sumLater } from "host:math"; export const n: number = sumLater([1]);"#, "TS2322"),
    (r#"import { openKv } from "host:kv"; export const b: Uint8Array = openKv("a").get("b");"#, "TS2322"),
    (
        r#"import type { CounterV1 } from "host:contracts"; export default { next: (n: bigint) => `${n}` } satisfies CounterV1;"#,
        "TS2322",
    ),
    (r#"import { openKv } from "host:kv"; openKv("a").closed();"#, "TS2551"),
];

fn declarations() -> String {
    generate(&registry().listing(), Language::TypeScript).unwrap()
}

/// The output of `tsc` for these files, `None` without it.
fn tsc(files: &[(String, &str)], args: &[&str]) -> Option<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types/node_modules/.bin/tsc");
    if !program.exists() {
        eprintln!("skipped: no tsc; run `npm ci` in host-js/tests/types");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tsconfig.json"), OPTIONS).unwrap();
    std::fs::write(folder.path().join("host.d.ts"), declarations()).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let ran = Command::new(program).current_dir(folder.path()).args(args).output().unwrap();
    Some(String::from_utf8(ran.stdout).unwrap() + &String::from_utf8_lossy(&ran.stderr))
}

#[test]
fn declarations_match_the_snapshot() {
    expect_file!["../types/host.d.ts"].assert_eq(&declarations());
}

#[test]
fn tsc_accepts_a_plugin_with_the_declarations() {
    let plugin = [("plugin.ts".to_owned(), include_str!("../types/plugin.ts"))];
    for args in
        [&["-p", "."][..], &["-p", ".", "--lib", "es2023,dom", "--exactOptionalPropertyTypes", "false"]]
    {
        assert!(tsc(&plugin, args).is_none_or(|said| said.is_empty()), "{:?}", tsc(&plugin, args));
    }
}

#[test]
fn tsc_accepts_the_plugin_of_the_example() {
    let declarations = crate::example::declarations();
    let plugin = include_str!("../../examples/js/visits.ts");
    let files = [("host.d.ts".to_owned(), declarations.as_str()), ("visits.ts".to_owned(), plugin)];
    assert_eq!(tsc(&files, &["-p", "."]).unwrap_or_default(), "");
}

#[test]
fn tsc_rejects_each_wrong_plugin() {
    let files: Vec<_> =
        WRONG.iter().enumerate().map(|(at, (text, _))| (format!("wrong{at}.ts"), *text)).collect();
    let Some(said) = tsc(&files, &["-p", "."]) else { return };
    for (at, (text, code)) in WRONG.iter().enumerate() {
        let lines: Vec<_> = said.lines().filter(|line| line.starts_with(&format!("wrong{at}.ts("))).collect();
        assert!(lines.iter().any(|line| line.contains(&format!("error {code}:"))), "{text}\n{said}");
    }
}
