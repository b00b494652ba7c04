//! From sources to a plugin.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use hostfn_bindgen::javascript::{ALIASES, camel};
use hostfn_core::{
    Code, ContractRow, FunctionRecord, Listing, Problem, ProblemList, Problems, Registry, read_text_file,
};

use crate::host_modules::{Found, HostModules};
use crate::plan::Plan;
use crate::rewrite::{self, Exports};
use crate::sources::{self, MODULES, MOST};
use crate::table::{Names, Source};
use crate::{names, relative};

/// Exports that mean something to every host.
const RESERVED: [&str; 6] =
    ["memory", "plugin_alloc", "plugin_init", "plugin_abi_version", "_initialize", "hostfn_functions"];

/// Packs modules in JavaScript and TypeScript into a plugin.
///
/// ```
/// use hostfn_core::Registry;
/// use hostfn_js::Packer;
///
/// let registry = Registry::builder().build()?;
/// let wasm = Packer::new(&registry)
///     .module("main.js", r#"import { twice } from "./lib.js"; export const run = (n) => twice(n);"#)
///     .module("lib.js", "export const twice = (n) => 2 * n;")
///     .pack()?;
/// assert!(wasm.starts_with(b"\0asm"));
///
/// // everything wrong is reported at once, with its place
/// let error = Packer::new(&registry).module("main.js", "import 'host:nope';\nimport './gone.js';").pack().unwrap_err();
/// let places: Vec<&str> = error.iter().map(|problem| problem.location()).collect();
/// assert_eq!(places, ["main.js:1:9", "main.js:2:9"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Packer<'l> {
    listing: Cow<'l, Listing>,
    sources: Vec<(String, String)>,
    manifest: Option<String>,
    contracts: Vec<String>,
}

impl Packer<'static> {
    /// For the functions and contracts of a registry.
    pub fn new(registry: &Registry) -> Self {
        Packer::with_listing(Cow::Owned(registry.listing()))
    }
}

impl<'l> Packer<'l> {
    /// For the functions and contracts of a listing.
    pub fn from_listing(listing: &'l Listing) -> Self {
        Packer::with_listing(Cow::Borrowed(listing))
    }

    fn with_listing(listing: Cow<'l, Listing>) -> Self {
        Packer { listing, sources: Vec::new(), manifest: None, contracts: Vec::new() }
    }

    /// A module of the plugin. The first is the one that runs, and whose exports the host calls. The others are
    /// imported from it by relative specifiers: `./lib/text.js`. A name that ends in `.ts` or `.mts` is that of a module
    /// in TypeScript.
    #[must_use]
    pub fn module(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.sources.push((name.into(), source.into()));
        self
    }

    /// The module in this file, and those that it imports from beside it, with their paths from its folder as names.
    /// What lies outside the folder is not read.
    ///
    /// # Errors
    /// `H0901` for a module that is not JavaScript or TypeScript, `H0902` for a file that cannot be read.
    pub fn file(mut self, main: impl AsRef<Path>) -> Result<Self, Problems> {
        let main = main.as_ref();
        let folder = main.parent().unwrap_or(Path::new(""));
        let name = main.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut problems = ProblemList::new();
        let mut wanted = vec![(name.clone(), name)];
        while let Some((name, place)) = wanted.pop() {
            if self.sources.iter().any(|(known, _)| *known == name) {
                continue;
            }
            if self.sources.len() == MODULES {
                problems.push(sources::too_many());
                break;
            }
            let text = match read_text_file(folder.join(&name), MOST as u64) {
                Ok(text) => text,
                Err(error) => {
                    let what = format!("`{}` cannot be read: {error}", folder.join(&name).display());
                    problems.push(Problem::new(Code::JsSpecifier, place, what, "name a file in UTF-8"));
                    continue;
                }
            };
            match sources::names_of(&name, &text) {
                Ok(names) => {
                    let own = names.requests.iter().filter_map(|request| {
                        Some((relative::resolve(&name, request)?, self::place(&name, &text, request)))
                    });
                    wanted.extend(own.rev());
                }
                Err(found) => found.iter().cloned().for_each(|problem| problems.push(problem)),
            }
            self.sources.push((name, text));
        }
        problems.into_result()?;
        Ok(self)
    }

    /// A manifest, as `plugin.toml` has it, that the plugin carries.
    #[must_use]
    pub fn manifest(mut self, toml: impl Into<String>) -> Self {
        self.manifest = Some(toml.into());
        self
    }

    /// A contract that the default export fulfils, an object with a function for each method. Without it, exports that
    /// have the names of a contract's entries fulfil it: `greeter_v1_greet`, or `greeterV1Greet`.
    #[must_use]
    pub fn contract(mut self, id: impl Into<String>) -> Self {
        self.contracts.push(id.into());
        self
    }

    /// The plugin, a WebAssembly module.
    ///
    /// # Errors
    /// `H0901` for a module that is not JavaScript or TypeScript, with the place; `H0902` for a specifier that names no module;
    /// `H0903` for a name that a module does not export, with the nearest that it does; `H0904` for names that mean two
    /// things; `H0905` for what the engine cannot read. As many as there are, up to 64.
    pub fn pack(&self) -> Result<Vec<u8>, Problems> {
        let mut problems = ProblemList::new();
        sources::check(&self.sources, &mut problems);
        problems.into_result()?;
        let sources = sources::scripts(&self.sources)?;
        let scripts = Packer { sources, listing: Cow::Borrowed(&*self.listing), ..self.clone() };
        scripts.pack_scripts()
    }

    /// The same of modules in JavaScript.
    fn pack_scripts(&self) -> Result<Vec<u8>, Problems> {
        let modules = sources::names(&self.sources)?;
        let mut problems = ProblemList::new();
        let mut plan = Plan::new(&self.listing.functions);
        self.imports(&modules, &mut plan, &mut problems);
        plan.methods(|name| names::is_member(&self.sources, name));
        let exports = self.exports(&modules, &mut plan, &mut problems);
        problems.into_result()?;
        plan.table.sources = self
            .sources
            .iter()
            .map(|(name, text)| Source { name: name.clone(), text: text.clone() })
            .collect();
        let failed = |why: String| Problem::new(Code::JsEngine, "the plugin", why, "make it smaller");
        let table = hostfn_abi::codec::to_vec(&plan.table);
        let table = table.map_err(|error| failed(format!("its table cannot be written: {error}")))?;
        let mut sections = Vec::new();
        if !plan.rows.is_empty() {
            let records = plan.rows.iter().flat_map(|row| FunctionRecord::from_row(row).to_bytes());
            sections.push(("hostfn.functions", records.collect()));
        }
        if let Some(manifest) = &self.manifest {
            sections.push(("hostfn.manifest", manifest.clone().into_bytes()));
        }
        Ok(rewrite::module(crate::ENGINE, &plan.rows, &Exports::Entries(&exports), &table, &sections))
    }

    fn imports<'p>(&'p self, modules: &[Names], plan: &mut Plan<'p>, problems: &mut ProblemList) {
        let host = HostModules::new(&self.listing.functions);
        for ((source, text), module) in self.sources.iter().zip(modules) {
            for request in &module.requests {
                if host.modules.contains_key(request.as_str()) {
                    continue;
                }
                let resolved = relative::resolve(source, request);
                let is_own = |name: &String| self.sources.iter().any(|(known, _)| known == name);
                if !resolved.as_ref().is_some_and(is_own) {
                    problems.push_with(|| {
                        self.unknown_module(place(source, text, request), request, resolved.as_deref(), &host)
                    });
                }
            }
            for (request, name) in &module.imports {
                let Some(functions) = host.modules.get(request.as_str()) else { continue };
                if name == "*" {
                    self.whole(request, &host, plan);
                    continue;
                }
                match host.find(request, name) {
                    Found::One(_) => import(request, name, &host, plan),
                    Found::None => problems.push_with(|| {
                        let what = format!("`{request}` has no `{name}`");
                        let known = functions.iter().map(|(known, _)| known.as_str());
                        let help = match names::near(name, known) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => "import what `hostfn list` shows for it".to_owned(),
                        };
                        Problem::new(Code::JsName, place(source, text, name), what, help)
                    }),
                    Found::Two(a, b) => problems.push_with(|| {
                        let (a, b) = (a.full_name(), b.full_name());
                        let what = format!("`{a}` and `{b}` are both `{name}` in JavaScript");
                        let help = "rename one of the two in the host";
                        Problem::new(Code::JsNameClash, place(source, text, name), what, help)
                    }),
                }
            }
            for request in &module.stars {
                self.whole(request, &host, plan);
            }
        }
    }

    /// `import *`: what the plugin names.
    fn whole<'p>(&'p self, specifier: &str, host: &HostModules<'p>, plan: &mut Plan<'p>) {
        let functions = host.modules.get(specifier).into_iter().flatten().map(|(name, _)| name.as_str());
        let aliases = ALIASES.iter().filter(|alias| alias.specifier == specifier).map(|alias| alias.name);
        for name in functions.chain(aliases).filter(|name| names::occurs(&self.sources, name)) {
            import(specifier, name, host, plan);
        }
    }

    fn unknown_module(
        &self,
        place: String,
        request: &str,
        resolved: Option<&str>,
        host: &HostModules<'_>,
    ) -> Problem {
        let own = self.sources.iter().map(|(name, _)| name.as_str());
        let (what, near) = match resolved {
            Some(resolved) => (format!("the plugin has no module `{resolved}`"), names::near(resolved, own)),
            None => (
                format!("there is no module `{request}`"),
                names::near(request, host.modules.keys().map(String::as_str)),
            ),
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if resolved.is_some() => "add it to the plugin".to_owned(),
            None => "import from `host:NAME`, or from a module of the plugin by `./name.js`".to_owned(),
        };
        Problem::new(Code::JsSpecifier, place, what, help)
    }

    /// The symbols that the plugin exports, with an entry for each.
    fn exports<'p>(
        &'p self,
        modules: &[Names],
        plan: &mut Plan<'p>,
        problems: &mut ProblemList,
    ) -> Vec<String> {
        let (Some((source, text)), false) = (self.sources.first(), modules.is_empty()) else {
            return Vec::new();
        };
        let exported = self.exported(0, modules, &mut BTreeSet::new());
        let (mut symbols, mut taken) = (Vec::new(), BTreeSet::new());
        let mut add = |symbol: &str, symbols: &mut Vec<String>, problems: &mut ProblemList| {
            let is_free = !RESERVED.contains(&symbol) && taken.insert(symbol.to_owned());
            if is_free {
                symbols.push(symbol.to_owned());
            } else {
                problems.push_with(|| {
                    let what = format!("the export `{symbol}` has a meaning already");
                    Problem::new(Code::JsNameClash, place(source, text, symbol), what, "rename it")
                });
            }
            is_free
        };
        for id in &self.contracts {
            let Some(contract) = self.listing.contracts.iter().find(|contract| contract.id == *id) else {
                let known = self.listing.contracts.iter().map(|contract| contract.id.as_str());
                let help = names::near(id, known).map(|near| format!("did you mean `{near}`?"));
                let help = help.unwrap_or_else(|| "name a contract that `hostfn list` shows".to_owned());
                let what = format!("the host has no contract `{id}`");
                problems.push(Problem::new(Code::JsName, source, what, help));
                continue;
            };
            if !exported.contains("default") {
                let what = format!("there is no default export that could fulfil `{id}`");
                let help = "write `export default { ... }` with a function for each method";
                problems.push(Problem::new(Code::JsName, source, what, help));
                continue;
            }
            for method in &contract.methods {
                if add(&method.entry, &mut symbols, problems) {
                    plan.entry("default", Some(&camel(&method.name)), Some(method));
                }
            }
        }
        for name in exported.iter().filter(|name| *name != "default") {
            let method = method(&self.listing.contracts, name);
            let symbol = method.map_or(name.as_str(), |method| method.entry.as_str());
            if add(symbol, &mut symbols, problems) {
                plan.entry(name, None, method);
            }
        }
        symbols
    }

    /// The exported names of a module, with those of the modules that it exports as a whole.
    fn exported(&self, at: usize, modules: &[Names], seen: &mut BTreeSet<usize>) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = modules[at].exports.iter().cloned().collect();
        if seen.insert(at) {
            for star in &modules[at].stars {
                let resolved = relative::resolve(&self.sources[at].0, star);
                let inner = self.sources.iter().position(|(name, _)| Some(name) == resolved.as_ref());
                if let Some(inner) = inner {
                    names.extend(
                        self.exported(inner, modules, seen).into_iter().filter(|name| name != "default"),
                    );
                }
            }
        }
        names
    }
}

/// Imports what the name of a module stands for, if it stands for one function.
fn import<'p>(specifier: &str, name: &str, host: &HostModules<'p>, plan: &mut Plan<'p>) {
    if let Found::One(row) = host.find(specifier, name) {
        plan.export(specifier, name, row);
    }
    if let Some(row) = host.in_memory(specifier, name) {
        plan.in_memory(specifier, name, row);
    }
}

fn method<'p>(contracts: &'p [ContractRow], name: &str) -> Option<&'p hostfn_core::MethodRow> {
    let mut methods = contracts.iter().flat_map(|contract| &contract.methods);
    methods.find(|method| method.entry == name || camel(&method.entry) == name)
}

/// `plugin.js:3:5`: where `word` stands first in the source, a specifier in its quotes.
fn place(source: &str, text: &str, word: &str) -> String {
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.find(&format!("{quote}{word}{quote}")));
    let Some(at) = quoted.map(|at| at + 1).or_else(|| names::find(text, word)) else {
        return source.to_owned();
    };
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{source}:{line}:{column}")
}
