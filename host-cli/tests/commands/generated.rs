use std::fs;

use boon::{Compiler, Schemas};
use clap_complete::Shell;
use expect_test::expect_file;
use hostfn_cli::Exit;
use serde_json::Value;

use crate::library::{first, second};
use crate::{Files, hostfn};

#[test]
fn help_tells_the_commands_and_the_exit_codes() {
    let mut all = hostfn(&[&"--help"]).out;
    for command in [
        "list",
        "diff",
        "check",
        "inspect",
        "verify",
        "expand",
        "bindgen",
        "new",
        "explain",
        "schema",
        "completions",
        "man",
    ] {
        all += &format!("\n$ hostfn {command} --help\n{}", hostfn(&[&command, &"--help"]).out);
    }
    expect_file!["../snapshots/help.txt"].assert_eq(&all);
}

#[test]
fn a_command_that_is_not_there_is_a_mistake() {
    let ran = hostfn(&[&"lst"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
    assert!(ran.err.contains("a similar subcommand exists: 'list'"), "{}", ran.err);
    assert_eq!(hostfn(&[]).exit, Exit::Failure);
}

#[test]
fn cargo_hands_on_its_own_name() {
    assert_eq!(hostfn(&[&"hostfn", &"explain", &"H0101"]).out, hostfn(&[&"explain", &"H0101"]).out);
    assert_eq!(hostfn(&[&"hostfn", &"hostfn", &"explain"]).exit, Exit::Failure);
}

#[test]
fn every_shell_gets_completions() {
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        let ran = hostfn(&[&"completions", &shell.to_string()]);
        assert_eq!(ran.exit, Exit::Success);
        for word in ["check", "explain", "deny", "bindgen"] {
            assert!(ran.out.contains(word), "{shell} without {word}");
        }
    }
    assert_eq!(hostfn(&[&"completions", &"csh"]).exit, Exit::Failure);
}

#[test]
fn the_manual_is_one_page_or_one_for_each_command() {
    let page = hostfn(&[&"man"]).out;
    assert!(page.contains(".TH hostfn 1") && page.contains("usage or I/O error"), "{page}");
    let files = Files::new();
    let folder = files.write("x", "").parent().unwrap().to_owned();
    assert_eq!(hostfn(&[&"man", &"--dir", &folder]).exit, Exit::Success);
    for name in ["hostfn.1", "hostfn-check.1", "hostfn-list.1"] {
        assert!(fs::read_to_string(folder.join(name)).unwrap().contains(".TH hostfn"), "{name}");
    }
    let nowhere = hostfn(&[&"man", &"--dir", &folder.join("nowhere")]);
    assert_eq!(nowhere.exit, Exit::Failure);
    assert!(nowhere.err.contains("H0608"), "{}", nowhere.err);
}

/// Returns whether `json` is as the schema says; if not, why.
pub(crate) fn valid(schema: &str, json: &str) -> Result<(), String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", serde_json::from_str(schema).unwrap()).unwrap();
    let schema = compiler.compile("schema.json", &mut schemas).unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    schemas.validate(&json, schema).map_err(|error| error.to_string())
}

#[test]
fn the_published_schemas_are_those_of_the_forms() {
    let listing = hostfn(&[&"schema"]).out;
    expect_file!["../../../host-core/listing.schema.json"].assert_eq(&listing);
    let diff = hostfn(&[&"schema", &"diff"]).out;
    expect_file!["../../../host-core/diff.schema.json"].assert_eq(&diff);

    for of in [first(), second()] {
        valid(&listing, &of.to_json()).unwrap();
    }
    valid(&diff, &first().diff(&second()).to_json()).unwrap();
    valid(&diff, &first().diff(&first()).to_json()).unwrap();
}

#[test]
fn the_schemas_refuse_what_is_no_such_form() {
    let (listing, diff) = (hostfn(&[&"schema"]).out, hostfn(&[&"schema", &"diff"]).out);
    for (from, to) in
        [("\"abi\": 1", "\"abi\": \"one\""), ("\"u64\"", "\"u65\""), ("\"name\": ", "\"nom\": ")]
    {
        assert!(valid(&listing, &first().to_json().replacen(from, to, 1)).is_err(), "{to}");
    }
    let json = first().diff(&second()).to_json().replacen("\"class\": \"widens\"", "\"class\": \"wider\"", 1);
    assert!(valid(&diff, &json).is_err());
}
