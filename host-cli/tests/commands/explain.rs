use std::collections::BTreeSet;
use std::fs;

use expect_test::expect;
use hostfn_cli::Exit;
use hostfn_core::Code;

use crate::hostfn;

fn explain(code: &str) -> String {
    let ran = hostfn(&[&"explain", &code]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Success, ""), "{code}");
    ran.out
}

#[test]
fn every_code_has_a_page_with_an_example_and_a_remedy() {
    for code in Code::ALL {
        let page = explain(&code.to_string());
        let (heading, rest) = page.split_once("\n\n").unwrap();
        assert_eq!(heading, format!("{code}: {}", code.meaning()));
        let paragraphs: Vec<&str> = rest.trim_end().split("\n\n").collect();
        assert!(paragraphs.len() >= 3, "{page}");
        assert!(!paragraphs[0].starts_with([' ', 'R']) && paragraphs[0].ends_with('.'), "{page}");
        assert!(paragraphs[1].starts_with(&format!("    {code} ")), "{page}");
        let remedy = paragraphs.last().unwrap();
        assert!(remedy.starts_with("Remedy: ") && remedy.ends_with('.') && remedy.len() > 20, "{page}");
    }
}

#[test]
fn every_page_is_that_of_a_code_and_there_once() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pages");
    let mut seen = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let family = path.file_stem().unwrap().to_str().unwrap();
        for heading in fs::read_to_string(&path).unwrap().lines().filter_map(|line| line.strip_prefix("## "))
        {
            assert!(heading.starts_with(family), "{heading} in {}", path.display());
            assert!(seen.insert(heading.to_owned()), "{heading} is there twice");
        }
    }
    assert_eq!(seen, Code::ALL.iter().map(ToString::to_string).collect());
}

#[test]
fn a_page_as_it_is_shown() {
    expect![[r#"
        H0310: The plugin imports a function whose capability it was not granted.

        The plugin imports a function that requires a capability which its grants do not have. None of its code has run. Every such import is reported at once.

            H0310 plugin `greedy`: it imports `fs_read` of module `host`, which requires the capability `fs.read`; to allow it, add to its grants: "fs.read" = { allow = ["/a/directory/**"] }

        Remedy: decide whether the plugin may have it. If so, add the line that the message shows to its grants, as narrow as it can be; if not, do without the plugin, or load it with `MissingCapability::Deny`, and its calls are denied.
    "#]].assert_eq(&explain("H0310"));
    for same in ["h0310", "310", "0310"] {
        assert_eq!(explain(same), explain("H0310"));
    }
}

#[test]
fn without_a_code_all_of_them() {
    let ran = hostfn(&[&"explain"]);
    assert_eq!(ran.out.lines().count(), Code::ALL.len());
    assert!(ran.out.starts_with("H0101  Two host functions claim the same module and name.\n"));
}

#[test]
fn no_code_by_that_name() {
    for wrong in ["H9999", "widens", "", "HH0310", "-1"] {
        let ran = hostfn(&[&"explain", &"--", &wrong]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        assert_eq!(ran.err, format!("error: unknown code `{wrong}`; `hostfn explain` lists all codes\n"));
    }
}
