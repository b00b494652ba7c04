//! The rules for names, and that each is written once.

use std::fs;
use std::path::{Path, PathBuf};

use hostfn_abi::Status;
use hostfn_abi::names::{is_dotted, is_importable, is_plain};

#[test]
fn importable_name_characters_and_length() {
    let longest = "a".repeat(128);
    for name in ["a", "_", "9", "fs-read", "my:pkg/iface@1.0.0", "host_log", &longest] {
        assert!(is_importable(name), "{name}");
    }
    let too_long = "a".repeat(129);
    for name in ["", " ", "a b", "größe", "a\0", "a\"", "a\\b", "a,b", "a*", "\u{ff41}", &too_long] {
        assert!(!is_importable(name), "{name:?}");
    }
}

#[test]
fn dotted_name_words_and_length() {
    let longest = format!("a.{}", "b".repeat(62));
    for name in ["a", "fs", "fs.read", "a.b.c", "kv-2.read_all", "greeter.v1", &longest] {
        assert!(is_dotted(name), "{name}");
    }
    let too_long = "a".repeat(65);
    for name in [
        "", ".", "a.", ".a", "a..b", "A", "a.B", "1a", "a.1", "-a", "a._b", "a b", "fs/read", "ä", "a\0",
        &too_long,
    ] {
        assert!(!is_dotted(name), "{name:?}");
    }
}

#[test]
fn every_ascii_character_is_classified() {
    for c in (0_u8..128).map(char::from) {
        let plain = c.is_ascii_alphanumeric() || "_-.".contains(c);
        let importable = plain || ":/@".contains(c);
        let later = c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        let name = c.to_string();
        assert_eq!(is_plain(c), plain, "{c:?}");
        assert_eq!(is_importable(&name), importable, "{c:?}");
        assert_eq!(is_dotted(&name), c.is_ascii_lowercase(), "{c:?}");
        assert_eq!(is_dotted(&format!("a{c}")), later, "{c:?}");
        assert_eq!(is_dotted(&format!("a{c}b")), later || c == '.', "{c:?}");
    }
    assert!(!is_plain('ä') && !is_plain('\u{ff41}'));
}

#[test]
fn rules_hold_in_const_evaluation() {
    const _: () = assert!(is_importable("fs_read") && !is_importable("fs read"));
    const _: () = assert!(is_dotted("fs.read") && !is_dotted("fs."));
    const _: () = assert!(is_plain('a') && !is_plain('/'));
}

#[test]
fn named_statuses_are_the_constants() {
    for (at, (status, name)) in Status::NAMED.into_iter().enumerate() {
        assert_eq!(status.code(), -i32::try_from(at).unwrap());
        let constant = format!("pub const {name}: Self = Self({});", status.code());
        assert!(include_str!("../../src/status.rs").contains(&constant), "{constant}");
    }
}

/// Text that is found only in the code or wording of a rule, and the one file that may contain it.
const MARKS: [(&str, &str); 7] = [
    ("b':'|b'/'|b'@'", "names.rs"),
    ("`_-.:/@`", "names.rs"),
    ("[a-z][a-z0-9_-]*", "names.rs"),
    ("'_'|'-'|'.')", "names.rs"),
    ("b'0'..=b'9'|b'-'|b'_'", "names.rs"),
    ("\"NO_CAPABILITY\"", "status.rs"),
    ("\"QUOTA_EXCEEDED\"", "status.rs"),
];

#[test]
fn each_rule_is_written_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (mark, owner) in MARKS {
        let mut found = Vec::new();
        for folder in ["host-abi", "host-bindgen", "host-cli", "host-core", "host-guest", "host-macros-core"]
        {
            gather(&root.join(folder).join("src"), mark, &mut found);
        }
        assert_eq!(found, [owner], "`{mark}`");
    }
}

/// Pushes the names of the Rust files under `dir` that contain `mark`, spaces aside, in upper or lower case.
fn gather(dir: &Path, mark: &str, found: &mut Vec<String>) {
    for path in entries(dir) {
        if path.is_dir() {
            gather(&path, mark, found);
        } else if path.extension().is_some_and(|it| it == "rs")
            && fs::read_to_string(&path).is_ok_and(|source| contains(&source, mark))
        {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

fn contains(source: &str, mark: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let squeezed: String = code.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    squeezed.to_ascii_lowercase().contains(&mark.to_ascii_lowercase())
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
