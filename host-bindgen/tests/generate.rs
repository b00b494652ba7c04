//! Generated files: the same every time, formatted, and of everything that there is.
//!
//! `UPDATE_EXPECT=1 cargo test -p hostfn-bindgen` writes the snapshots again.

mod common;

use std::path::Path;
use std::process::Command;

use common::{echo, listing, odd, odd_for, types};
use expect_test::{expect, expect_file};
use hostfn_bindgen::{Language, fingerprint, generate, generate_expressible};
use hostfn_core::{Body, Shape, TypeDef};

fn snapshots() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// Returns whether the program is there; where it is not, a line says that the test is skipped.
fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("no {program} here: skipped");
    }
    found
}

#[test]
fn rust() {
    expect_file!["snapshots/odd.rs"].assert_eq(&generate(&odd(), Language::Rust).unwrap());
}

#[test]
fn c() {
    // the runtime is the same for every listing
    let header = generate(&odd(), Language::C).unwrap();
    let (head, types) = header.split_once("/* ---- types ---- */").unwrap();
    let head = head.split_once("#include").unwrap().0;
    expect_file!["snapshots/odd.h.txt"].assert_eq(&format!("{head}...\n\n/* ---- types ---- */{types}"));
}

#[test]
fn assemblyscript() {
    // the runtime is the same for every listing
    let module = generate(&odd_for(Language::AssemblyScript), Language::AssemblyScript).unwrap();
    let (head, types) = module.split_once("// ---- types ----").unwrap();
    let head = head.split_once("@external").unwrap().0;
    expect_file!["snapshots/odd.ts.txt"].assert_eq(&format!("{head}...\n\n// ---- types ----{types}"));
}

#[test]
fn zig() {
    // the runtime is the same for every listing
    let file = generate(&odd(), Language::Zig).unwrap();
    let (of_the_listing, _) = file.split_once("// ---- what the same is").unwrap();
    expect_file!["snapshots/odd.zig.txt"].assert_eq(&format!("{of_the_listing}..."));
}

#[test]
fn wit_has_interfaces_resources_and_a_list_of_what_is_left_out() {
    let bindings = generate_expressible(&odd(), Language::Wit).unwrap();
    expect_file!["snapshots/odd.wit.txt"].assert_eq(&bindings.text);
    let left_out: Vec<_> = bindings.left_out.iter().map(ToString::to_string).collect();
    expect![[r#"
        H0802 host.left, parameter `value`: the type `Left` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.left, reply: the type `Left` contains itself, and WIT has no recursive types; refer to the inner values by index
        H0802 host.no-elements, parameter `value`: WIT has no type without values to tell apart; leave it out
        H0802 host.nothing, parameter `value`: WIT has no type without values to tell apart; leave it out
        H0802 host.opaque, parameter `value`: WIT has no type for a value of any shape; give it a type of its own
        H0802 host.opaque, reply: WIT has no type for a value of any shape; give it a type of its own
        H0802 host.type, parameter `value`: in `Type`, WIT has no type without values to tell apart; leave it out
        H0802 host.type, reply: in `Type`, WIT has no type without values to tell apart; leave it out"#]].assert_eq(&left_out.join("\n"));
    let strict = generate(&odd(), Language::Wit).unwrap_err();
    assert_eq!(strict.iter().count(), left_out.len());
}

#[test]
fn typescript() {
    // the globals are the same for every listing
    let file = generate(&odd(), Language::TypeScript).unwrap();
    let (head, modules) = file.split_once("declare class HostError").unwrap();
    let (_, modules) = modules.split_once("declare module").unwrap();
    expect_file!["snapshots/odd.d.ts.txt"].assert_eq(&format!("{head}...\n\ndeclare module{modules}"));
}

#[test]
fn it_is_the_same_every_time_and_begins_with_the_fingerprint() {
    for language in Language::ALL {
        let odd = odd_for(*language);
        let text = generate(&odd, *language).unwrap();
        assert_eq!(text, generate(&odd, *language).unwrap());
        assert!(text.lines().next().unwrap().contains(&fingerprint(&odd)), "{language:?}");
        for row in &odd.functions {
            assert!(text.contains(&row.fingerprint), "{language:?} lacks {}", row.full_name());
        }
        assert!(text.lines().all(|line| line.trim_end() == line), "{language:?}: a line ends in white space");
        assert_eq!(Language::from_name(language.name()), Some(*language));
    }
}

#[test]
fn nothing_is_generated_of_nothing() {
    for language in Language::ALL {
        let text = generate(&listing(vec![], vec![]), *language).unwrap();
        assert!(text.contains(&fingerprint(&listing(vec![], vec![]))));
    }
}

#[test]
fn the_fingerprint_is_over_what_a_guest_relies_on() {
    let before = fingerprint(&odd());
    let mut documented = odd();
    documented.functions[0].summary = "Something else.".to_owned();
    documented.functions[0].line = 99;
    assert_eq!(fingerprint(&documented), before);
    let mut changed = odd();
    changed.functions[0].fingerprint = "0".repeat(16);
    assert_ne!(fingerprint(&changed), before);
    let mut restricted = odd();
    restricted.functions[0].capability = Some("a.right".to_owned());
    assert_ne!(fingerprint(&restricted), before);
    let mut entered = odd();
    entered.contracts[0].methods[0].fingerprint = "0".repeat(16);
    assert_ne!(fingerprint(&entered), before);
}

#[test]
fn rustfmt_has_nothing_to_change() {
    if !is_there("rustfmt") {
        return;
    }
    let dir = std::env::temp_dir().join(format!("host-bindgen-rustfmt-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("rustfmt.toml"), "").unwrap();
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/guests/rust/src/host.rs");
    for source in [snapshots().join("odd.rs"), conformance] {
        let copy = dir.join("host.rs");
        std::fs::copy(&source, &copy).unwrap();
        let run = Command::new("rustfmt").args(["--check", "--edition", "2024"]).arg(&copy).output().unwrap();
        assert!(run.status.success(), "{source:?}: {}", String::from_utf8_lossy(&run.stdout));
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn clang_has_nothing_to_warn_of() {
    if !is_there("clang-14") {
        return;
    }
    let dir = std::env::temp_dir().join(format!("host-bindgen-clang-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("host.h"), generate(&odd(), Language::C).unwrap()).unwrap();
    let main = "#define HOSTFN_IMPLEMENTATION\n#define HOSTFN_EXPORT_DEMO_V1\n#include \"host.h\"\n";
    std::fs::write(dir.join("main.c"), main).unwrap();
    std::fs::write(dir.join("user.c"), "#include \"host.h\"\n").unwrap();
    for standard in ["c99", "c11", "c17", "c2x", "c++14", "c++17", "c++20", "c++2b"] {
        for memory in ["-DARENA", "-DHOSTFN_MALLOC", "-DHOSTFN_OWN_HEAP"] {
            let language = if standard.starts_with("c++") { "c++" } else { "c" };
            let run = Command::new("clang-14")
                .current_dir(&dir)
                .args(["--target=wasm32", "-ffreestanding", "-fsyntax-only", "-x", language, memory])
                .arg(format!("-std={standard}"))
                .args(STRICT)
                .args(["main.c", "user.c"])
                .output()
                .unwrap();
            assert!(run.status.success(), "{standard} {memory}: {}", String::from_utf8_lossy(&run.stderr));
        }
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// The warnings that a careful project turns on.
const STRICT: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wcast-qual",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Wimplicit-fallthrough",
    "-Wmissing-prototypes",
    "-Werror",
];

/// Returns what clang has to say of a main file that includes the bindings.
fn clang_says(name: &str, body: &str) -> String {
    let dir = std::env::temp_dir().join(format!("host-bindgen-clang-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("host.h"), generate(&odd(), Language::C).unwrap()).unwrap();
    let main = format!("#define HOSTFN_IMPLEMENTATION\n#include \"host.h\"\nint f(void) {{ {body} }}\n");
    std::fs::write(dir.join("main.c"), main).unwrap();
    let flags = ["--target=wasm32", "-std=c99", "-ffreestanding", "-fsyntax-only", "main.c"];
    let run = Command::new("clang-14").current_dir(&dir).args(flags).output().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert_ne!(run.status.success(), String::from_utf8_lossy(&run.stderr).contains("error:"));
    String::from_utf8_lossy(&run.stderr).into_owned()
}

#[test]
fn c_handle_of_another_resource_is_refused() {
    if !is_there("clang-14") {
        return;
    }
    let call = |argument: &str| {
        format!(
            "AppStore store; Statement other; uint64_t n; (void)store; (void)other; (void)n; return files_close({argument});"
        )
    };
    assert_eq!(clang_says("right", &call("store").replace("(void)store;", "store.id = 7;")), "");
    for wrong in ["other", "n", "7"] {
        let said = clang_says(wrong, &call(wrong));
        assert!(said.contains("incompatible type"), "{wrong}: {said}");
    }
}

/// The compiler of Zig, under either of its names; if absent, a line says that the test is skipped.
fn zig_compiler() -> Option<Vec<&'static str>> {
    let known = [vec!["zig"], vec!["python3", "-m", "ziglang"]];
    let found = known.into_iter().find(|command| {
        let run = Command::new(command[0]).args(&command[1..]).arg("version").output();
        run.is_ok_and(|run| run.status.success())
    });
    if found.is_none() {
        eprintln!("no zig here: skipped");
    }
    found
}

/// Returns what `zig` has to say of a file of bindings and of a main file that uses it.
fn zig_says(command: &[&str], name: &str, host: &str, main: &str) -> String {
    let dir = std::env::temp_dir().join(format!("host-bindgen-zig-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("host.zig"), host).unwrap();
    std::fs::write(dir.join("main.zig"), main).unwrap();
    let run = |args: &[&str]| {
        let run = Command::new(command[0]).args(&command[1..]).args(args).current_dir(&dir).output().unwrap();
        let said =
            [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        if run.status.success() { String::new() } else { format!("{args:?}: {said}") }
    };
    let build = [
        "build-exe",
        "main.zig",
        "-target",
        "wasm32-freestanding",
        "-fno-entry",
        "-rdynamic",
        "-fno-emit-bin",
    ];
    let said = run(&["fmt", "--check", "."]) + &run(&build);
    std::fs::remove_dir_all(&dir).unwrap();
    said
}

#[test]
fn zig_has_nothing_to_change_or_to_say() {
    let Some(command) = zig_compiler() else { return };
    let main = include_str!("snapshots/odd_main.zig");
    let odd = generate(&odd(), Language::Zig).unwrap();
    assert_eq!(zig_says(&command, "odd", &odd, main), "");
    // what the file calls its own things, or the language its own
    let functions = ["args", "const", "from", "hostfn", "len", "read", "this", "u8", "value", "wire"];
    let names = ["Error", "Key", "KeyCodec", "Reader", "Type", "ZigType"];
    let defined =
        || types(names.map(|name| (name, TypeDef::Struct(common::fields(&[("error", Shape::U8)])))));
    let shape = Shape::Tuple(names.map(common::named).to_vec());
    let echoes = functions.map(|name| echo(name, shape.clone(), defined()));
    let host = generate(&listing(echoes.to_vec(), vec![]), Language::Zig).unwrap();
    let uses = ["args_", "const_", "from_", "hostfn_", "len_", "read", "this_", "u8_", "value_", "wire_"]
        .map(|name| format!("        _ = &host.{name};\n"));
    let main = format!(
        "const host = @import(\"host.zig\");\n\ncomptime {{\n    if (true) {{\n{}    }}\n}}\n",
        uses.concat()
    );
    assert_eq!(zig_says(&command, "names", &host, &main), "");
}

#[test]
fn zig_handle_of_another_resource_is_refused() {
    let Some(command) = zig_compiler() else { return };
    let odd = generate(&odd(), Language::Zig).unwrap();
    let main = |argument: &str| {
        format!(
            "const host = @import(\"host.zig\");\n\nexport fn f(n: u64) void {{\n    \
             const store: host.AppStore = .{{ .id = n }};\n    \
             const other: host.Statement = .{{ .id = n }};\n    _ = .{{ store, other }};\n    \
             host.files.close({argument}) catch {{}};\n}}\n"
        )
    };
    assert_eq!(zig_says(&command, "right", &odd, &main("store")), "");
    for wrong in ["other", "n", "7"] {
        let said = zig_says(&command, wrong, &odd, &main(wrong));
        assert!(said.contains("expected type"), "{wrong}: {said}");
    }
}

#[test]
fn types_of_one_name_and_one_meaning_are_one() {
    let metres = || types([("Metres", TypeDef::Struct(Body::Newtype(Shape::F64)))]);
    let both = listing(
        vec![echo("a", common::named("Metres"), metres()), echo("b", common::named("Metres"), metres())],
        vec![],
    );
    let rust = generate(&both, Language::Rust).unwrap();
    assert_eq!(rust.matches("pub struct Metres(pub f64);").count(), 1);
}
