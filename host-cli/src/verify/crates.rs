//! The sources of one package: what is compiled, and what only lies there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use host_core::Problem;
use toml::{Table, Value};

use super::report::Unread;
use super::sources::{self, Declared, Found, FoundByHand, Unit};
use crate::source::unusable;

/// No source that a person writes is larger, in bytes.
const LARGEST: u64 = 8 << 20;

/// What was found in the sources of a package.
pub(super) struct Sources {
    pub(super) package: String,
    /// By file and line.
    pub(super) annotated: Vec<Found>,
    /// By file and line.
    pub(super) by_hand: Vec<FoundByHand>,
    /// By file.
    pub(super) unread: Vec<Unread>,
    folder: PathBuf,
    seen: BTreeSet<PathBuf>,
    /// What the package calls the attribute besides.
    exported: BTreeSet<String>,
}

impl Sources {
    pub(super) fn read(folder: &Path) -> Result<Self, Problem> {
        let manifest = folder.join("Cargo.toml");
        let name = manifest.display().to_string();
        let remedy = "name the folder of a package, with its `Cargo.toml`";
        let text = fs::read_to_string(&manifest);
        let text = text.map_err(|error| unusable(&name, &format!("it cannot be read: {error}"), remedy))?;
        let table: Result<Table, _> = text.parse();
        let table =
            table.map_err(|error| unusable(&name, &format!("it is no TOML: {}", error.message()), remedy))?;
        let package = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        let package = package.ok_or_else(|| unusable(&name, "it is of no package", remedy))?.to_owned();
        let mut sources = Sources {
            package,
            annotated: Vec::new(),
            by_hand: Vec::new(),
            unread: Vec::new(),
            folder: folder.to_owned(),
            seen: BTreeSet::new(),
            exported: BTreeSet::new(),
        };
        for root in roots(folder, &table) {
            sources.unit(&root, &[], true, true);
        }
        let mut files = Vec::new();
        rust_files(&folder.join("src"), &mut files);
        for file in files {
            sources.unit(&file, &[], true, false);
        }
        sources.annotated.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        sources.by_hand.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        sources.unread.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(sources)
    }

    /// Reads a file and those that its modules are in. `own` is whether its modules are beside it.
    fn unit(&mut self, path: &Path, cfgs: &[String], own: bool, reached: bool) {
        // `#[path]` can name a file in another way each time
        if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        let file = path.strip_prefix(&self.folder).unwrap_or(path).display().to_string().replace('\\', "/");
        let parsed = match text(path) {
            Ok(text) => syn::parse_file(&text).map_err(|error| {
                let at = error.span().start();
                format!("line {}: {error}", at.line)
            }),
            Err(why) => Err(why),
        };
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(why) => return self.unread.push(Unread { file, why }),
        };
        let unit: Unit = sources::read(&file, &parsed, cfgs, reached, &mut self.exported);
        self.annotated.extend(unit.annotated);
        self.by_hand.extend(unit.by_hand);
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        let beneath = if own { beside.clone() } else { beside.join(path.file_stem().unwrap_or_default()) };
        for declared in unit.modules {
            self.module(&declared, &beside, &beneath, reached);
        }
    }

    fn module(&mut self, declared: &Declared, beside: &Path, beneath: &Path, reached: bool) {
        let folder = declared.within.iter().fold(beneath.to_owned(), |folder, name| folder.join(name));
        if let Some(path) = &declared.path {
            let folder = if declared.within.is_empty() { beside } else { &folder };
            return self.unit(&folder.join(path), &declared.cfgs, true, reached);
        }
        let (flat, nested) =
            (folder.join(format!("{}.rs", declared.name)), folder.join(&declared.name).join("mod.rs"));
        if flat.is_file() {
            self.unit(&flat, &declared.cfgs, false, reached);
        } else if nested.is_file() {
            self.unit(&nested, &declared.cfgs, true, reached);
        }
    }
}

fn text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The files that the library and the programs begin with.
fn roots(folder: &Path, manifest: &Table) -> Vec<PathBuf> {
    let path = |target: &Value| Some(folder.join(target.get("path")?.as_str()?));
    let mut roots: Vec<PathBuf> = manifest.get("lib").and_then(path).into_iter().collect();
    roots.extend(manifest.get("bin").and_then(Value::as_array).into_iter().flatten().filter_map(path));
    roots.extend(["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)));
    for path in entries(&folder.join("src/bin")) {
        roots.push(if path.is_dir() { path.join("main.rs") } else { path });
    }
    roots.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "rs"));
    roots
}

/// Links are not followed, so that there is an end.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Sorted; none of a folder that is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<_> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    entries
}
