//! The host's modules: their functions, the classes of handles, and the types that these mention.

use std::collections::{BTreeMap, BTreeSet};

use hostfn_core::Listing;

use super::names::{TsNames, scope};
use super::types::{Printer, Way};
use crate::javascript::{ALIASES, Alias, camel, closes, export_name, specifier};
use crate::model::{Body, Function, Model, Param, Type};
use crate::names::Names;
use crate::text::{Text, comment, quoted};

/// A declaration that a module has, of its own or from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Handle(usize),
    Named(usize, Way),
    Error(usize),
}

pub(super) struct Exported<'m> {
    pub(super) name: String,
    pub(super) function: &'m Function,
    is_async: bool,
    closes: bool,
}

pub(super) struct Module<'m> {
    pub(super) specifier: String,
    pub(super) functions: Vec<Exported<'m>>,
    items: BTreeSet<Item>,
}

pub(super) struct Modules<'m> {
    /// Sorted by specifier.
    pub(super) all: Vec<Module<'m>>,
    /// The module that declares each item: the first that mentions it.
    owners: BTreeMap<Item, String>,
}

impl<'m> Modules<'m> {
    pub(super) fn new(model: &'m Model, listing: &Listing) -> Self {
        let mut by_specifier: BTreeMap<String, Vec<Exported<'m>>> = BTreeMap::new();
        // the model has the functions of the listing, in its order
        for (function, row) in model.functions.iter().zip(&listing.functions) {
            let is_async = row.convention.ends_with("async");
            let exported = Exported { name: export_name(row), function, is_async, closes: closes(row) };
            by_specifier.entry(specifier(row)).or_default().push(exported);
        }
        let all = by_specifier.into_iter().map(|(specifier, functions)| {
            let mut items = BTreeSet::new();
            for exported in &functions {
                of_function(exported.function, model, &mut items);
            }
            Module { specifier, functions, items }
        });
        let all: Vec<Module<'_>> = all.collect();
        let mut owners = BTreeMap::new();
        for module in &all {
            for item in &module.items {
                owners.entry(*item).or_insert_with(|| module.specifier.clone());
            }
        }
        Modules { all, owners }
    }

    /// Writes what the module `specifier` has of `items`, before its own functions.
    pub(super) fn items(
        &self,
        items: &BTreeSet<Item>,
        specifier: &str,
        printer: &Printer<'_>,
        text: &mut Text,
    ) {
        let mut foreign: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for item in items {
            if let Some(owner) = self.owners.get(item).filter(|owner| *owner != specifier) {
                foreign.entry(owner).or_default().push(name(*item, printer));
            }
        }
        for (owner, names) in foreign {
            let names = names.join(", ");
            text.line(format!("import type {{ {names} }} from {};", quoted(owner)));
            text.line(format!("export type {{ {names} }};"));
        }
        for item in items.iter().filter(|item| self.owners.get(item).is_none_or(|owner| owner == specifier)) {
            text.blank();
            match *item {
                Item::Handle(id) => self.class(id, printer, text),
                Item::Named(id, way) => printer.define(id, way, text),
                Item::Error(id) => codes(id, printer, text),
            }
        }
    }

    /// A class that a plugin can name as a type, and neither create nor look for.
    fn class(&self, id: usize, printer: &Printer<'_>, text: &mut Text) {
        let name = &printer.names.handles[id];
        comment(&[printer.model.handles[id].about()], text);
        text.block(format!("class {name} {{"), "}", |text| {
            text.line("#private;");
            text.line("private constructor();");
            let is_method = |exported: &&Exported<'_>| {
                exported.function.params.first().is_some_and(|param| param.ty == Type::Handle(id))
            };
            let methods: Vec<_> =
                self.all.iter().flat_map(|module| &module.functions).filter(is_method).collect();
            for exported in &methods {
                let name = if exported.closes { "close" } else { exported.name.as_str() };
                comment(&about(exported.function, printer), text);
                text.line(format!("{name}{};", signature(exported, 1, printer)));
            }
            if let Some(exported) = methods.iter().find(|exported| exported.closes) {
                comment(&["Closes it, as `close` does.".to_owned()], text);
                text.line(format!("[Symbol.dispose]{};", signature(exported, 1, printer)));
            }
        });
        text.line(format!("export type {{ {name} }};"));
    }
}

pub(super) fn print(modules: &Modules<'_>, model: &Model, names: &TsNames, text: &mut Text) {
    let printer = Printer { model, names };
    for module in &modules.all {
        text.blank();
        text.block(format!("declare module {} {{", quoted(&module.specifier)), "}", |text| {
            modules.items(&module.items, &module.specifier, &printer, text);
            let mut locals = locals(names);
            let mut renamed = Vec::new();
            for exported in &module.functions {
                text.blank();
                comment(&about(exported.function, &printer), text);
                declare(&exported.name, exported, &printer, (&mut locals, &mut renamed), text);
            }
            for alias in ALIASES.iter().filter(|alias| alias.specifier == module.specifier) {
                let called = |name: &str| module.functions.iter().find(|exported| exported.name == name);
                if let (Some(exported), None) = (called(alias.stands_for), called(alias.name)) {
                    text.blank();
                    comment(&[about_alias(alias)], text);
                    declare(alias.name, exported, &printer, (&mut locals, &mut renamed), text);
                }
            }
            // with such a line, a module exports nothing that has no `export` of its own
            text.blank();
            text.line(format!("export {{{}}};", renamed.join(",")));
        });
    }
}

fn about_alias(alias: &Alias) -> String {
    let memory = match alias.in_memory {
        Some(function) => format!(" With `\":memory:\"` it is `{function}`."),
        None => String::new(),
    };
    format!("Another name of `{}`.{memory}", alias.stands_for)
}

/// Declares a function; one that has the name of something else is exported by its name all the same.
fn declare(
    name: &str,
    exported: &Exported<'_>,
    printer: &Printer<'_>,
    (locals, renamed): (&mut Names, &mut Vec<String>),
    text: &mut Text,
) {
    let local = locals.take(name);
    let export = if local == name { "export " } else { "" };
    text.line(format!("{export}function {local}{};", signature(exported, 0, printer)));
    if local != name {
        renamed.push(format!(" {local} as {name} "));
    }
}

/// Names of types, which functions of a module cannot have.
fn locals(names: &TsNames) -> Names {
    let mut scope = scope();
    let types =
        names.types.iter().chain(names.inputs.iter().flatten()).chain(&names.handles).chain(&names.errors);
    types.for_each(|name| {
        scope.take(name);
    });
    scope
}

fn name(item: Item, printer: &Printer<'_>) -> String {
    match item {
        Item::Handle(id) => printer.names.handles[id].clone(),
        Item::Named(id, way) => printer.ty(&Type::Named(id), way),
        Item::Error(id) => printer.names.errors[id].clone(),
    }
}

fn codes(id: usize, printer: &Printer<'_>, text: &mut Text) {
    let errors = &printer.model.errors[id];
    comment(&[format!("Codes of the errors `{}`: values of `HostError.code`.", errors.name)], text);
    let kinds: Vec<String> = errors.kinds.iter().map(|kind| quoted(&kind.code)).collect();
    text.line(format!("export type {} = {};", printer.names.errors[id], kinds.join(" | ")));
}

fn signature(exported: &Exported<'_>, first: usize, printer: &Printer<'_>) -> String {
    let reply = printer.reply(&exported.function.reply, Way::Out);
    let reply = if exported.is_async { format!("Promise<{reply}>") } else { reply };
    format!("({}): {reply}", params(&exported.function.params[first..], Way::In, printer))
}

/// Parameters. Those at the end that are options can be left out.
pub(super) fn params(params: &[Param], way: Way, printer: &Printer<'_>) -> String {
    let mut idents = scope();
    let required =
        params.iter().rposition(|param| !matches!(param.ty, Type::Option(_))).map_or(0, |at| at + 1);
    let one = |(at, param): (usize, &Param)| {
        let name = idents.take(&camel(&param.name));
        match way {
            Way::In if at >= required => printer.member(&name, &param.ty, way),
            _ => format!("{name}: {}", printer.ty(&param.ty, way)),
        }
    };
    params.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn about(function: &Function, printer: &Printer<'_>) -> Vec<String> {
    let mut about = vec![function.summary.clone(), function.terms.join(" ")];
    if let Some(id) = function.error {
        let kinds = printer.model.errors[id].kinds.iter();
        about.extend(kinds.map(|kind| {
            format!("@throws {{HostError}} `{}`, status {}: {}", kind.code, kind.status, kind.docs)
        }));
    }
    about.push(format!("Fingerprint {}.", function.fingerprint));
    about
}

fn of_function(function: &Function, model: &Model, items: &mut BTreeSet<Item>) {
    function.params.iter().for_each(|param| of_type(&param.ty, Way::In, model, items));
    of_type(&function.reply, Way::Out, model, items);
    items.extend(function.error.map(Item::Error));
}

/// Everything that a type mentions, and the signatures of the methods of its handles.
pub(super) fn of_type(ty: &Type, way: Way, model: &Model, items: &mut BTreeSet<Item>) {
    for ty in ty.walk() {
        match ty {
            Type::Named(id) | Type::Boxed(id) => {
                let way = if super::types::accepts_more(ty, model) { way } else { Way::Out };
                if items.insert(Item::Named(*id, way)) {
                    let types = model.types[*id].bodies().flat_map(Body::types);
                    types.for_each(|ty| of_type(ty, way, model, items));
                }
            }
            Type::Handle(id) if items.insert(Item::Handle(*id)) => {
                let is_method = |function: &&Function| {
                    function.params.first().is_some_and(|param| param.ty == Type::Handle(*id))
                };
                model.functions.iter().filter(is_method).for_each(|method| of_function(method, model, items));
            }
            _ => {}
        }
    }
}
