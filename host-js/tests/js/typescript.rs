//! Plugins in TypeScript: what is removed, what is kept, and what is refused.

use hostfn_js::{Packer, strip_types};
use serde_bytes::ByteBuf;

use crate::support::{GreeterClient, Person, grants, host, registry};

fn plugin(script: &str) -> hostfn::Instance {
    let wasm = Packer::new(&registry()).module("plugin.ts", script).pack();
    let wasm = wasm.unwrap_or_else(|problems| panic!("{problems}"));
    host().0.load("script", &wasm).unwrap().instantiate(&grants()).unwrap()
}

/// The module without types, and with runs of spaces as one.
fn stripped(script: &str) -> String {
    let text = strip_types("a.ts", script).unwrap_or_else(|problems| panic!("{script}\n{problems}"));
    let places = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    assert!(text.chars().count() == script.chars().count() && places(&text) <= places(script), "{text}");
    assert_eq!(text.matches('\n').count(), script.matches('\n').count());
    text.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn plugin_that_tsc_accepts_runs() {
    let packer = Packer::new(&registry());
    let packer = packer.module("plugin.ts", include_str!("../types/plugin.ts")).contract("greeter.v1");
    let mut plugin = host().0.load("typed", &packer.pack().unwrap()).unwrap().instantiate(&grants()).unwrap();
    assert_eq!(plugin.call::<_, Option<String>>("remember", ("a", "one")).unwrap().unwrap(), "one");
    assert_eq!(plugin.call::<_, u64>("older", ("Ada",)).unwrap(), 7 + (1 << 40) + 36);
    assert_eq!(plugin.call::<_, u32>("counted", (ByteBuf::from(vec![1, 1, 7]),)).unwrap(), 3);
    assert_eq!(plugin.call::<_, String>("refused", ("Bob",)).unwrap(), "not_you FAILED");
    let mut greeter: GreeterClient<'_> = plugin.contract().unwrap();
    assert_eq!(greeter.greet_back("Ada".to_owned(), 2).unwrap(), "Ada 2");
    let ada = Person { name: "Ada".to_owned(), age: 36, balance: 5, note: Some("x".to_owned()) };
    assert_eq!(greeter.older(ada.clone()).unwrap(), Person { age: 37, note: None, ..ada });
}

#[test]
fn types_are_removed_and_the_rest_is_kept() {
    let cases = [
        ("let a: number = 1, b!: string;", "let a = 1, b ;"),
        ("f<string>(x as any as T, y!, z satisfies U)!.g?.<T>();", "f (x , y , z ) .g?. ();"),
        ("interface A { b(): void }\nconst a = 1;", "; \nconst a = 1;"),
        ("export type A<T> = T | null; export interface B {}", "; ; "),
        (
            "import type { A } from './a.ts';\nimport { b, type C, d } from './b.ts';",
            "; \nimport { b, d } from './b.ts';",
        ),
        ("import { type G } from 'host:contracts';", "; "),
        (
            "export { a, type B }; export type { C }; let a; type B = 1; type C = 2;",
            "export { a, }; ; let a; ; ; ",
        ),
        ("export type * from './a.ts'; declare const x: number; declare module 'm' { }", "; ; ; "),
        (
            "function f(this: Window, a?: number, ...b: string[]): asserts a is 1 { }",
            "function f( a , ...b ) { }",
        ),
        ("function f(): void;\nfunction f(a?: 1): void { }", "; \nfunction f(a ) { }"),
        ("const f = async <T,>(a: T): Promise<T> => a;", "const f = async (a ) => a;"),
        ("abstract class A<T> extends B<T> implements C, D<T> { }", " class A extends B { }"),
        (
            "class A { private readonly a?: number = 1; declare b: 1; abstract c(): void; static d: 2 }",
            "class A { ; a = 1; ; ; static d }",
        ),
        (
            "class A { public constructor(); constructor(a?: 1) {} [key: string]: any; override get b(): 1 { return 1 } }",
            "class A { ; constructor(a ) {} ; ; get b() { return 1 } }",
        ),
        (
            "try { } catch (e: unknown) { }\nfor (const a of b as T[]) { }",
            "try { } catch (e ) { }\nfor (const a of b ) { }",
        ),
        (
            "const s = `${a as string}`, r = /a: b/, t = 'x as y';",
            "const s = `${a }`, r = /a: b/, t = 'x as y';",
        ),
        ("let é: Größe = 'ü' as Größe;", "let é = 'ü' ;"),
    ];
    for (script, expected) in cases {
        assert_eq!(stripped(script).trim(), expected.trim(), "{script}");
    }
}

/// Types can stand where a line ends, and without them the lines would mean something else.
#[test]
fn lines_mean_the_same_without_types() {
    let cases = [
        ("const f = (x) => 7;\nconst a = 1 as any\n(f)(2);\nexport const run = () => a;", 1),
        (
            "let seen = 0;\nconst f = () => { seen++; };\nf()\ntype A = 1\n(() => { seen += 10; })();\nexport const run = () => seen;",
            11,
        ),
        ("const f = (a: number):\n  number => a + 1;\nexport const run = () => f(1);", 2),
        ("const make = () => { return <\n T\n>(a: T): T => a; };\nexport const run = () => make()(3);", 3),
        (
            "class A { a = 4\n private ['b'] = 5\n public *c() { yield 6 } }\nexport const run = () => new A().a + [...new A().c()][0];",
            10,
        ),
        ("class A { a = 1 as number\n ['b'] = 5 }\nexport const run = () => new A().a + new A().b;", 6),
        (
            "for (let i = 0 as number\n; i < 3; i++) { }\nexport const run = () => [1, 2]\n  .map((a): number => a)\n  .length;",
            2,
        ),
    ];
    // modules of one plugin, which is compiled once
    let name = |at: usize| format!("case{at}.ts");
    let main = (0..cases.len()).map(|at| format!("export {{ run as run{at} }} from './{}';\n", name(at)));
    let packer = Packer::new(&registry()).module("main.ts", main.collect::<String>());
    let packer =
        cases.iter().enumerate().fold(packer, |packer, (at, (script, _))| packer.module(name(at), *script));
    let wasm = packer.pack().unwrap_or_else(|problems| panic!("{problems}"));
    let mut plugin = host().0.load("lines", &wasm).unwrap().instantiate(&grants()).unwrap();
    for (at, (script, expected)) in cases.into_iter().enumerate() {
        assert_eq!(plugin.call::<_, i32>(&format!("run{at}"), ()).unwrap(), expected, "{script}");
    }
}

#[test]
fn stack_traces_have_the_lines_of_the_source() {
    let script = "type Name = string;\n\ninterface A {\n  b: Name;\n}\nexport function run(a: A | null = null): never {\n  const é: string = 'é' as string; throw new TypeError(`no ${a}`);\n}\n";
    let error = plugin(script).call::<_, ()>("run", ()).unwrap_err().to_string();
    assert!(error.contains("TypeError: no null") && error.contains("plugin.ts:7:"), "{error}");
    // of what the engine refuses too
    let script = "type A = 1;\nexport const run = (a: A) => { return return };\n";
    let problems = Packer::new(&registry()).module("plugin.ts", script).pack().unwrap_err();
    assert!(problems.to_string().starts_with("H0901 plugin.ts:2:39: "), "{problems}");
}

#[test]
fn syntax_that_is_more_than_types_is_refused() {
    let script = "enum A { B }\nnamespace N { export const a = 1 }\nclass C { constructor(private a: 1) {} }\n\
                  const x = <string>y;\nimport fs = require('fs');\nexport = x;\n@d class E {}\n";
    let problems = strip_types("plugin.ts", script).unwrap_err();
    let places: Vec<&str> = problems.iter().map(hostfn::Problem::location).collect();
    let lines: Vec<_> = places.iter().map(|place| place.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["1", "2", "3", "4", "5", "6", "7"], "{problems}");
    assert!(
        problems.to_string().contains("an enum cannot be removed; write a union of strings"),
        "{problems}"
    );
    // the same when it is packed, and of all modules at once
    let packer = Packer::new(&registry()).module("a.ts", "enum A { B }").module("b.mts", "let : 1;");
    let problems = packer.pack().unwrap_err();
    assert_eq!(problems.iter().map(hostfn::Problem::location).collect::<Vec<_>>(), ["a.ts:1:1", "b.mts:1:5"]);
}

#[test]
fn modules_of_both_languages_import_each_other() {
    let wasm = Packer::new(&registry())
        .module("main.ts", "import { twice } from './lib.js'; import { half, type N } from './half.mts'; export const run = (n: N): N => half(twice(twice(n)));")
        .module("lib.js", "export const twice = (n) => 2 * n;")
        .module("half.mts", "export type N = number; export const half = (n: N) => n / 2;")
        .pack()
        .unwrap();
    let mut plugin = host().0.load("both", &wasm).unwrap().instantiate(&grants()).unwrap();
    assert_eq!(plugin.call::<_, i32>("run", (21,)).unwrap(), 42);
}

#[test]
fn hostile_sources_end_in_an_error() {
    let hostile = [
        "(".repeat(100_000),
        "!".repeat(1_000_000),
        "a=>".repeat(100_000),
        "let a: ".to_owned() + &"A<".repeat(100_000),
        "`${".repeat(50_000),
        "if(x)".repeat(100_000),
        "enum A {}\n".repeat(100_000),
        "/*".to_owned(),
        "class A { constructor(private".to_owned(),
    ];
    for script in hostile {
        let shown: String = script.chars().take(20).collect();
        let problems = strip_types("plugin.ts", &script).expect_err(&shown);
        assert!(problems.iter().count() <= 64, "{shown}");
    }
    // and the next module is read
    assert_eq!(strip_types("plugin.ts", "let a: 1;").unwrap(), "let a   ;");
}

/// The stripper changes only with its sources: `scripts/build-typescript.sh`, then this line.
#[test]
fn stripper_is_the_one_that_was_reviewed() {
    let digest = crate::packing::digest(hostfn_js::TYPESCRIPT);
    assert_eq!(digest, include_str!("../../typescript.sha256").trim());
}
