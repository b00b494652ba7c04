//! Plugins that mean harm, or that were damaged on the way.

use std::fs;
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
    let ran = hostfn(&[&"inspect", &large, &"--max-size", &"1"]);
    assert_eq!(ran.exit, Exit::Failure);
    expect![[r#"
        error: H0301 large.wasm: it is larger than 1 MiB; name a plugin, or let more be read with `--max-size`
    "#]]
    .assert_eq(&files.relative(&ran.err));
    #[cfg(unix)]
    {
        let endless = hostfn(&[&"inspect", &"/dev/zero", &"--max-size", &"2"]);
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

#[test]
fn a_module_of_very_many_parts_is_read_in_time_and_shown_in_part() {
    const MANY: usize = 100_000;
    let files = Files::new();
    let host = files.listing("listing.json", &listing());
    let mut imports = number(MANY);
    let mut custom = Vec::new();
    for i in 0..MANY {
        let name = format!("f{i}");
        imports.extend([&[4][..], b"host", &number(name.len()), name.as_bytes(), &[0, 0]].concat());
        if i % 10 == 0 {
            custom.extend(section(0, &[1, b'c']));
        }
    }
    let types = section(1, &[1, 0x60, 2, 0x7f, 0x7f, 1, 0x7e]);
    let module = [b"\0asm\x01\0\0\0".to_vec(), types, section(2, &imports), custom].concat();
    let began = Instant::now();
    let ran = hostfn(&[&"inspect", &files.write("many.wasm", module), &"--listing", &host]);
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
fn a_manifest_of_very_many_entries_is_held_to_very_many_exports_in_time() {
    let files = Files::new();
    let mut exports = number(300_000);
    for i in 0..300_000 {
        let name = format!("x{i:07}");
        exports.extend([&number(name.len())[..], name.as_bytes(), &[2, 0]].concat());
    }
    let memory = section(5, &[1, 0, 1]);
    let module = [b"\0asm\x01\0\0\0".to_vec(), memory, section(7, &exports)].concat();
    let entry = |i: usize| format!("[[exports]]\ncontract=\"c\"\nentry=\"y{i:07}\"\n");
    files.write("many.toml", (0..23_000).map(entry).collect::<String>());
    let began = Instant::now();
    let ran = hostfn(&[&"inspect", &files.write("many.wasm", module)]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(ran.exit, Exit::Success);
    assert!(ran.out.contains("\nproblems: 23000\n") && ran.out.contains("\nexports: 300000\n"));
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
