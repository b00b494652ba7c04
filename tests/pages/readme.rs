//! The README's quick start runs as pasted, and prints the block below it.

use std::process::Command;

use crate::{blocks, read};

/// The crate that the quick start is pasted into. As an example it needs no download and no second build of the engine.
const EMPTY_CRATE: &str = "examples/hello.rs";

#[test]
fn quick_start_prints_the_readme_output() {
    let blocks = blocks(&read("README.md"));
    let at = blocks.iter().position(|(info, text)| info == "rust" && text.contains("fn main()")).unwrap();
    let (pasted, printed) = (&blocks[at].1, &blocks[at + 1]);
    assert!(
        *pasted == read(EMPTY_CRATE),
        "the quick start differs from {EMPTY_CRATE}; copy the block into it"
    );
    assert_eq!(printed.0, "text");

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--locked", "--offline", "--example", "hello"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), printed.1);
}

#[test]
fn readme_can_be_read_in_minutes() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 195, "the README has {} lines", readme.lines().count());
    let code: usize = blocks(&readme).iter().map(|(_, text)| text.split_whitespace().count()).sum();
    let prose = readme.split_whitespace().count() - code;
    assert!(prose <= 750, "the README has {prose} words beside its code");
}

#[test]
fn readme_listing_matches_the_quick_start() {
    let readme = read("README.md");
    let listing = blocks(&readme).into_iter().find(|(_, text)| text.starts_with("Host functions of hello"));
    let (_, listing) = listing.unwrap();
    let source = read(EMPTY_CRATE);
    let line = source.lines().position(|line| line.starts_with("#[host_fn")).unwrap() + 1;
    assert!(listing.contains(&format!("hello src/main.rs:{line}, macro, messagepack, ")), "{listing}");
    // the same function in the snapshot of the listing has the same types, so the same fingerprint
    let snapshot = read("tests/listing/snapshots/listing.txt");
    let signature = "  fn host.greet(name: str) -> str\n";
    let fingerprint = |text: &str| {
        let (_, rest) = text.split_once(signature).unwrap();
        rest.lines().nth(1).unwrap().rsplit_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(fingerprint(&listing), fingerprint(&snapshot));
}

#[test]
fn instruction_counts_match_the_stored_ones() {
    let readme = read("README.md");
    let (_, costs) = readme.split_once("## What a call costs").unwrap();
    let stored = read("scripts/instructions.txt");
    for (call, row) in [("`add(", "add-window"), ("`greet(", "greet-window"), ("struct of", "person-window")]
    {
        let line =
            costs.lines().find(|line| line.starts_with(&format!("| {call}")) && line.contains(" ns |"));
        let cell = line.unwrap().split('|').nth(2).unwrap().trim().replace(',', "");
        let count = stored.lines().find_map(|line| line.strip_prefix(row)).unwrap().trim();
        let (shown, count): (f64, f64) = (cell.parse().unwrap(), count.parse().unwrap());
        assert!((shown / count - 1.0).abs() < 0.1, "{row}: the README shows {shown}, stored is {count}");
    }
}
