//! `hostfn new`, as far as no compiler is needed: `scripts/new-project.sh` builds and tests what it writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hostfn_core::Listing;
use serde_json::Value;
use tempfile::TempDir;

use crate::generated::valid;
use crate::hostfn;

/// Runs the command in this folder.
fn new_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hostfn")).arg("new").args(args).current_dir(folder).output().unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn new_hostile_name_is_refused_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let long = "a".repeat(65);
    let hostile = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/tmp/x",
        "a\\b",
        "a b",
        "fn",
        "self",
        "true",
        "abstract",
        "hostfn",
        "hostfn-core",
        "std",
        "test",
        "plugin",
        "con",
        "com1",
        "deps",
        "Größe",
        "x\n",
        "x\u{202e}",
        "1st",
        "-x",
        "A",
        "_",
        "{{name}}",
        "x\"]",
        &long,
    ];
    for name in hostile {
        let said = error(&new_in(&inside, &["--", name]));
        assert!(said.starts_with("error: ") && !said.contains('\u{202e}'), "{name}: {said}");
        assert_eq!(names(&inside), [""; 0], "{name}");
    }
    assert_eq!(names(folder.path()), ["inside"]);
}

#[test]
fn new_existing_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    let before = names(folder.path());
    for name in before.iter().map(String::as_str) {
        let said = error(&new_in(folder.path(), &[name]));
        assert!(said.contains(&format!("H0608 {name}: it exists already; choose another name")), "{said}");
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(names(&folder.path().join("empty")), [""; 0]);
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "mine");
}

#[test]
fn new_with_a_wrong_checkout_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for checkout in [".", "nowhere"] {
        let said = error(&new_in(folder.path(), &["app", "--checkout", checkout]));
        assert!(said.contains("it is not a checkout of hostfn"), "{said}");
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn new_that_cannot_write_leaves_no_draft() {
    let folder = tempfile::tempdir().unwrap();
    // a limit of one block stops the write of a larger file
    let program = env!("CARGO_BIN_EXE_hostfn");
    let script = format!("trap '' XFSZ; ulimit -f 1; exec '{program}' new app --language c");
    let ran = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    assert!(error(&ran).contains("it cannot be written"), "{ran:?}");
    assert_eq!(names(folder.path()), [""; 0]);
}

fn project(language: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let checkout = checkout();
    let args = ["my-app", "--language", language, "--checkout", checkout.to_str().unwrap()];
    let ran = new_in(folder.path(), &args);
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert_eq!(names(folder.path()), ["my-app"]);
    let project = folder.path().join("my-app");
    (folder, project)
}

fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            texts(&path, found);
        } else {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn new_projects_are_filled_in_and_consistent() {
    let languages = [
        ("rust", "src/host.rs"),
        ("c", "host.h"),
        ("assemblyscript", "host.ts"),
        ("zig", "host.zig"),
        ("typescript", "host.d.ts"),
    ];
    for (language, bindings) in languages {
        let (_folder, project) = project(language);
        let mut files = Vec::new();
        texts(&project, &mut files);
        for (path, text) in &files {
            assert!(!text.contains("{{"), "{}: {text}", path.display());
            if path.extension().is_some_and(|extension| extension == "toml") {
                let table: toml::Table = text.parse().unwrap();
                let schema = text.lines().next().unwrap().strip_prefix("#:schema ");
                if let Some(schema) = schema {
                    let schema = fs::read_to_string(path.parent().unwrap().join(schema)).unwrap();
                    valid(&schema, &serde_json::to_string(&table).unwrap()).unwrap();
                }
            }
        }
        let lock = project.join("hostfn.lock");
        let listing = Listing::from_lock("hostfn.lock", &fs::read_to_string(&lock).unwrap()).unwrap();
        assert_eq!(listing.functions.len(), 2);
        let out = project.join("plugin").join(bindings);
        let check = hostfn(&[&"bindgen", &lock, &"--language", &language, &"--out", &out, &"--check"]);
        assert_eq!(check.exit, hostfn_cli::Exit::Success, "{language}: {}", check.out);
    }
}

/// The keys that the reader knows are those of the schemas, by what it accepts and refuses.
#[test]
fn schemas_of_files_agree_with_the_readers() {
    let (plugin, grants) = (hostfn(&[&"schema", &"plugin"]).out, hostfn(&[&"schema", &"grants"]).out);
    let (_folder, project) = project("c");
    let lock = fs::read_to_string(project.join("hostfn.lock")).unwrap();
    assert!(lock.contains("settings.read"));
    for (is_valid, text) in [
        (true, "greet = true\n'settings.read' = { allow = ['a.*'], deny = ['a.b'] }"),
        (true, "settings.read = { allow = ['a.*'] }"),
        (true, "greet = false"),
        (false, "greet = 1"),
        (false, "greet = 'yes'"),
        (false, "'settings.read' = { allow = 'a' }"),
        (false, "'settings.read' = { allow = ['a'], alow = ['b'] }"),
    ] {
        assert_eq!(accepts(&grants, text), is_valid, "{text}");
        assert_eq!(reads_grants(text), is_valid, "{text}");
    }
    let head = "name = 'a'\nversion = '1.0.0'\nabi = 1\n";
    let export = "contract = 'c'\ntype = 't'\nentry = 'e'\nargs = ['str']\nreply = 'str'\n";
    let mut cases: Vec<(bool, String)> = vec![
        (true, head.to_owned()),
        (false, "name = 'a'\nversion = '1.0.0'\n".to_owned()),
        (false, head.replace("abi = 1", "abi = 2")),
        (false, head.replace("'a'", "'a b'")),
        (false, format!("{head}nam = 'a'\n")),
        (true, format!("{head}[capabilities]\ngreet = {{ reason = 'r' }}\n")),
        (
            true,
            format!(
                "{head}[capabilities]\nsettings.read = {{ reason = 'r', allow = ['a'], deny = ['b'] }}\n"
            ),
        ),
        (false, format!("{head}[capabilities]\ngreet = true\n")),
        (false, format!("{head}[capabilities]\ngreet = {{ reasons = 'r' }}\n")),
        (true, format!("{head}[[exports]]\n{export}docs = 'd'\n")),
        (false, format!("{head}[[exports]]\n{export}doc = 'd'\n")),
        (false, format!("{head}[[exports]]\n{}", export.replace("entry = 'e'\n", ""))),
        (false, format!("{head}[limits]\nmemroy = 1\n")),
    ];
    let limits: Value = serde_json::from_str(&plugin).unwrap();
    let limits = limits["$defs"]["limits"]["properties"].as_object().unwrap();
    let known: BTreeSet<&str> = limits.keys().map(String::as_str).collect();
    assert_eq!(known.len(), 11);
    for key in known {
        let kind = limits[key]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let (good, bad) = match kind {
            "size" => (["65536", "'64 KiB'"], ["'64 KB'", "-1"]),
            "count" => (["16", "1_000"], ["'16'", "-1"]),
            _ => (["'500 ms'", "'2 s'"], ["500", "'2 h'"]),
        };
        cases.extend(good.map(|value| (true, format!("{head}[limits]\n{key} = {value}\n"))));
        cases.extend(bad.map(|value| (false, format!("{head}[limits]\n{key} = {value}\n"))));
    }
    for (is_valid, text) in cases {
        assert_eq!(accepts(&plugin, &text), is_valid, "schema of {text}");
        assert_eq!(reads_manifest(&text), is_valid, "reader of {text}");
    }
}

fn accepts(schema: &str, toml: &str) -> bool {
    let table: toml::Table = toml.parse().unwrap();
    valid(schema, &serde_json::to_string(&table).unwrap()).is_ok()
}

static GREET: hostfn_core::Capability = hostfn_core::Capability::new("greet", "Build greetings.");
static SETTINGS_READ: hostfn_core::Capability =
    hostfn_core::Capability::new("settings.read", "Read settings.").scoped(hostfn_core::ScopeKind::Name);

fn reads_grants(text: &str) -> bool {
    hostfn_core::Grants::from_toml(text, [&GREET, &SETTINGS_READ]).is_ok()
}

fn reads_manifest(text: &str) -> bool {
    hostfn_core::Manifest::from_toml(text, [&GREET, &SETTINGS_READ]).is_ok()
}
