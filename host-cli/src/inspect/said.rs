//! What a plugin says of itself, as far as that can be read without knowing the host.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hostfn_core::link::ModuleInfo;
use hostfn_core::{Code, Manifest as HostManifest, Problem, read_text_file};
use toml::{Table, Value};

use super::known::Known;
use super::report::{AskedRow, Export, Manifest};

/// The custom section that a manifest is in.
const SECTION: &str = "hostfn.manifest";

/// The manifest's name in a folder with one module.
const GENERAL: &str = "plugin.toml";

/// No manifest is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// A manifest and where it is.
pub(super) struct Said {
    pub(super) place: String,
    /// It is in the module, and comes from its author.
    pub(super) within: bool,
    pub(super) text: String,
    /// There is another, so that the host takes neither.
    pub(super) contradicted: bool,
}

/// The manifest beside the module or within; what is wrong with it goes to `problems`.
pub(super) fn find(
    plugin: &str,
    path: Option<&Path>,
    module: &ModuleInfo<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Said> {
    let mut found = Vec::new();
    let beside = path.map_or(Ok(None), beside).and_then(|path| {
        path.map(|path| {
            Ok(Said {
                text: text(&path)?,
                place: path.display().to_string(),
                within: false,
                contradicted: false,
            })
        })
        .transpose()
    });
    match beside {
        Ok(said) => found.extend(said),
        Err(problem) => problems.push(problem),
    }
    let within = module.sections.iter().filter(|(name, _)| *name == SECTION).take(2);
    for (_, bytes) in within {
        let place = format!("plugin `{plugin}`, section `{SECTION}`");
        match std::str::from_utf8(bytes) {
            Ok(_) if bytes.len() as u64 > LONGEST => problems.push(too_long(place)),
            Ok(text) => found.push(Said { place, within: true, text: text.to_owned(), contradicted: false }),
            Err(_) => {
                problems.push(invalid(place, "it is not UTF-8", "write the manifest's text into it"));
            }
        }
    }
    if let [first, other, ..] = &mut found[..] {
        first.contradicted = true;
        let what = format!("there is another manifest, {}", other.place);
        problems.push(invalid(first.place.clone(), &what, "keep one of them"));
    }
    found.into_iter().next()
}

/// The manifest as the host reads it; what is wrong with it goes to `problems`.
pub(super) fn read(said: &Said, host: &Known, problems: &mut Vec<Problem>) -> Option<HostManifest> {
    if said.contradicted {
        return None;
    }
    let within = |problem: &Problem| {
        let place = format!("{}, {}", said.place, problem.location());
        Problem::new(problem.code(), place, problem.message(), problem.help())
    };
    HostManifest::from_toml(&said.text, host.capabilities())
        .map_err(|found| problems.extend(found.iter().map(within)))
        .ok()
}

/// What is wrong with the name that a manifest inside a module claims, if it is another than the file's.
pub(super) fn claimed(name: &str, claimed: &str, said: &Said) -> Option<Problem> {
    let what = format!("it claims the name `{}`", claimed.escape_debug());
    let remedy = format!("load the plugin under that name, or write `name = \"{name}\"`");
    (said.within && claimed != name).then(|| Problem::new(Code::ClaimedName, &said.place, what, remedy))
}

/// `NAME.toml` beside `NAME.wasm`, or `plugin.toml`, which a host refuses where there is another module.
fn beside(module: &Path) -> Result<Option<PathBuf>, Problem> {
    let named = module.with_extension("toml");
    if named.symlink_metadata().is_ok() {
        return Ok(Some(named));
    }
    let general = module.with_file_name(GENERAL);
    let folder = module.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let is_module = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wasm");
    if general.symlink_metadata().is_err() {
        return Ok(None);
    }
    let entries = fs::read_dir(folder).into_iter().flatten();
    if entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_module).count() > 1 {
        let name = named.file_name().unwrap_or_default().to_string_lossy();
        let remedy = format!("name it `{name}`, after its module");
        return Err(invalid(general.display().to_string(), "it is beside several modules", &remedy));
    }
    Ok(Some(general))
}

fn text(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    read_text_file(path, LONGEST).map_err(|error| {
        if error.kind() == ErrorKind::FileTooLarge {
            return too_long(name);
        }
        if error.kind() == ErrorKind::InvalidInput {
            let remedy = "put the manifest itself there";
            return Problem::new(Code::NotAFile, name, error.to_string(), remedy);
        }
        let what = format!("it cannot be read: {error}");
        Problem::new(Code::Unreadable, name, what, "check the path and its permissions")
    })
}

fn too_long(place: String) -> Problem {
    invalid(place, "it is longer than 1 MiB", "keep it to 1 MiB")
}

fn invalid(place: String, what: &str, remedy: &str) -> Problem {
    Problem::new(Code::ManifestInvalid, place, what, remedy)
}

/// What can be shown of it, whether it is in order or not. A host's own reading says what is wrong.
pub(super) fn shown(said: &Said) -> Option<Manifest> {
    if hostfn_core::toml_too_deep(&said.text).is_some() {
        return None;
    }
    let table: Table = said.text.parse().ok()?;
    let string = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut capabilities = Vec::new();
    if let Some(Value::Table(asked)) = table.get("capabilities") {
        asked_in(asked, "", &mut capabilities);
    }
    capabilities.sort_by(|a, b| a.name.cmp(&b.name));
    let exports = table.get("exports").and_then(Value::as_array).into_iter().flatten();
    Some(Manifest {
        place: said.place.clone(),
        name: string("name"),
        version: string("version"),
        abi: table.get("abi").and_then(Value::as_integer),
        capabilities,
        exports: exports.filter_map(export).collect(),
    })
}

/// TOML reads a bare `fs.read` as the key `read` of a table `fs`.
fn asked_in(table: &Table, above: &str, rows: &mut Vec<AskedRow>) {
    for (key, value) in table {
        let name = format!("{above}{key}");
        match value {
            // no capability has a longer name, and tables can be nested by the hundred
            Value::Table(entry)
                if name.len() <= 128
                    && !["reason", "allow", "deny"].iter().any(|key| entry.contains_key(*key)) =>
            {
                asked_in(entry, &format!("{name}."), rows);
            }
            Value::Table(entry) => rows.push(AskedRow {
                name,
                reason: entry.get("reason").and_then(Value::as_str).map(str::to_owned),
                allow: patterns(entry, "allow"),
                deny: patterns(entry, "deny"),
            }),
            _ => rows.push(AskedRow { name, reason: None, allow: Vec::new(), deny: Vec::new() }),
        }
    }
}

fn patterns(entry: &Table, key: &str) -> Vec<String> {
    match entry.get(key) {
        Some(Value::Boolean(true)) => vec!["everything".to_owned()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn export(value: &Value) -> Option<Export> {
    let string = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Export {
        contract: string("contract")?,
        kind: string("type").unwrap_or_default(),
        entry: string("entry").unwrap_or_default(),
        found: false,
    })
}
