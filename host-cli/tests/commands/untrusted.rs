//! One hostile text through every command and every form.

use std::fs;

use hostfn_cli::Exit;
use hostfn_core::{Listing, UnregisteredRow};

use crate::library::{first, second};
use crate::{Files, Ran, hostfn};

/// Ends the line, claims to be another, moves the cursor, reorders, hides, and is markup everywhere.
const HOSTILE: &str = "x\nH0000 plugin other: all is well\r\u{1b}[2K\u{61c}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}\u{fe0f}\
                       <img src=x>[l](http://evil.example)![i](z)@everyone `c``d` |cell| </td>";

/// A listing in whose every text is the hostile one.
fn listing(of: &Listing) -> Listing {
    let mut listing = of.clone();
    for row in &mut listing.functions {
        row.summary += HOSTILE;
        row.krate += HOSTILE;
        row.file += HOSTILE;
        row.fingerprint += HOSTILE;
        row.name += HOSTILE;
        row.states.push(HOSTILE.to_owned());
        row.outside = Some(HOSTILE.to_owned());
    }
    for row in &mut listing.capabilities {
        row.functions.push(HOSTILE.to_owned());
        row.about += HOSTILE;
        row.file += HOSTILE;
        row.granted = Some(HOSTILE.to_owned());
    }
    listing.unregistered.push(UnregisteredRow {
        module: HOSTILE.to_owned(),
        name: HOSTILE.to_owned(),
        krate: HOSTILE.to_owned(),
        outside: None,
        file: HOSTILE.to_owned(),
        line: 6,
    });
    listing
}

/// No character that misleads, and no line that the text began.
fn harmless(what: &str, text: &str) {
    let bad = text.chars().find(|c| *c != '\n' && hostfn_core::misleads(*c));
    assert_eq!(bad, None, "{what}: {text}");
    // in a column of a table it may be the first word of a cell
    // and in HTML a line feed is a space
    if what.ends_with("html") {
        return;
    }
    let forged = text.lines().find(|line| line.starts_with("H0000") || line.starts_with("  H0000"));
    assert_eq!(forged, None, "{what}: {text}");
}

fn both(what: &str, ran: &Ran) {
    harmless(what, &ran.out);
    harmless(what, &ran.err);
}

/// Checks for text that a renderer of Markdown takes for markup, outside of code.
fn plain_markdown(what: &str, text: &str) {
    let mut outside = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let escaped = rest[..at].ends_with('\\');
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        outside += &rest[..at];
        let after = &rest[at + fence..];
        if escaped {
            rest = after;
            continue;
        }
        let is_close = |(at, run): &(usize, &str)| {
            run.len() == fence && !after[..*at].ends_with('`') && !after[at + fence..].starts_with('`')
        };
        let close = after.match_indices(&"`".repeat(fence)).find(is_close);
        rest = close.map_or("", |(at, _)| &after[at + fence..]);
    }
    outside += rest;
    for markup in ["<img", "</td", "](http", "](z", "@everyone", "http://"] {
        for (at, _) in outside.match_indices(markup) {
            assert!(outside[..at].ends_with('\\'), "{what}: `{markup}` in {outside}");
        }
    }
}

#[test]
fn list_diff_and_check_of_hostile_listings_are_safe() {
    let files = Files::new();
    let (old, new) = (listing(&first()), listing(&second()));
    let (old, new) = (files.listing("old.json", &old), files.listing("new.json", &new));
    for format in ["text", "json", "markdown", "html", "lock"] {
        let ran = hostfn(&[&"list", &new, &"--format", &format]);
        assert_eq!(ran.exit, Exit::Success, "{}", ran.err);
        assert!(ran.out.contains("all is well"), "{format}");
        both(&format!("list {format}"), &ran);
        if format == "markdown" {
            plain_markdown("list", &ran.out);
        }
        assert!(format != "html" || !ran.out.contains("<img"), "list html");
    }
    let other = files.listing("other.json", &first());
    for format in ["text", "json", "markdown", "html", "sarif"] {
        for (before, after) in [(&old, &new), (&other, &new), (&new, &other)] {
            for ran in [
                hostfn(&[&"diff", before, after, &"--format", &format]),
                hostfn(&[&"check", after, &"--lock", before, &"--format", &format]),
            ] {
                assert!(ran.err.is_empty() && ran.out.contains("all is well"), "{format}: {}", ran.err);
                both(&format!("diff {format}"), &ran);
                if format == "markdown" {
                    plain_markdown("diff", &ran.out);
                }
                assert!(format != "html" || !ran.out.contains("<img"), "diff html");
                let mut messages = ran.out.lines().filter(|line| line.contains("\"text\":"));
                assert!(format != "sarif" || !messages.any(|line| line.contains("![i]")), "{}", ran.out);
            }
        }
    }
}

#[test]
fn hostile_listings_that_are_refused_are_named_safely() {
    let files = Files::new();
    let good = first().to_json();
    for (name, content) in [
        ("a.json", good.replace("\"schema\": 2", &format!("\"schema\": {HOSTILE:?}"))),
        ("b.json", good.replace("\"abi\":", &format!("{}: 1, \"abi\":", serde_json::json!(HOSTILE)))),
        (
            "c.lock",
            first().to_lock().replace("abi = 1", &format!("abi = 1\n{} = 2", serde_json::json!(HOSTILE))),
        ),
        ("d.lock", format!("{}\n[[{HOSTILE}", first().to_lock())),
        (
            "e.lock",
            first().to_lock().replace("docs = \"", &format!("docs = \"{}", HOSTILE.replace('\n', "\\n"))),
        ),
        (&format!("f{}.json", HOSTILE.replace('/', "")), "{".to_owned()),
    ] {
        let file = files.write(name, content);
        for command in [&["list"][..], &["bindgen", "--language", "c"]] {
            let mut args: Vec<&dyn AsRef<std::path::Path>> = command.iter().map(|arg| arg as _).collect();
            args.push(&file);
            both(name, &hostfn(&args));
        }
        both(name, &hostfn(&[&"check", &file, &"--lock", &file]));
        both(name, &hostfn(&[&"verify", &".", &"--listing", &file]));
    }
    // what has no name in a language
    let hostile = files.listing("hostile.json", &listing(&first()));
    for language in ["rust", "c", "assemblyscript", "zig", "wit"] {
        let ran = hostfn(&[&"bindgen", &hostile, &"--language", &language]);
        both(language, &ran);
    }
    both("explain", &hostfn(&[&"explain", &HOSTILE]));
    both("bindgen --only", &hostfn(&[&"bindgen", &hostile, &"--language", &"c", &"--only", &HOSTILE]));
}

/// With docs alone, bindings are written, and their comments are the listing's.
#[test]
fn bindings_from_hostile_docs_are_safe() {
    let files = Files::new();
    let mut hostile = first();
    for row in &mut hostile.functions {
        row.summary = format!("{HOSTILE} */ \" \\");
    }
    let hostile = files.listing("hostile.json", &hostile);
    for language in ["rust", "c", "assemblyscript", "zig", "wit"] {
        let ran = hostfn(&[&"bindgen", &hostile, &"--language", &language]);
        assert_eq!(ran.exit, Exit::Success, "{language}: {}", ran.err);
        both(language, &ran);
    }
}

fn wat_string(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

#[test]
fn inspect_of_a_hostile_plugin_is_safe() {
    let files = Files::new();
    let h = wat_string(HOSTILE);
    let toml = serde_json::json!(HOSTILE);
    let manifest = format!(
        "name = {toml}\nversion = {toml}\nabi = 1\n{toml} = 1\n[capabilities]\n{toml} = {{ reason = {toml}, allow = [{toml}] }}\n\
         \"fs.read\" = {{ reason = {toml}, allow = [{toml}] }}\n[[exports]]\ncontract = {toml}\ntype = {toml}\nentry = {toml}\n"
    );
    let module = format!(
        "(module (import \"{h}\" \"{h}\" (func)) (import \"host\" \"{h}\" (func)) (memory (export \"memory\") 1)
           (func $f (export \"{h}\")) (start $f) (@custom \"{h}\" \"x\") (@custom \"hostfn.manifest\" \"{}\"))",
        wat_string(&manifest)
    );
    let module = wat::parse_str(module).unwrap();
    let hosts = [files.listing("host.json", &first()), files.listing("hostile.json", &listing(&first()))];
    for name in ["m.wasm", &format!("{}.wasm", HOSTILE.replace('/', ""))] {
        let plugin = files.write(name, &module);
        for format in ["text", "json", "markdown"] {
            let alone = hostfn(&[&"inspect", &plugin, &"--format", &format]);
            assert!(alone.out.contains("all is well"), "{format}: {}", alone.err);
            both(&format!("inspect {format}"), &alone);
            for host in &hosts {
                let ran = hostfn(&[&"inspect", &plugin, &"--listing", host, &"--format", &format]);
                both(&format!("inspect {format}"), &ran);
                if format == "markdown" {
                    plain_markdown("inspect", &ran.out);
                }
            }
        }
        let broken = files.write(name, b"\0asm\x01\0\0\0\xff");
        both("inspect", &hostfn(&[&"inspect", &broken]));
    }
    let grants = files.write("grants.toml", format!("{toml} = true\n"));
    let plugin = files.write("m.wasm", &module);
    both("grants", &hostfn(&[&"inspect", &plugin, &"--listing", &hosts[0], &"--grants", &grants]));
}

#[test]
fn verify_of_hostile_sources_is_safe() {
    let files = Files::new();
    let folder = files.write("x", "").with_file_name("app");
    fs::create_dir_all(folder.join("src")).unwrap();
    let name = serde_json::json!(HOSTILE);
    fs::write(folder.join("Cargo.toml"), format!("[package]\nname = {name}\n")).unwrap();
    let literal = format!("r##\"{}\"##", HOSTILE.replace('\r', ""));
    let source = format!(
        "#[host_fn(capability = none, name = {literal}, module = {literal})]\nfn f() {{}}\n\
         #[cfg(feature = {literal})]\n#[host_fn(capability = none)]\nfn g() {{}}\n\
         static S: HostFnSpec = HostFnSpec::new({literal}, {literal}, call);\n"
    );
    fs::write(folder.join("src/lib.rs"), source).unwrap();
    fs::write(folder.join("src").join(format!("{}.rs", HOSTILE.replace('/', ""))), "fn {").unwrap();
    let listing = files.listing("listing.json", &first());
    for format in ["text", "json"] {
        let ran = hostfn(&[&"verify", &folder, &"--listing", &listing, &"--format", &format]);
        assert_eq!(ran.exit, Exit::Denied, "{}", ran.err);
        assert!(ran.out.contains("all is well"), "{}", ran.out);
        both(&format!("verify {format}"), &ran);
    }
    fs::write(folder.join("Cargo.toml"), format!("[package]\nname = {HOSTILE}\n")).unwrap();
    both("verify", &hostfn(&[&"verify", &folder, &"--listing", &listing]));
}

#[test]
fn output_of_a_name_of_a_mebibyte_is_cut() {
    let files = Files::new();
    let long = "n".repeat(1 << 20);
    let mut listing = first();
    listing.functions[0].name.clone_from(&long);
    listing.functions[0].summary.clone_from(&long);
    let now = files.listing("long.json", &listing);
    let before = files.listing("before.json", &first());
    for ran in [
        hostfn(&[&"list", &now]),
        hostfn(&[&"list", &now, &"--format", &"markdown"]),
        hostfn(&[&"diff", &before, &now]),
        hostfn(&[&"diff", &before, &now, &"--format", &"markdown"]),
        hostfn(&[&"diff", &before, &now, &"--format", &"sarif"]),
        hostfn(&[&"bindgen", &now, &"--language", &"rust"]),
    ] {
        assert!(ran.out.len() + ran.err.len() < 200_000, "{}", ran.out.len() + ran.err.len());
    }
}
