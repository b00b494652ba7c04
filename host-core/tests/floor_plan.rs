//! The folders of `src`, from low to high: a file uses its own folder and lower ones. `ARCHITECTURE.md` explains them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{
    Expr, ExprCall, ExprMethodCall, ExprStruct, ItemMacro, ItemMod, ItemUse, LitStr, Macro, UseTree,
    VisRestricted,
};

/// The folders, from low to high. Those of one row do not use each other.
const FLOORS: [&[&str]; 12] = [
    &["error"],
    &["spec"],
    &["policy"],
    &["observe"],
    &["state"],
    &["call"],
    &["registry"],
    &["surface"],
    &["link"],
    &["engine"],
    &["testing", "wasm"],
    &["hostile"],
];

const MOST_LINES: usize = 400;

/// A path in a file that begins at the crate's root: its first name, and the place where it is written.
struct Use {
    from: String,
    to: String,
    file: String,
}

fn crate_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let files =
        entries.into_iter().flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|ext| ext == "rs")).collect()
}

/// Every path from the crate's root in `src`, except in `lib.rs`, which may name all folders.
fn uses(src: &Path) -> Vec<Use> {
    let mut found = Vec::new();
    for path in rust_files(src) {
        let file = path.strip_prefix(src).unwrap();
        if file == Path::new("lib.rs") {
            continue;
        }
        let module = module_path(file);
        let source = fs::read_to_string(&path).unwrap();
        let names = root_names(&module, &source);
        let from = module[0].clone();
        let file = file.display().to_string();
        found.extend(names.into_iter().map(|to| Use { from: from.clone(), to, file: file.clone() }));
    }
    found
}

/// `policy/scope/mod.rs` is the module `policy::scope`.
fn module_path(file: &Path) -> Vec<String> {
    let file = file.with_extension("");
    let mut parts: Vec<String> = file.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// The names directly below the crate's root that `source`, the text of `module`, uses.
fn root_names(module: &[String], source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).unwrap_or_else(|error| panic!("{}: {error}", module.join("::")));
    let mut paths = Paths { depth: module.len(), names: BTreeSet::new() };
    paths.visit_file(&file);
    paths.names
}

struct Paths {
    /// The number of `super`s that lead to the crate's root.
    depth: usize,
    names: BTreeSet<String>,
}

impl Paths {
    /// A path outside `use`, from its first names.
    fn path(&mut self, names: &[String]) {
        let supers = names.iter().take_while(|name| *name == "super").count();
        let rest = match names.first().map(String::as_str) {
            Some("crate") => &names[1..],
            Some("super") if supers >= self.depth => &names[supers..],
            _ => return,
        };
        self.names.extend(rest.first().cloned());
    }

    /// A tree of imports below `before`.
    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let below = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&below(&path.ident), &path.tree),
            UseTree::Name(name) => self.path(&below(&name.ident)),
            UseTree::Rename(rename) => self.path(&below(&rename.ident)),
            UseTree::Glob(_) => self.path(&[before, &["*".to_owned()]].concat()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
        }
    }

    /// The paths in a macro's tokens; `$crate` leads to what `lib.rs` exports, which is for other crates.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut before = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if before != "::" {
                        self.path(&path);
                        path.clear();
                    }
                    if !before.ends_with('$') {
                        path.push(name.to_string());
                    }
                    before.clear();
                }
                TokenTree::Punct(punct) => before.push(punct.as_char()),
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    before.clear();
                }
                TokenTree::Literal(_) => before.clear(),
            }
        }
        self.path(&path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.visit_visibility(&item.vis);
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&names);
        syn::visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, restricted: &'ast VisRestricted) {
        // `pub(crate)` names nothing below the root
        let names: Vec<String> =
            restricted.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&names);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.depth += 1;
        syn::visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_macro(&mut self, of: &'ast Macro) {
        self.tokens(of.tokens.clone());
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.tokens(item.mac.tokens.clone());
    }
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|folders| folders.contains(&name))
}

/// Returns what is wrong with a use, if anything.
fn problem(of: &Use) -> Option<String> {
    let Use { from, to, file } = of;
    let wrong = match (floor(from), floor(to)) {
        (None, _) => format!("`{from}` is no folder of the floor plan"),
        (_, None) => format!("it uses `crate::{to}`; name the folder that has it"),
        (Some(own), Some(other)) if own < other || (own == other && from != to) => {
            format!("it uses `crate::{to}`, which is not below `{from}`")
        }
        _ => return None,
    };
    Some(format!("{file}: {wrong}"))
}

#[test]
fn folders_use_only_lower_folders() {
    let uses = uses(&crate_root().join("src"));
    assert!(uses.len() > 100, "only {} paths found", uses.len());
    let problems: Vec<String> = uses.iter().filter_map(problem).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn only_wasm_names_the_engine() {
    let uses = uses(&crate_root().join("src"));
    let outside: Vec<&str> = uses
        .iter()
        .filter(|of| of.to == "wasm" && !["hostile", "wasm"].contains(&&*of.from))
        .map(|of| &*of.file)
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(uses.iter().any(|of| of.to == "wasm"), "no path names the engine at all");
}

/// Creation of a gate, of the access to a function, of a call and of its record, and the poisoning of an instance.
const ACTS: [&str; 6] =
    ["Access::new", "Gate::new", "Env::new", "Incoming {}", "RecordedCall {}", ".poison()"];

/// The calls and struct expressions of a file.
#[derive(Default)]
struct Expressions(BTreeSet<String>);

impl<'ast> Visit<'ast> for Expressions {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func {
            let names: Vec<String> =
                function.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.0.insert(names[names.len().saturating_sub(2)..].join("::"));
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.0.insert(format!(".{}()", call.method));
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_struct(&mut self, of: &'ast ExprStruct) {
        self.0.extend(of.path.segments.last().map(|segment| format!("{} {{}}", segment.ident)));
        syn::visit::visit_expr_struct(self, of);
    }
}

#[test]
fn only_engine_opens_gates_records_and_poisons() {
    let src = crate_root().join("src");
    let (mut inside, mut outside) = (BTreeSet::new(), Vec::new());
    for path in rust_files(&src) {
        let file = path.strip_prefix(&src).unwrap();
        let mut found = Expressions::default();
        found.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap());
        let acts = ACTS.into_iter().filter(|act| found.0.contains(*act));
        if file.starts_with("engine") {
            inside.extend(acts);
        } else {
            outside.extend(acts.map(|act| format!("{}: {act}", file.display())));
        }
    }
    // the gate of functions that require nothing
    assert_eq!(outside, ["policy/access.rs: Gate::new"]);
    assert_eq!(inside, BTreeSet::from(ACTS), "an act has another name");
}

#[test]
fn every_form_of_path_is_found() {
    let source = "
        use crate::call::{Env, later::{self, Later}};
        use crate::{link, testing as mock};
        pub(in crate::wasm) use super::super::surface::Listing;
        mod inner { use super::super::super::engine::Session; use super::super::Scope; }
        /// See [`crate::Documented`].
        fn f(x: crate::error::Error) -> Vec<crate::spec::Shape> {
            println!(\"{}\", crate::state::get(x, vec![crate::policy::Grants::none()]));
            <crate::registry::Registry as Clone>::clone(r)
        }
        macro_rules! exported { () => { $crate::Param::new(crate::observe::event()) } }
        pub(crate) fn g() { \"crate::text\"; }
    ";
    let module = ["policy".to_owned(), "scope".to_owned()];
    let found = root_names(&module, source);
    let expected = [
        "call", "engine", "error", "link", "observe", "policy", "registry", "spec", "state", "surface",
        "testing", "wasm",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

/// Keeps the texts in `tokens`, but for attributes, the reasons of `expect`, and tests.
fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        Some(TokenTree::Punct(mark)) => mark.as_char().to_string(),
        _ => String::new(),
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let before = [at.wrapping_sub(2), at.wrapping_sub(1)].map(word);
                let is_attribute = before[1] == "#" || before == ["#", "!"];
                if !(is_attribute || before[1] == "expect" || before == ["mod", "tests"]) {
                    texts(group.stream(), found);
                }
            }
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<LitStr>(&literal.to_string()).map(|text| text.value());
                found.extend(text.ok().filter(|text| text.len() >= 20 && text.matches(' ').count() >= 2));
            }
            _ => {}
        }
    }
}

/// A rule that is checked in two places has its text once, where both find it.
#[test]
fn no_text_of_a_problem_stands_twice() {
    let src = crate_root().join("src");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in rust_files(&src) {
        let mut found = Vec::new();
        texts(fs::read_to_string(&path).unwrap().parse().unwrap(), &mut found);
        let file = path.strip_prefix(&src).unwrap().display().to_string();
        for text in found {
            places.entry(text).or_default().push(file.clone());
        }
    }
    assert!(places.len() > 300, "only {} texts found", places.len());
    let twice: Vec<_> = places.into_iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

#[test]
fn source_files_have_at_most_400_lines() {
    let workspace = crate_root().join("..");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&workspace).unwrap().map(|entry| entry.unwrap().path().join("src")).collect();
    folders.push(workspace.join("src"));
    folders.retain(|folder| folder.is_dir());
    assert!(folders.len() >= 8, "{folders:?}");
    let long: Vec<String> = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > MOST_LINES).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn architecture_page_matches_the_tree() {
    let workspace = crate_root().join("..");
    let page = fs::read_to_string(workspace.join("ARCHITECTURE.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/` |"));
    let folders: Vec<&str> = rows.map(|row| row.0).collect();
    assert_eq!(folders, FLOORS.concat(), "the table has another order than `FLOORS`");

    let src = crate_root().join("src");
    let is_in_path = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let words = page.split(|c| !is_in_path(c)).map(|word| word.trim_end_matches('.'));
    let paths: Vec<&str> = words
        .filter(|word| word.contains('/') && [".rs", ".md", ".sh"].iter().any(|end| word.ends_with(end)))
        .collect();
    assert!(paths.len() > 20, "{paths:?}");
    let missing: Vec<&&str> =
        paths.iter().filter(|path| !workspace.join(path).is_file() && !src.join(path).is_file()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
