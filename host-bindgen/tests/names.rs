//! Names of a listing that a language or its generated file already has: what is generated of them compiles.

mod common;

use std::path::Path;
use std::process::Command;

use common::{echo, fields, function, listing, named, params, seq, variant};
use hostfn_bindgen::{Language, generate};
use hostfn_core::{Body, Field, FunctionRow, Listing, Shape, TypeDef};

/// Keywords, types of the standard libraries, and what generated files call their own things.
const WORDS: &[&str] = &[
    "abort",
    "align",
    "and",
    "any",
    "args",
    "array",
    "as",
    "asm",
    "async",
    "at",
    "auto",
    "bad",
    "bool",
    "box",
    "break",
    "byte",
    "bytes",
    "catch",
    "char",
    "class",
    "comptime",
    "const",
    "constructor",
    "count",
    "data",
    "default",
    "delete",
    "dyn",
    "else",
    "entries",
    "enum",
    "err",
    "error",
    "errno",
    "export",
    "extern",
    "f32",
    "failure",
    "false",
    "field",
    "fields",
    "fn",
    "for",
    "from",
    "function",
    "get",
    "guest",
    "head",
    "host",
    "hostfn",
    "i32",
    "i64",
    "idof",
    "if",
    "import",
    "in",
    "index",
    "inner",
    "int",
    "is",
    "items",
    "isize",
    "key",
    "keys",
    "kind",
    "known",
    "len",
    "length",
    "let",
    "load",
    "log",
    "long",
    "made",
    "main",
    "map",
    "match",
    "max",
    "memory",
    "min",
    "mod",
    "move",
    "mut",
    "n",
    "name",
    "namespace",
    "new",
    "nil",
    "none",
    "null",
    "number",
    "of",
    "offsetof",
    "ok",
    "option",
    "or",
    "orelse",
    "out",
    "packed",
    "payload",
    "pop",
    "private",
    "ptr",
    "pub",
    "push",
    "r",
    "raw",
    "read",
    "reader",
    "ref",
    "reply",
    "result",
    "return",
    "same",
    "seen",
    "self",
    "set",
    "signed",
    "size",
    "sizeof",
    "some",
    "static",
    "status",
    "store",
    "str",
    "string",
    "struct",
    "super",
    "switch",
    "symbol",
    "test",
    "this",
    "throw",
    "to",
    "toString",
    "trait",
    "true",
    "try",
    "tuple",
    "type",
    "typeof",
    "u8",
    "undefined",
    "union",
    "unit",
    "unreachable",
    "unsafe",
    "use",
    "usize",
    "v0",
    "value",
    "var",
    "void",
    "volatile",
    "w",
    "where",
    "while",
    "window",
    "wire",
    "with",
    "word",
    "write",
    "yield",
    "zero",
];

/// The greatest number of fields of a struct in each language.
const FIELDS: usize = 60;

/// Each word as a field, a variant of each kind, a parameter, a function, a type, an error and a method.
fn words() -> Listing {
    let word = |i: usize| WORDS[i % WORDS.len()].to_owned();
    let body = |i: usize| match i % 4 {
        0 => Body::Unit,
        1 => Body::Newtype(Shape::Str),
        2 => Body::Tuple(vec![Shape::U8, Shape::Str]),
        _ => fields(&[(WORDS[i], Shape::U8), ("kind", Shape::Str)]),
    };
    let mut functions = Vec::new();
    for (n, words) in WORDS.chunks(FIELDS).enumerate() {
        let all = words.iter().map(|word| Field { name: (*word).to_owned(), shape: Shape::U8 });
        let plain = words.iter().map(|word| variant(word, Body::Unit));
        // each word with each kind of body
        let carrying =
            |turn: usize| words.iter().enumerate().map(move |(i, word)| variant(word, body(i + turn)));
        let mut defs = vec![
            ("Fields".to_owned(), TypeDef::Struct(Body::Fields(all.collect()))),
            ("Plain".to_owned(), TypeDef::Enum(plain.collect())),
        ];
        defs.extend((0..4).map(|turn| (format!("Carrying{turn}"), TypeDef::Enum(carrying(turn).collect()))));
        let names: Vec<String> = defs.iter().map(|(name, _)| name.clone()).collect();
        let all = Shape::Tuple(names.iter().map(|name| seq(named(name))).collect());
        functions.push(echo(&format!("chunk_{n}"), all, defs.into_iter().collect()));
    }
    for (i, chunk) in WORDS.chunks(12).enumerate() {
        let rows: Vec<(&str, Shape)> = chunk.iter().map(|word| (*word, Shape::Str)).collect();
        functions.push(FunctionRow {
            params: params(&rows),
            reply: Shape::Str,
            ..function("host", &format!("params_{i}"))
        });
    }
    for i in 0..WORDS.len() {
        let name = capitalised(&word(i));
        let def = TypeDef::Struct(fields(&[("x", Shape::U8), ("y", Shape::Str)]));
        functions.push(echo(&word(i), seq(named(&name)), [(name.clone(), def)].into()));
        functions.push(function("other", &word(i)));
    }
    listing(functions, Vec::new())
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// Returns what the command writes where it fails.
fn failure(command: &mut Command, dir: &Path) -> Option<String> {
    let run = command.current_dir(dir).output().unwrap();
    let text = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (!run.status.success()).then_some(text)
}

fn is_found(command: &mut Command) -> bool {
    let found = command.output().is_ok_and(|run| run.status.success());
    if !found {
        eprintln!("skipped: {command:?} not found");
    }
    found
}

fn written(name: &str, language: Language) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("host-bindgen-names-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(language.file_name()), generate(&words(), language).unwrap()).unwrap();
    dir
}

#[test]
fn assemblyscript_names_compile() {
    let asc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/guests/as/node_modules/.bin/asc");
    if !is_found(Command::new(&asc).arg("--version")) {
        return;
    }
    let dir = written("as", Language::AssemblyScript);
    let flags = ["--runtime", "stub", "--use", "abort=host/hostAbort", "--noColors", "--noEmit"];
    let failed = failure(Command::new(&asc).arg("host.ts").args(flags), &dir);
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(failed, None);
}

#[test]
fn c_names_compile() {
    if !is_found(Command::new("clang-14").arg("--version")) {
        return;
    }
    let dir = written("c", Language::C);
    std::fs::write(dir.join("main.c"), "#define HOSTFN_IMPLEMENTATION\n#include \"host.h\"\n").unwrap();
    let flags = ["--target=wasm32", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
    let failed =
        [("c", "c99"), ("c", "c2x"), ("c++", "c++14"), ("c++", "c++2b")].map(|(language, standard)| {
            let language = ["-x", language, &format!("-std={standard}")].map(str::to_owned);
            failure(Command::new("clang-14").args(flags).args(language).arg("main.c"), &dir)
        });
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(failed, [None, None, None, None]);
}

#[test]
fn zig_names_compile() {
    let known: [&[&str]; 2] = [&["zig"], &["python3", "-m", "ziglang"]];
    let zig = |command: &[&str]| {
        let mut zig = Command::new(command[0]);
        zig.args(&command[1..]);
        zig
    };
    let Some(command) = known.into_iter().find(|command| is_found(zig(command).arg("version"))) else {
        return;
    };
    let dir = written("zig", Language::Zig);
    let host = std::fs::read_to_string(dir.join("host.zig")).unwrap();
    let other = host.split_once("pub const other = struct {").unwrap().1.split_once("\n};").unwrap().0;
    let functions = |text: &str, indent: &str, place: &str| -> String {
        let heads = text.lines().filter_map(|line| line.strip_prefix(indent)?.strip_prefix("pub fn "));
        heads.map(|head| format!("    _ = &{place}.{};\n", head.split_once('(').unwrap().0)).collect()
    };
    let uses = functions(&host, "", "host") + &functions(other, "    ", "host.other");
    assert!(uses.lines().count() > 2 * WORDS.len());
    let main = format!("const host = @import(\"host.zig\");\n\ncomptime {{\n{uses}}}\n");
    std::fs::write(dir.join("main.zig"), main).unwrap();
    let flags = ["-target", "wasm32-freestanding", "-fno-entry", "-rdynamic", "-fno-emit-bin"];
    let failed = failure(zig(command).args(["build-exe", "main.zig"]).args(flags), &dir);
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(failed, None);
}
