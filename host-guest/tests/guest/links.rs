//! Two versions of this crate in one guest are an error of cargo, not of the linker.

use std::fs;
use std::path::Path;
use std::process::Command;

fn package(dir: &Path, name: &str, version: &str, more: &str) {
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("src/lib.rs"), "").unwrap();
    fs::write(dir.join("build.rs"), "fn main() {}\n").unwrap();
    let head = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n");
    fs::write(dir.join("Cargo.toml"), head + more).unwrap();
}

#[test]
fn two_versions_in_one_guest_fail_in_cargo() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let links = manifest.lines().find(|line| line.starts_with("links = ")).unwrap();
    let root = std::env::temp_dir().join(format!("hostfn-guest-links-{}", std::process::id()));
    let (old, new) = (root.join("old"), root.join("new"));
    package(&old, "hostfn-guest", "0.1.0", links);
    package(&new, "hostfn-guest", "0.2.0", links);
    package(
        &root.join("helper"),
        "helper",
        "0.1.0",
        "[dependencies]\nhostfn-guest = { path = \"../old\" }\n",
    );
    let both = "[dependencies]\nhelper = { path = \"../helper\" }\nhostfn-guest = { path = \"../new\" }\n[workspace]\n";
    package(&root.join("guest"), "guest", "0.1.0", both);
    let cargo = || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--offline", "--format-version", "1"]).current_dir(root.join("guest"));
        cargo.output().unwrap()
    };
    let ran = cargo();
    let text = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && text.contains("links to the native library `hostfn-guest`"), "{text}");
    assert!(text.contains("hostfn-guest v0.2.0") && text.contains("Only one package"), "{text}");

    // without the key cargo has nothing against it
    package(&old, "hostfn-guest", "0.1.0", "");
    let ran = cargo();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    fs::remove_dir_all(&root).unwrap();
}
