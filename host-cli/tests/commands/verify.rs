use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};
use hostfn_cli::Exit;
use hostfn_core::{FunctionRow, Listing, UnregisteredRow};

use crate::generated::valid;
use crate::library::first;
use crate::{Files, hostfn};

/// A package with a function for each way to be missing.
const SOURCES: [(&str, &str); 7] = [
    ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\n"),
    (
        "src/lib.rs",
        r#"
use hostfn::{host_fn, host_fn as exported, HostFnSpec};

mod files;
mod store { pub mod inner; #[path = "odd.rs"] mod other; }

/// There, by another name of the attribute.
#[exported(capability = NOW, name = "now")]
fn time() -> u64 { 0 }

#[host_fn(capability = none)]
#[cfg(feature = "extra")]
fn extra() {}

#[cfg_attr(target_os = "plan9", hostfn::host_fn(capability = none))]
fn elsewhere() {}

#[host_fn(capability = none, collect = false)]
fn apart() {}

static MANUAL: HostFnSpec = HostFnSpec::new("host", "manual", call).always_available();
static LISTED: HostFnSpec = hostfn::HostFnSpec::new("host", "labels", call).always_available();

fn made(name: &'static str) -> HostFnSpec { HostFnSpec::new("host", name, call).always_available() }

pub mod prelude {
    pub use hostfn::host_fn as reexported;
    use hostfn::host_fn as nested;
    #[nested(capability = none)]
    fn within() {}
}

#[cfg(all(test, unix))]
#[host_fn(capability = none)]
fn of_a_test_on_unix() {}

#[cfg(any(test, unix))]
#[host_fn(capability = none)]
fn in_a_build_on_unix() {}

#[cfg(test)]
mod tests {
    use super::*;
    #[host_fn(capability = none)]
    fn of_a_test() {}
    static OF_A_TEST: HostFnSpec = HostFnSpec::new("host", "of_a_test", call).always_available();
}
"#,
    ),
    (
        "src/files.rs",
        r#"
#[host_fn(capability = FS_READ(path), max_reply = "1 MiB")]
async fn fs_read(path: String) -> Vec<u8> { Vec::new() }

#[host_fn(capability = FS_READ(path), module = "disk")]
fn dropped(path: &str) {}

#[crate::prelude::reexported(capability = none)]
fn by_another_name() {}

pub fn outer() {
    #[host_fn(capability = none)]
    fn stale() {}
}
"#,
    ),
    ("src/store/inner.rs", "#[host_fn(capability = none)]\nfn fs_list() {}\n"),
    (
        "src/store/odd.rs",
        "#[path = \"../store/odd.rs\"]\nmod again;\n#[cfg(unix)]\nmod deep {\n    #[host_fn(capability = none)]\n    fn on_unix() {}\n}\n",
    ),
    ("src/forgotten.rs", "#[host_fn(capability = none)]\nfn forgotten() {}\n"),
    ("src/bin/tool.rs", "fn main() {}\n\n#[host_fn(capability = none)]\nfn of_the_tool() {}\n"),
];

fn package(files: &Files) -> PathBuf {
    let folder = files.write("x", "").with_file_name("app");
    for (name, content) in SOURCES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Returns what a build of the package offers.
fn built() -> Listing {
    let mut listing = first();
    let place = |row: &mut FunctionRow, file: &str| row.file = format!("crates/app/{file}");
    for row in &mut listing.functions {
        match row.name.as_str() {
            "fs_read" => place(row, "src/files.rs"),
            // another function of this name
            "fs_list" => place(row, "src/lists.rs"),
            _ => place(row, "src/lib.rs"),
        }
    }
    listing.unregistered.push(UnregisteredRow {
        module: "disk".to_owned(),
        name: "dropped".to_owned(),
        krate: "app".to_owned(),
        outside: None,
        file: "crates/app/src/files.rs".to_owned(),
        line: 6,
    });
    listing
}

#[test]
fn every_way_to_be_missing_is_told() {
    let files = Files::new();
    let package = package(&files);
    let listing = files.listing("listing.json", &built());
    let ran = hostfn(&[&"verify", &package, &"--listing", &listing]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Denied, ""));
    expect_file!["../snapshots/verify.txt"].assert_eq(&ran.out);
    let json = hostfn(&[&"verify", &package, &"--listing", &listing, &"--format", &"json"]);
    assert_eq!(json.exit, Exit::Denied);
    expect_file!["../snapshots/verify.json"].assert_eq(&json.out);
    let schema = hostfn(&[&"schema", &"verification"]).out;
    expect_file!["../../verification.schema.json"].assert_eq(&schema);
    valid(&schema, &json.out).unwrap();
    assert!(valid(&schema, &json.out.replace("\"line\": 8", "\"line\": \"8\"")).is_ok());
    assert!(valid(&schema, &json.out.replace("\"annotated\": ", "\"annotated\": \"\", \"x\": ")).is_err());
}

#[test]
fn a_package_whose_functions_are_all_listed() {
    let files = Files::new();
    let package = package(&files);
    for (name, _) in &SOURCES[3..] {
        fs::remove_file(package.join(name)).unwrap();
    }
    fs::write(package.join("src/lib.rs"), "mod files;\n#[host_fn(capability = CLOCK)]\nfn now() {}\n")
        .unwrap();
    fs::write(package.join("src/files.rs"), "#[host_fn(capability = none)]\nfn fs_read() {}\n").unwrap();
    let ran = hostfn(&[&"verify", &package, &"--listing", &files.listing("listing.json", &built())]);
    assert_eq!(ran.exit, Exit::Success);
    assert_eq!(ran.out, "package app: the listing has 2 of 2 annotated functions\n");
    // a lock says nothing of places
    let lock = files.write("hostfn.lock", built().to_lock());
    let ran = hostfn(&[&"verify", &package, &"--listing", &lock]);
    assert_eq!(ran.exit, Exit::Success, "{}", ran.out);
    // and of a program that does not have the package nothing is there
    let mut without = built();
    without.functions.clear();
    without.capabilities.clear();
    without.unregistered.clear();
    let ran = hostfn(&[&"verify", &package, &"--listing", &files.listing("without.json", &without)]);
    assert_eq!(ran.exit, Exit::Denied);
    assert_eq!(
        ran.out.matches("nothing of package `app` is linked into the program").count(),
        2,
        "{}",
        ran.out
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let files = Files::new();
    let package = package(&files);
    let listing = files.listing("listing.json", &built());
    fs::write(package.join("src/lib.rs"), "mod files;\nfn {\n").unwrap();
    let ran = hostfn(&[&"verify", &package, &"--listing", &listing]);
    assert_eq!(ran.exit, Exit::Denied);
    assert!(ran.out.contains("\nnot read: 1\n  src/lib.rs: line 2: "), "{}", ran.out);
    let said: String = [Path::new("nowhere"), package.join("src").as_path()]
        .iter()
        .map(|folder| files.relative(&hostfn(&[&"verify", folder, &"--listing", &listing]).err))
        .collect();
    expect![[r#"
        error: H0608 nowhere/Cargo.toml: it cannot be read: No such file or directory (os error 2); name the folder of a package, with its `Cargo.toml`
        error: H0608 app/src/Cargo.toml: it cannot be read: No such file or directory (os error 2); name the folder of a package, with its `Cargo.toml`
    "#]].assert_eq(&said);
    fs::write(package.join("Cargo.toml"), "[workspace]\n").unwrap();
    let ran = hostfn(&[&"verify", &package, &"--listing", &listing]);
    assert!(
        ran.exit == Exit::Failure && ran.err.contains("H0608") && ran.err.contains("it is of no package")
    );
}

/// The modules of this workspace, whose annotated functions a listing of them has to have.
#[test]
fn the_sources_of_this_repository_can_be_read() {
    let files = Files::new();
    let package = crate::inspect::repository().join("host-modules");
    let ran = hostfn(&[&"verify", &package, &"--listing", &files.listing("listing.json", &first())]);
    assert_eq!(ran.exit, Exit::Denied);
    assert!(ran.out.starts_with("package hostfn-modules: the listing has 0 of "), "{}", ran.out);
    assert!(!ran.out.contains("not read:") && !ran.out.contains("no `mod` leads"), "{}", ran.out);
}
