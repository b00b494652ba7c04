//! The imports of a plugin, matched with the functions of a host.

use std::sync::Arc;

use extism::{EXTISM_ENV_MODULE, EXTISM_USER_MODULE};
use hostfn::audit::FunctionRow;
use hostfn::engine::{Composition, Import};
use hostfn::error::Code;
use hostfn::{Grants, Manifest, Problem};

use crate::json;
use crate::kind::{Kind, Types};
use crate::module::Imported;

/// The module whose functions are imported without a namespace, too.
const DEFAULT_MODULE: &str = "host";
/// Ends the namespace whose functions return errors.
const TRY: &str = ":try";

/// The treatment of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    /// It ends the guest's call.
    End,
    /// The guest receives it.
    Receive,
}

/// A function to register.
#[derive(Clone, Debug)]
pub(crate) struct Linked {
    pub(crate) namespace: String,
    pub(crate) import: Import,
    pub(crate) errors: Errors,
    pub(crate) has_result: bool,
    pub(crate) layout: Arc<Layout>,
}

/// The kinds of a function's parameters and reply.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) params: Vec<Kind>,
    pub(crate) reply: Kind,
    pub(crate) types: Types,
}

impl Layout {
    fn new(row: &FunctionRow) -> Self {
        let mut types = row.types.clone();
        json::add_payloads(&mut types);
        Layout {
            params: row.params.iter().map(|param| Kind::of(&param.shape)).collect(),
            reply: Kind::of(&row.reply),
            types,
        }
    }
}

/// The module and the treatment of errors that a namespace stands for.
fn namespace(namespace: &str) -> (&str, Errors) {
    match namespace.strip_suffix(TRY) {
        Some(module) => (module, Errors::Receive),
        None if namespace == EXTISM_USER_MODULE => (DEFAULT_MODULE, Errors::End),
        None => (namespace, Errors::End),
    }
}

/// Matches what a plugin imports. Returns all problems: functions that the host lacks, other types, async functions.
pub(crate) fn link(
    composition: &Composition,
    plugin: &str,
    imported: &[Imported],
) -> (Vec<Linked>, Vec<Problem>) {
    let listing = composition.registry().listing();
    let (mut linked, mut problems) = (Vec::<Linked>::new(), Vec::new());
    for found in imported.iter().filter(|found| found.namespace != EXTISM_ENV_MODULE) {
        let (module, errors) = namespace(&found.namespace);
        let place = format!("plugin `{plugin}`");
        let shown = format!("`{}.{}`", found.namespace, found.name);
        let mut problem =
            |code, what: String, help: &str| problems.push(Problem::new(code, &place, what, help));
        let Some(import) = composition.import(module, &found.name) else {
            if found.namespace.starts_with("wasi") {
                let help = "build it for wasm32-unknown-unknown, without WASI";
                problem(Code::UnknownImport, format!("it imports {shown}, and this host has no WASI"), help);
            } else {
                let help = "remove the import, or register the function";
                problem(
                    Code::UnknownImport,
                    format!("it imports {shown}, which the host does not offer"),
                    help,
                );
            }
            continue;
        };
        if import.spec().is_async() {
            let help = "call it from a guest of the engine of hostfn";
            problem(
                Code::AsyncFunction,
                format!("{shown} is async, and Extism has no async functions"),
                help,
            );
            continue;
        }
        let row = listing.functions.iter().find(|row| row.module == module && row.name == found.name);
        let Some(row) = row else { continue };
        let layout = Layout::new(row);
        let is_silent = layout.reply == Kind::Unit && errors == Errors::End;
        let fits = found.handles.is_some_and(|(params, results)| {
            params == layout.params.len() && (results == 1 || results == 0 && is_silent)
        });
        if !fits {
            let result = if is_silent { "no result" } else { "a result" };
            let what = format!("{shown} is a function of {} handles with {result}", layout.params.len());
            problem(Code::ImportType, what, "declare it with the parameters of the host function");
            continue;
        }
        let has_result = found.handles.is_some_and(|(_, results)| results == 1);
        let is_known =
            |known: &Linked| known.namespace == found.namespace && known.import.spec().name() == found.name;
        if !linked.iter().any(is_known) {
            let namespace = found.namespace.clone();
            linked.push(Linked { namespace, import, errors, has_result, layout: Arc::new(layout) });
        }
    }
    (linked, problems)
}

/// Every function that the grants allow, in each namespace that it has.
pub(crate) fn granted(
    composition: &Composition,
    manifest: Option<&Manifest>,
    grants: &Grants,
) -> Vec<Linked> {
    let listing = composition.registry().listing();
    let effective = manifest.map_or_else(|| grants.clone(), |manifest| manifest.effective(grants));
    let mut linked = Vec::new();
    for row in &listing.functions {
        let Some(import) = composition.import(&row.module, &row.name) else { continue };
        let is_granted = import.spec().capability().is_none_or(|capability| effective.allows(capability));
        if import.spec().is_async() || !is_granted {
            continue;
        }
        let layout = Arc::new(Layout::new(row));
        let is_unit = layout.reply == Kind::Unit;
        let mut add = |namespace: String, errors: Errors, has_result: bool| {
            linked.push(Linked { namespace, import, errors, has_result, layout: Arc::clone(&layout) });
        };
        add(row.module.clone(), Errors::End, !is_unit);
        add(format!("{}{TRY}", row.module), Errors::Receive, true);
        if row.module == DEFAULT_MODULE {
            add(EXTISM_USER_MODULE.to_owned(), Errors::End, !is_unit);
        }
    }
    linked
}
