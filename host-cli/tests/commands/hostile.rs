//! Plugins that mean harm, or that were damaged on the way.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use expect_test::expect;
use hostfn_cli::Exit;

use crate::inspect::plugin;
use crate::plugins::listing;
use crate::{Files, hostfn};

#[test]
fn every_truncation_is_refused_or_whole() {
    let files = Files::new();
    let whole = fs::read(plugin("plugins/notes/notes.wasm")).unwrap();
    let mut refused = 0;
    for length in 0..whole.len() {
        let ran = hostfn(&[&"inspect", &files.write("cut.wasm", &whole[..length])]);
        match ran.exit {
            Exit::Failure => {
                refused += 1;
                assert!(
                    ran.err.starts_with("error: H0302 plugin `cut`: ") && ran.out.is_empty(),
                    "{length}: {}",
                    ran.err
                );
            }
            // a module that lacks its last sections can be one
            exit => assert!(exit == Exit::Success && ran.out.starts_with("plugin cut: "), "{length}"),
        }
    }
    assert!(refused > whole.len() - 20, "{refused} of {}", whole.len());
}

#[test]
fn a_damaged_byte_is_told_or_does_no_harm() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let whole = fs::read(plugin("plugins/notes/notes.wasm")).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        let ran = hostfn(&[&"inspect", &files.write("damaged.wasm", damaged), &"--listing", &host]);
        let told = ran.exit == Exit::Failure && ran.err.starts_with("error: H03");
        assert!(told || ran.out.starts_with("plugin damaged: "), "byte {at}: {} {}", ran.out, ran.err);
    }
}

#[test]
fn what_is_no_module_is_told_apart() {
    let files = Files::new();
    let cases: [(&str, &[u8]); 8] = [
        ("empty", b""),
        ("text", b"hello"),
        ("assembly", b" (module)"),
        ("component", b"\0asm\x0d\0\x01\0"),
        ("version", b"\0asm\x07\0\0\0"),
        ("native", b"\x7fELF\x02\x01"),
        ("half", b"\0as"),
        ("garbage", b"\0asm\x01\0\0\0\xff\xff\xff\xff\xff\xff"),
    ];
    let said: String = cases
        .iter()
        .map(|(name, content)| {
            let ran = hostfn(&[&"inspect", &files.write(name, content)]);
            assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""), "{name}");
            files.relative(&ran.err)
        })
        .collect();
    expect![[r#"
        error: H0302 plugin `empty`: the file is empty; name a `.wasm` file
        error: H0302 plugin `text`: not a WebAssembly module: bad magic number; name a `.wasm` file
        error: H0302 plugin `assembly`: it is WebAssembly as text; assemble it, as `wat2wasm` does
        error: H0318 plugin `component`: it is a component; build it for `wasm32-unknown-unknown`, as a core module
        error: H0302 plugin `version`: it has an unknown version of the WebAssembly format; fetch it again: the file may be cut off or damaged
        error: H0318 plugin `native`: it is native code, or a module that was compiled already; build it for `wasm32-unknown-unknown`, as a core module
        error: H0302 plugin `half`: not a WebAssembly module: bad magic number; name a `.wasm` file
        error: H0302 plugin `garbage`: not a valid WebAssembly module: malformed section id (at byte 8); build it for `wasm32-unknown-unknown`, or fetch it again: the file may be cut off or damaged
    "#]].assert_eq(&said);
}

/// Its parts can be read one by one, and no engine would take it.
#[test]
fn a_module_that_is_not_valid_is_refused() {
    let files = Files::new();
    for (name, module) in [
        ("types", "(module (func (result i32) i64.const 1))"),
        ("exports", "(module (memory (export \"memory\") 1) (export \"memory\" (memory 0)))"),
    ] {
        let ran = hostfn(&[&"inspect", &files.write(name, wat::parse_str(module).unwrap())]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""), "{name}");
        assert!(
            ran.err.contains(&format!("H0302 plugin `{name}`: not a valid WebAssembly module: ")),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_huge_file_is_not_read() {
    let files = Files::new();
    let large = files.write("large.wasm", vec![0; (1 << 20) + 1]);
    let ran = hostfn(&[&"inspect", &large, &"--load-limit", &"module_bytes=1048576"]);
    assert_eq!(ran.exit, Exit::Failure);
    expect![[r#"
        error: H0340 plugin `large`: bytes of the module: 1048577, limit 1048576; split the module, or raise `Limits::load.module_bytes` if you trust the plugin
    "#]]
    .assert_eq(&files.relative(&ran.err));
    #[cfg(unix)]
    {
        let endless = hostfn(&[&"inspect", &"/dev/zero"]);
        assert!(endless.err.contains("H0360 /dev/zero: it is not a regular file"), "{}", endless.err);
    }
    let nowhere = hostfn(&[&"inspect", &"nowhere.wasm"]);
    assert!(nowhere.err.starts_with("error: H0301 nowhere.wasm: it cannot be read: "), "{}", nowhere.err);
}

/// LEB128, as WebAssembly has its numbers.
fn number(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &number(content.len()), content].concat()
}

/// A module that imports `f0`, `f1` and so on from `host`.
fn importing(count: usize, rest: &[u8]) -> Vec<u8> {
    let mut imports = number(count);
    for i in 0..count {
        let name = format!("f{i}");
        imports.extend([&[4][..], b"host", &number(name.len()), name.as_bytes(), &[0, 0]].concat());
    }
    let types = section(1, &[1, 0x60, 2, 0x7f, 0x7f, 1, 0x7e]);
    [b"\0asm\x01\0\0\0", &types[..], &section(2, &imports), rest].concat()
}

#[test]
fn inspect_of_very_many_parts_shows_some_in_time() {
    const MANY: usize = 100_000;
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let custom = section(0, &[1, b'c']).repeat(MANY / 10);
    let module = files.write("many.wasm", importing(MANY, &custom));
    let began = Instant::now();
    let ran = hostfn(&[&"inspect", &module, &"--listing", &host, &"--load-limit", &"imports=100000"]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(ran.exit, Exit::Denied, "{}", ran.err);
    assert!(
        ran.out.contains("imports: 100000\n") && ran.out.contains("  and 99000 more\n"),
        "{}",
        &ran.out[..500]
    );
    assert!(ran.out.contains("custom sections: 10000\n") && ran.out.contains("  and 9000 more\n"));
    assert!(ran.out.len() < 300_000, "{}", ran.out.len());
}

#[test]
fn inspect_of_too_many_imports_keeps_none() {
    const MANY: usize = 480_000;
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let bytes = importing(MANY, &[]);
    let module = files.write("many.wasm", &bytes);
    for arguments in
        [&[&"inspect" as &dyn AsRef<Path>, &module][..], &[&"inspect", &module, &"--listing", &host]]
    {
        let mut ran = None;
        let memory = allocation_counter::measure(|| ran = Some(hostfn(arguments)));
        let ran = ran.unwrap();
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        assert!(
            ran.err.starts_with("error: H0340 plugin `many`: imports: 480000, limit 10000; "),
            "{}",
            ran.err
        );
        // a buffer that grows has twice what was read, and the old one beside it
        let most = 3 * bytes.len() as u64 + (1 << 20);
        assert!(memory.bytes_max < most, "{} bytes of at most {most}", memory.bytes_max);
    }
}

#[test]
fn inspect_of_very_many_manifest_entries_ends_in_time() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let mut exports = number(300_000);
    for i in 0..300_000 {
        let name = format!("x{i:07}");
        exports.extend([&number(name.len())[..], name.as_bytes(), &[2, 0]].concat());
    }
    let memory = section(5, &[1, 0, 1]);
    let module = [b"\0asm\x01\0\0\0".to_vec(), memory, section(7, &exports)].concat();
    let module = files.write("many.wasm", module);
    let entry = |i: usize| {
        format!("[[exports]]\ncontract=\"c{i}\"\ntype=\"t\"\nentry=\"y{i:07}\"\nargs=[]\nreply=\"unit\"\n")
    };
    let head = "name = \"many\"\nversion = \"1.0.0\"\nabi = 1\n";
    files.write("many.toml", head.to_owned() + &(0..13_000).map(entry).collect::<String>());
    let inspected = |arguments: &[&dyn AsRef<Path>]| {
        let began = Instant::now();
        let ran = hostfn(arguments);
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        assert!(ran.out.contains("\nexports: 300000\n"), "{}", ran.err);
        ran
    };
    let alone = inspected(&[&"inspect", &module]);
    assert_eq!(alone.exit, Exit::Success);
    assert_eq!(alone.out.matches(" (t) by `y").count(), 13_000);
    let judged = inspected(&[&"inspect", &module, &"--listing", &host]);
    assert_eq!(judged.exit, Exit::Denied);
    assert!(judged.out.contains("\nproblems: 13001\n"), "{}", judged.out);
}

#[test]
fn names_that_mislead_are_shown_as_they_are() {
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let long = "n".repeat(50_000);
    let module = wat::parse_str(format!(
        "(module (import \"host\" \"a\\0aplugin x: the host can load it\\1b[2K`|<b>\" (func))
          (import \"host\" \"{long}\" (func)) (memory (export \"memory\") 1))"
    ));
    let module = files.write("m.wasm", module.unwrap());
    for format in ["text", "markdown"] {
        let mut out = Vec::new();
        let args: [&std::ffi::OsStr; 7] = [
            "hostfn".as_ref(),
            "inspect".as_ref(),
            module.as_ref(),
            "--listing".as_ref(),
            host.as_ref(),
            "--format".as_ref(),
            format.as_ref(),
        ];
        hostfn_cli::run(args, &mut out, &mut Vec::new());
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains('\u{1b}') && !out.contains("\nplugin x"), "{out}");
        assert!(out.contains("\\u{1b}") && !out.contains(&"n".repeat(300)), "{out}");
        assert!(format == "text" || out.contains("[2K`\\|<b> ``"), "{out}");
    }
}

/// Comparing two names takes the product of their lengths.
#[test]
fn inspect_of_long_names_suggests_none() {
    let files = Files::new();
    for (length, suggested) in [(200, true), (256, true), (257, false)] {
        let mut known = listing();
        known.functions[0].name = "a".repeat(length);
        let host = files.listing("listing.json", &known);
        let import = "a".repeat(length - 1) + "b";
        let wasm = wat::parse_str(format!(
            "(module (import \"host\" \"{import}\" (func (param i32 i32) (result i64))) (memory (export \"memory\") 1))"
        ));
        let ran = hostfn(&[&"inspect", &files.write("long.wasm", wasm.unwrap()), &"--listing", &host]);
        assert!(ran.out.contains("H0303"), "{length}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out.contains("did the plugin mean"), suggested, "{length}: {}", ran.out);
    }
}
