//! Listings that several languages have no bindings for.

use std::collections::BTreeMap;

use hostfn_core::{Code, Problem};

use crate::model::{Def, Function, Model};

/// Enums that have no values.
pub(crate) fn empty_enums(model: &Model) -> impl Iterator<Item = Problem> {
    let empty = model.types.iter().filter(|named| matches!(&named.def, Def::Enum(all) if all.is_empty()));
    empty.map(|named| {
        let what = "an enum without variants has no values";
        Problem::new(Code::BindingShape, format!("type `{}`", named.name), what, "give it a variant")
    })
}

/// Functions of which each has the name of another one in `language`: within their module where each module has a
/// place of its own, and in all otherwise.
pub(crate) fn same_names(
    model: &Model,
    language: &str,
    by_module: bool,
    name: impl Fn(&Function) -> String,
) -> Vec<Problem> {
    let mut known: BTreeMap<(&str, String), &Function> = BTreeMap::new();
    let mut problems = Vec::new();
    for function in &model.functions {
        let module = if by_module { function.module.as_str() } else { "" };
        let name = name(function);
        let Some(other) = known.get(&(module, name.clone())) else {
            known.insert((module, name), function);
            continue;
        };
        let what = format!("`{}` is called `{name}` in {language} too", other.full_name);
        problems.push(Problem::new(Code::BindingName, &function.full_name, what, "rename one of the two"));
    }
    problems
}
