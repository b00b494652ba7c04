//! The sources of one package: what is compiled, and what only lies there.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use hostfn_core::{Problem, open_regular_file};
use proc_macro2::{LexError, TokenStream};
use toml::{Table, Value};

use super::depth::depth;
use super::report::Unread;
use super::sources::{self, Cfgs, Declared, Found, FoundByHand};
use crate::problem::unusable;

/// No source that a person writes is larger, in bytes.
pub(super) const LARGEST: u64 = 8 << 20;

/// All sources of a package together are not larger, in bytes.
const LARGEST_OF_ALL: u64 = 256 << 20;

/// A package does not have more source files.
const MOST_FILES: usize = 100_000;

/// The greatest nesting of a file, as [`depth`] counts. The deepest of 9,487 files of published crates has 1,142 levels.
pub(super) const DEEPEST: usize = 8192;

/// The greatest number of files that declare one another in a row. Each adds its conditions to those of the next.
const LONGEST_CHAIN: usize = 128;

/// The findings in the sources of a package.
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
    /// Files that were declared and are still to be read: the last one first.
    declared: Vec<Source>,
    /// The number of bytes that may still be read.
    left: u64,
    /// Other names of the attribute in the package.
    exported: BTreeSet<String>,
}

/// A file that is to be read.
struct Source {
    path: PathBuf,
    cfgs: Cfgs,
    /// True if its modules are beside it.
    own: bool,
    /// True if the library or a program declares it.
    reached: bool,
    /// The number of files that declare one another down to it.
    chain: usize,
}

impl Sources {
    pub(super) fn read(folder: &Path) -> Result<Self, Problem> {
        let manifest = folder.join("Cargo.toml");
        let name = manifest.display().to_string();
        let remedy = "name the folder of a package, with its `Cargo.toml`";
        let text = text(&manifest, LARGEST);
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
            declared: Vec::new(),
            left: LARGEST_OF_ALL,
            exported: BTreeSet::new(),
        };
        for root in roots(folder, &table) {
            sources.tree(root, true)?;
        }
        for file in rust_files(&folder.join("src"))? {
            sources.tree(file, false)?;
        }
        sources.annotated.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        sources.by_hand.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        sources.unread.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(sources)
    }

    /// Reads a file and all that it declares, one after the other: a chain of files has no end that a stack could hold.
    fn tree(&mut self, root: PathBuf, reached: bool) -> Result<(), Problem> {
        self.declared.push(Source { path: root, cfgs: Cfgs::default(), own: true, reached, chain: 1 });
        while let Some(source) = self.declared.pop() {
            self.unit(&source)?;
        }
        Ok(())
    }

    fn unit(&mut self, source: &Source) -> Result<(), Problem> {
        let Source { path, cfgs, own, reached, chain } = source;
        // `#[path]` can name a file in another way each time
        if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return Ok(());
        }
        if self.seen.len() > MOST_FILES {
            return Err(too_many(&self.folder));
        }
        let file = path.strip_prefix(&self.folder).unwrap_or(path).display().to_string().replace('\\', "/");
        let unit = match self.parsed(path, *chain)? {
            Ok(parsed) => sources::read(&file, &parsed, cfgs, *reached, &mut self.exported),
            Err(why) => {
                self.unread.push(Unread { file, why });
                return Ok(());
            }
        };
        // the places of every file would be kept until the end
        proc_macro2::extra::invalidate_current_thread_spans();
        self.annotated.extend(unit.annotated);
        self.by_hand.extend(unit.by_hand);
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        let beneath = if *own { beside.clone() } else { beside.join(path.file_stem().unwrap_or_default()) };
        let modules = unit.modules.into_iter().rev();
        let declared =
            modules.filter_map(|declared| module(declared, &beside, &beneath, *reached, chain + 1));
        self.declared.extend(declared);
        Ok(())
    }

    /// The file's syntax, or why it cannot be read.
    fn parsed(&mut self, path: &Path, chain: usize) -> Result<Result<syn::File, String>, Problem> {
        if chain > LONGEST_CHAIN {
            return Ok(Err(format!("more than {LONGEST_CHAIN} files declare one another in a row")));
        }
        let text = match text(path, LARGEST) {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        self.left = self.left.checked_sub(text.len() as u64).ok_or_else(|| too_many(&self.folder))?;
        Ok(parse(&text))
    }
}

fn too_many(folder: &Path) -> Problem {
    let what = format!("its sources are more than {MOST_FILES} files or {} MiB", LARGEST_OF_ALL >> 20);
    unusable(&folder.display().to_string(), &what, "name the folder of one package")
}

pub(super) fn parse(text: &str) -> Result<syn::File, String> {
    let at =
        |span: proc_macro2::Span, why: &dyn std::fmt::Display| format!("line {}: {why}", span.start().line);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens: TokenStream =
        without_shebang(text).parse().map_err(|error: LexError| at(error.span(), &error))?;
    let deep = depth(tokens.clone());
    if deep > DEEPEST {
        return Err(format!("it nests {deep} levels deep, and at most {DEEPEST} are read; split it up"));
    }
    syn::parse2(tokens).map_err(|error| at(error.span(), &error))
}

/// The lines that a script begins with become a comment, as a compiler has it.
fn without_shebang(text: &str) -> Cow<'_, str> {
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => Cow::Owned(format!("//{rest}")),
        _ => Cow::Borrowed(text),
    }
}

/// The file of a module, if it is there.
fn module(declared: Declared, beside: &Path, beneath: &Path, reached: bool, chain: usize) -> Option<Source> {
    let folder = declared.within.iter().fold(beneath.to_owned(), |folder, name| folder.join(name));
    let source = |path, own| Source { path, cfgs: declared.cfgs, own, reached, chain };
    if let Some(path) = &declared.path {
        let folder = if declared.within.is_empty() { beside } else { &folder };
        return Some(source(folder.join(path), true));
    }
    let (flat, nested) =
        (folder.join(format!("{}.rs", declared.name)), folder.join(&declared.name).join("mod.rs"));
    if flat.is_file() { Some(source(flat, false)) } else { nested.is_file().then(|| source(nested, true)) }
}

/// Reads a regular file: opening another may wait for ever, and reading it may not end.
pub(super) fn text(path: &Path, largest: u64) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut text = String::new();
    let read = open_regular_file(path).and_then(|file| file.take(largest + 1).read_to_string(&mut text));
    read.map_err(|error| error.to_string())?;
    if text.len() as u64 > largest {
        return Err(format!("it is larger than {} MiB", largest >> 20));
    }
    Ok(text)
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
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in entries(&next) {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
        if files.len() + folders.len() > MOST_FILES {
            return Err(too_many(folder));
        }
    }
    files.sort();
    Ok(files)
}

/// Sorted; none of a folder that is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<_> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    entries
}
