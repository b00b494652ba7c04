use expect_test::{expect, expect_file};
use hostfn_cli::Exit;
use hostfn_core::Listing;

use crate::library::first;
use crate::{Files, hostfn};

#[test]
fn a_listing_is_shown_in_every_form() {
    let files = Files::new();
    let listing = files.listing("listing.json", &first());
    let text = hostfn(&[&"list", &listing]);
    assert_eq!((text.exit, text.err.as_str()), (Exit::Success, ""));
    expect_file!["../snapshots/list.txt"].assert_eq(&text.out);
    let markdown = hostfn(&[&"list", &listing, &"--format", &"markdown"]);
    expect_file!["../snapshots/list.md"].assert_eq(&markdown.out);
    let json = hostfn(&[&"list", &listing, &"--format", &"json"]);
    assert_eq!(Listing::from_json(&json.out).unwrap(), first());
    let lock = hostfn(&[&"list", &listing, &"--format", &"lock"]);
    assert_eq!(lock.out, first().to_lock());
    let lock = files.write("hostfn.lock", lock.out);
    assert_eq!(hostfn(&[&"list", &lock, &"--format", &"lock"]).out, first().to_lock());
}

#[test]
fn list_shows_functions_by_group() {
    let files = Files::new();
    let mut listing = first();
    listing.functions[1].group = Some("files".to_owned());
    listing.functions[2].group = Some("a|b\u{202e}".to_owned());
    let path = files.listing("listing.json", &listing);
    let markdown = hostfn(&[&"list", &path, &"--format", &"markdown", &"--group-by", &"module"]).out;
    let sections: Vec<&str> = markdown.split("\n## Module ").skip(1).collect();
    let [hostile, files, host] = sections[..] else { panic!("{markdown}") };
    assert!(hostile.starts_with("`a\\|b\\u{202e}`\n\n### `host.labels`\n"), "{hostile}");
    assert!(files.starts_with("`files`\n\n### `host.fs_read`\n"), "{files}");
    assert!(host.contains("### `host.fs_list`\n") && host.contains("### `host.now`\n"), "{host}");
    let text = hostfn(&[&"list", &path, &"--group-by", &"module"]).out;
    let titles: Vec<&str> = text.lines().filter(|line| line.starts_with("Module ")).collect();
    assert_eq!(titles, ["Module a|b\\u{202e}", "Module files", "Module host"], "{text}");
    let json = hostfn(&[&"list", &path, &"--format", &"json"]).out;
    assert_eq!(Listing::from_json(&json).unwrap(), listing);
}

#[test]
fn list_compact_prints_one_line_per_function() {
    let files = Files::new();
    let mut listing = first();
    listing.functions[0].summary = "One.\nTwo.\u{1b}[2K".to_owned();
    let path = files.listing("listing.json", &listing);
    let text = hostfn(&[&"list", &path, &"--compact"]).out;
    expect![[r#"
        [fs.read on path] fn host.fs_list(path: str) -> seq<Entry>: One. Two.\u{1b}[2K [app src/files.rs:30, 1a5a7aa15e5b72f4]
        [fs.read on path] fn host.fs_read(path: str) -> Result<bytes, FsError>: Read a whole file. [app src/files.rs:20, 0e9bcb532c9ad77f]
        [always] fn host.labels() -> map<str, str> [app src/files.rs:40, f7d0ff9d6b806c88]
        [clock] fn host.now() -> u64: The time. [app src/files.rs:12, 18b90e3fd52da920]
    "#]]
    .assert_eq(&text);
}

#[test]
fn list_sections_are_refused_where_a_format_has_none() {
    let files = Files::new();
    let path = files.listing("listing.json", &first());
    for arguments in [
        ["--group-by=module", "--format=json"],
        ["--compact", "--format=markdown"],
        ["--compact", "--group-by=module"],
    ] {
        let ran = hostfn(&[&"list", &path, &arguments[0], &arguments[1]]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""), "{arguments:?}");
        assert!(ran.err.contains(arguments[0].split('=').next().unwrap()), "{}", ran.err);
    }
}

#[test]
fn what_would_mislead_on_a_terminal_is_escaped() {
    let files = Files::new();
    let mut hostile = first();
    hostile.functions[0].summary = "Harmless.\u{1b}[2K\u{202e}\r".into();
    let listing = files.listing("listing.json", &hostile);
    for format in ["text", "markdown"] {
        let mut out = Vec::new();
        let args =
            ["hostfn".as_ref(), "list".as_ref(), listing.as_os_str(), "--format".as_ref(), format.as_ref()];
        hostfn_cli::run(args, &mut out, &mut Vec::new());
        let styled = String::from_utf8(out).unwrap();
        let codes = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[33m", "\u{1b}[36m"];
        let text = codes.iter().fold(styled, |text, style| text.replace(style, ""));
        assert!(text.contains("Harmless.") && !text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
    }
}

#[test]
fn what_is_no_listing_is_told_apart() {
    let files = Files::new();
    let cases: [(&str, &[u8]); 11] = [
        ("notes.txt", b"what to do\n"),
        ("merged.lock", b"<<<<<<< HEAD\nlock = 2\n"),
        ("empty", b" \n"),
        ("plugin.wasm", b"\0asm\x01\0\0\0"),
        ("wrapper", b"#!/bin/sh\nexec app\n"),
        ("program", b"\x7fELF\xff\xfe"),
        ("cut.json", b"{\"schema\": 1, \"abi\": 1,\n \"func"),
        ("earlier.json", b"{\"schema\": 1, \"what\": []}"),
        ("later.json", b"{\"schema\": 3, \"what\": []}"),
        ("earlier.lock", b"lock = 1\nwhat = []\n"),
        ("odd.json", b"{\"schema\": \"one\"}"),
    ];
    let said: String = cases
        .iter()
        .map(|(name, content)| {
            let ran = hostfn(&[&"list", &files.write(name, content)]);
            assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""), "{name}");
            files.relative(&ran.err)
        })
        .collect();
    expect![[r#"
        error: H0608 notes.txt: it is text, and neither a listing nor a lock; name a listing as JSON or a `hostfn.lock`, or run a program with `--program`
        error: H0603 merged.lock line 1: there is a merge conflict; write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed
        error: H0608 empty: it is empty; name a listing as JSON or a `hostfn.lock`, or run a program with `--program`
        error: H0608 plugin.wasm: it is a WebAssembly module: a plugin, not a host; name a listing as JSON or a `hostfn.lock`, or run a program with `--program`
        error: H0608 wrapper: it is a script; files are read and not run; name a listing as JSON or a `hostfn.lock`, or run a program with `--program`
        error: H0608 program: it is not text; name a listing as JSON or a `hostfn.lock`, or run a program with `--program`
        error: H0601 cut.json, listing line 2, column 6: EOF while parsing a string; write it with `Listing::to_json` or `hostfn list --format json`
        error: H0602 earlier.json, listing: its schema is 1; this version reads 2; write it again with this version, `hostfn list --format json`
        error: H0602 later.json, listing: its schema is 3; this version reads 2; read it with the version of hostfn that wrote it, or a later one
        error: H0602 earlier.lock line 1: it is a lock of version 1; this version reads 2; write it again with `HOSTFN_BLESS=1 cargo test`, and review it
        error: H0601 odd.json, listing line 1, column 16: invalid type: string "one", expected u32; write it with `Listing::to_json` or `hostfn list --format json`
    "#]].assert_eq(&said);
}

#[test]
fn a_file_that_is_not_there() {
    let ran = hostfn(&[&"list", &"nowhere/listing.json"]);
    assert_eq!(ran.exit, Exit::Failure);
    assert!(ran.err.starts_with("error: H0608 nowhere/listing.json: it cannot be read: "), "{}", ran.err);
}
