//! `hostfn expand`: the same text as the goldens of the macros.

use std::fs;
use std::path::{Path, PathBuf};

use hostfn_cli::Exit;

use crate::{Files, hostfn};

fn macros() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("host-macros-core/tests-in-crate")
}

/// The functions whose expansions are goldens, with the name of each: the constant `FUNCTIONS` of `cases.rs`.
fn cases() -> Vec<(String, String)> {
    let source = fs::read_to_string(macros().join("cases.rs")).unwrap();
    let file: syn::File = syn::parse_str(&source).unwrap();
    let constant = file.items.iter().find_map(|item| match item {
        syn::Item::Const(item) if item.ident == "FUNCTIONS" => Some(&item.expr),
        _ => None,
    });
    let Some(syn::Expr::Array(cases)) = constant.map(|expr| &**expr) else { panic!("no array of cases") };
    let text = |expr: &syn::Expr| match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => text.value(),
        _ => panic!("no text"),
    };
    let case = |case: &syn::Expr| match case {
        syn::Expr::Tuple(case) => (text(&case.elems[0]), text(&case.elems[1])),
        _ => panic!("no case"),
    };
    cases.elems.iter().map(case).collect()
}

/// A package with this source.
fn package(source: &str) -> (Files, PathBuf) {
    let files = Files::new();
    let manifest = files.write("Cargo.toml", "[package]\nname = \"app\"\n");
    let folder = manifest.parent().unwrap().to_owned();
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("src/lib.rs"), source).unwrap();
    (files, folder)
}

#[test]
fn expand_prints_the_goldens_of_the_macro() {
    let cases = cases();
    assert!(cases.len() >= 6);
    // all in one package, so that the right one has to be found
    let source: String =
        cases.iter().map(|(name, source)| format!("mod {name} {{\n{source}\n}}\n")).collect();
    let (_files, folder) = package(&source);
    for (name, source) in cases {
        let golden = fs::read_to_string(macros().join(format!("goldens/{name}.rs"))).unwrap();
        let file: syn::File = syn::parse_str(&source).unwrap();
        let [syn::Item::Fn(function)] = &file.items[..] else { panic!("one function") };
        let ran = hostfn(&[&"expand", &function.sig.ident.to_string(), &folder]);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Success, ""), "{name}");
        let (place, expansion) = ran.out.split_once('\n').unwrap();
        assert!(place.starts_with("// src/lib.rs:"), "{place}");
        assert_eq!(expansion, golden, "{name}");
    }
}

#[test]
fn expand_finds_by_name_and_prints_each() {
    let (_files, folder) = package(
        "use hostfn::host_fn as exposed;\n\
         #[exposed(capability = none, name = \"now\")]\nfn clock() -> u64 { 0 }\n\
         #[cfg_attr(feature = \"x\", hostfn::host_fn(capability = none, module = \"a\"))]\nfn twice() {}\n\
         mod b { #[hostfn::host_fn(capability = none, module = \"b\")]\nfn twice() {} }\n",
    );
    let now = hostfn(&[&"expand", &"host.now", &folder]).out;
    assert!(now.starts_with("// src/lib.rs:3\n") && now.contains("\"now\","), "{now}");
    let twice = hostfn(&[&"expand", &"twice", &folder]).out;
    let places: Vec<&str> = twice.lines().filter(|line| line.starts_with("// ")).collect();
    assert_eq!(places, ["// src/lib.rs:5", "// src/lib.rs:7"], "{twice}");
    assert!(twice.contains("\"a\",") && twice.contains("\"b\","), "{twice}");
    assert!(!twice.contains("cfg_attr"), "{twice}");
}

#[test]
fn expand_reports_what_it_cannot_expand() {
    let (files, folder) = package("#[host_fn(capability = none)]\nfn wrong(self) {}\nfn plain() {}\n");
    for (name, said) in [
        ("plain", "H0608 : no function with `#[host_fn]` is called `plain`; name one of `wrong`\n"),
        (
            "x\u{1b}[2K",
            "H0608 : no function with `#[host_fn]` is called `x\\u{1b}[2K`; name one of `wrong`\n",
        ),
    ] {
        let ran = hostfn(&[&"expand", &name, &folder]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
        let folder = folder.display().to_string();
        assert_eq!(files.relative(&ran.err.replace(&folder, "")), format!("error: {said}"));
    }
    let ran = hostfn(&[&"expand", &"wrong", &folder]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
    assert!(ran.err.contains("src/lib.rs:2: ") && ran.err.contains("self"), "{}", ran.err);
    let nowhere = hostfn(&[&"expand", &"x", &"nowhere"]);
    assert!(nowhere.err.contains("H0608 nowhere/Cargo.toml"), "{}", nowhere.err);
}
