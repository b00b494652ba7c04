//! Layers of the command's sources: no module uses one that uses it in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module's path in the crate: empty for the root.
type Module = Vec<String>;

/// Source files by module, and the files that each one names in a path.
struct Sources {
    files: BTreeMap<Module, PathBuf>,
}

impl Sources {
    fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![(folder.to_owned(), Module::new())];
        while let Some((folder, module)) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let inner = [&module[..], std::slice::from_ref(&name)].concat();
                match name.as_str() {
                    "bin" => {}
                    _ if path.is_dir() => folders.push((path, inner)),
                    "lib" | "mod" => drop(files.insert(module.clone(), path)),
                    _ if path.extension().is_some_and(|extension| extension == "rs") => {
                        files.insert(inner, path);
                    }
                    _ => {}
                }
            }
        }
        Sources { files }
    }

    /// The modules that `module` uses: those of its paths that begin with `crate`, `super`, `self`, one of its own
    /// modules or one that it imports.
    fn uses(&self, module: &Module) -> BTreeSet<Module> {
        let text = fs::read_to_string(&self.files[module]).unwrap();
        let mut paths = Vec::new();
        paths_in(text.parse().unwrap(), &[], &mut paths);
        let parent = &module[..module.len().saturating_sub(1)];
        let mut imported: BTreeMap<&str, Module> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for path in &paths {
            let first = path[0].as_str();
            let inner = [&module[..], &[first.to_owned()]].concat();
            let (from, rest) = match first {
                "crate" => (Module::new(), &path[1..]),
                "self" => (module.clone(), &path[1..]),
                "super" => (parent.to_vec(), &path[1..]),
                _ if self.files.contains_key(&inner) => (module.clone(), &path[..]),
                name => match imported.get(name) {
                    Some(imported) => (imported.clone(), &path[1..]),
                    None => continue,
                },
            };
            let (target, is_module) = self.resolve(from, rest);
            if is_module && let Some(name) = path.iter().rev().find(|name| *name != "self") {
                imported.insert(name, target.clone());
            }
            used.insert(target);
        }
        used.remove(module);
        used
    }

    /// The module that a path leads to, and whether it ends there.
    fn resolve(&self, mut at: Module, path: &[String]) -> (Module, bool) {
        for name in path {
            match name.as_str() {
                "super" => drop(at.pop()),
                "self" => {}
                _ => {
                    at.push(name.clone());
                    if !self.files.contains_key(&at) {
                        at.pop();
                        return (at, false);
                    }
                }
            }
        }
        (at, true)
    }
}

/// Paths with at least two names, and those inside the braces of a `use`.
fn paths_in(tokens: TokenStream, before: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = before.to_vec();
    let mut colons = if before.is_empty() { 0 } else { 2 };
    let mut end = |path: &mut Vec<String>| {
        if path.len() > 1 {
            paths.push(std::mem::take(path));
        }
        path.clear();
    };
    let mut inner = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    end(&mut path);
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                let is_tree = colons == 2 && group.delimiter() == Delimiter::Brace;
                inner.push((group.stream(), if is_tree { path.clone() } else { Vec::new() }));
                if is_tree {
                    path.clear();
                } else {
                    end(&mut path);
                }
                colons = 0;
            }
            token => {
                end(&mut path);
                // the next name of a tree begins where the first one did
                let is_comma = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
                if is_comma {
                    path = before.to_vec();
                }
                colons = if is_comma && !before.is_empty() { 2 } else { 0 };
            }
        }
    }
    end(&mut path);
    for (tokens, before) in inner {
        paths_in(tokens, &before, paths);
    }
}

/// The modules of a cycle, if there is one.
fn cycle(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<&Module>> {
    let mut left: BTreeSet<&Module> = edges.keys().collect();
    loop {
        let is_done = |module: &&Module| edges[*module].iter().all(|used| !left.contains(used));
        let done: Vec<&Module> = left.iter().copied().filter(is_done).collect();
        if done.is_empty() {
            return (!left.is_empty()).then(|| left.into_iter().collect());
        }
        left.retain(|module| !done.contains(module));
    }
}

#[test]
fn sources_have_no_import_cycle() {
    let sources = Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let edges: BTreeMap<_, _> =
        sources.files.keys().map(|module| (module.clone(), sources.uses(module))).collect();
    let named = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    for (from, to) in [
        ("commands::list", "source"),
        ("page::matrix", "text"),
        ("args", "commands::man"),
        ("inspect", "inspect::link"),
    ] {
        assert!(edges[&named(from)].contains(&named(to)), "{from} uses {to}: {:?}", edges[&named(from)]);
    }
    let cycle = cycle(&edges).map(|modules| {
        modules
            .iter()
            .map(|module| format!("{} -> {:?}\n", module.join("::"), edges[*module]))
            .collect::<String>()
    });
    assert_eq!(cycle, None);
}
