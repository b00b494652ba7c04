//! Interfaces: which of them has which functions, resources and types, and which uses which.

use std::collections::{BTreeMap, BTreeSet};

use hostfn_core::{Code, Problem, Problems};

use super::names::{self, Scope, TypeNames, kebab};
use super::shapes::{Reason, Shapes, handles};
use crate::model::{Function, Model, Type};

/// The content of a file, and the problems of what it leaves out.
pub(super) struct Plan<'m> {
    pub(super) model: &'m Model,
    pub(super) shapes: Shapes<'m>,
    pub(super) names: TypeNames,
    /// Those of groups, then those of contracts.
    pub(super) interfaces: Vec<Interface<'m>>,
    /// The interface of types without handles.
    pub(super) types: Interface<'m>,
    pub(super) world: String,
    pub(super) left_out: Vec<Problem>,
}

/// An interface. Its functions are those of a group, or the methods of a contract.
#[derive(Default)]
pub(super) struct Interface<'m> {
    pub(super) name: String,
    /// The group's name, or the contract's id.
    pub(super) of: String,
    pub(super) summary: String,
    pub(super) is_contract: bool,
    pub(super) functions: Vec<&'m Function>,
    /// The resources that are defined here.
    pub(super) resources: Vec<usize>,
    /// The types that are defined here.
    pub(super) types: Vec<usize>,
}

/// The form in which a function is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Free,
    /// Of the resource of its first parameter.
    Method(usize),
    /// Of the resource of its only parameter, which it takes away.
    Close(usize),
}

impl Interface<'_> {
    pub(super) fn form(&self, function: &Function) -> Form {
        match function.params.first().map(|param| &param.ty) {
            Some(Type::Handle(id)) if self.resources.contains(id) && !self.is_contract => {
                let is_close = names::function(function).starts_with("close") && function.params.len() == 1;
                if is_close { Form::Close(*id) } else { Form::Method(*id) }
            }
            _ => Form::Free,
        }
    }
}

/// The interface that defines each handle and each type that has handles.
struct Homes {
    handles: Vec<Option<usize>>,
    types: Vec<Option<usize>>,
}

/// Arranges the model.
///
/// # Errors
/// Names that are the same, or that WIT has no name for.
pub(super) fn plan(model: &Model) -> Result<Plan<'_>, Problems> {
    let shapes = Shapes::new(model);
    let mut left_out = Vec::new();
    let mut interfaces = groups(model, &shapes, &mut left_out);
    let homes = homes(model, &shapes, &interfaces);
    remove_cycles(&mut interfaces, &shapes, &homes, &mut left_out);
    let groups = interfaces.len();
    interfaces.extend(contracts(model, &shapes, &homes, &mut left_out));
    let (is_used, is_held) = used(model, &shapes, &interfaces);
    let mut types = Interface::default();
    for id in (0..model.types.len()).filter(|id| is_used[*id]) {
        match homes.types[id] {
            Some(home) => interfaces[home].types.push(id),
            None => types.types.push(id),
        }
    }
    for id in (0..model.handles.len()).filter(|id| is_held[*id]) {
        if let Some(home) = homes.handles[id] {
            interfaces[home].resources.push(id);
        }
    }
    let mut at = 0..;
    interfaces.retain(|interface| {
        at.next() >= Some(groups) || !(interface.functions.is_empty() && interface.resources.is_empty())
    });
    let mut problems = Vec::new();
    let names = TypeNames::new(model, &is_used, &is_held, &mut problems);
    let mut top = Scope::default();
    for interface in &interfaces {
        top.add(&interface.name, &interface.of, &interface.of, &mut problems);
        check_names(interface, &names, &mut problems);
    }
    let mut free = |wanted: &str, other: &str| {
        let wanted = if top.has(wanted) { other } else { wanted };
        top.free(wanted)
    };
    types.name = free("types", "host-types");
    let world = free("plugin", "plugin-world");
    Problems::check(problems)?;
    Ok(Plan { model, shapes, names, interfaces, types, world, left_out })
}

fn left_out_as(place: String, (what, remedy): Reason) -> Problem {
    Problem::new(Code::BindingShape, place, what, remedy)
}

/// The functions of each group, without those that WIT has no types for.
fn groups<'m>(model: &'m Model, shapes: &Shapes<'_>, left_out: &mut Vec<Problem>) -> Vec<Interface<'m>> {
    let mut groups: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in &model.functions {
        let refusals = shapes.refusals(function);
        if refusals.is_empty() {
            groups.entry(&function.group).or_default().push(function);
        }
        left_out.extend(refusals.into_iter().map(|(place, reason)| left_out_as(place, reason)));
    }
    let interface = |(of, functions): (&str, Vec<&'m Function>)| Interface {
        name: kebab(of),
        of: of.to_owned(),
        functions,
        ..Interface::default()
    };
    groups.into_iter().map(interface).collect()
}

/// The contracts all of whose methods can be written.
fn contracts<'m>(
    model: &'m Model,
    shapes: &Shapes<'_>,
    homes: &Homes,
    left_out: &mut Vec<Problem>,
) -> Vec<Interface<'m>> {
    let mut interfaces = Vec::new();
    for contract in &model.contracts {
        let mut is_whole = true;
        for method in &contract.methods {
            let function = &method.function;
            let lost =
                mentioned(function).flat_map(|ty| shapes.handles(ty)).find(|id| homes.handles[*id].is_none());
            let lost = lost.map(|id| {
                let what = format!("no function of the host has a `{}`", model.handles[id].name);
                (function.full_name.clone(), (what, "generate a function that returns one, too"))
            });
            for (place, reason) in shapes.refusals(function).into_iter().chain(lost) {
                is_whole = false;
                left_out.push(left_out_as(place, reason));
            }
        }
        if is_whole {
            interfaces.push(Interface {
                name: kebab(&contract.id),
                of: contract.id.clone(),
                summary: contract.summary.clone(),
                is_contract: true,
                functions: contract.methods.iter().map(|method| &method.function).collect(),
                ..Interface::default()
            });
        } else {
            let what = "a guest exports a contract as a whole, and WIT lacks some of its methods".to_owned();
            left_out.push(left_out_as(contract.id.clone(), (what, "change those methods")));
        }
    }
    interfaces
}

/// The types of parameters and reply.
fn mentioned(function: &Function) -> impl Iterator<Item = &Type> {
    function.params.iter().map(|param| &param.ty).chain([&function.reply])
}

/// A resource is defined where a function returns it, or else where one takes it.
fn homes(model: &Model, shapes: &Shapes<'_>, interfaces: &[Interface<'_>]) -> Homes {
    let mut handles = vec![None; model.handles.len()];
    for is_reply in [true, false] {
        for (at, interface) in interfaces.iter().enumerate() {
            let types = interface.functions.iter().flat_map(|function| {
                mentioned(function).skip(if is_reply { function.params.len() } else { 0 })
            });
            types.flat_map(|ty| shapes.handles(ty)).for_each(|id| {
                handles[id].get_or_insert(at);
            });
        }
    }
    let home = |id: usize| shapes.handles(&Type::Named(id)).first().and_then(|handle| handles[*handle]);
    let types = (0..model.types.len()).map(home).collect();
    Homes { handles, types }
}

/// Leaves out each function that would make two interfaces use each other.
fn remove_cycles(
    interfaces: &mut [Interface<'_>],
    shapes: &Shapes<'_>,
    homes: &Homes,
    left_out: &mut Vec<Problem>,
) {
    let names: Vec<String> = interfaces.iter().map(|interface| interface.of.clone()).collect();
    let mut uses: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, interface) in interfaces.iter_mut().enumerate() {
        interface.functions.retain(|function| {
            let mut more = uses.clone();
            for ty in mentioned(function) {
                let direct = handles(ty).filter_map(|id| homes.handles[id]).map(|home| (at, home));
                more.extend(direct);
                for id in shapes.reached(ty) {
                    let Some(home) = homes.types[id] else { continue };
                    more.insert((at, home));
                    let inner = shapes.handles(&Type::Named(id)).into_iter();
                    more.extend(inner.filter_map(|id| homes.handles[id]).map(|inner| (home, inner)));
                }
            }
            more.retain(|(from, to)| from != to);
            let Some((from, to)) = circle(&more) else {
                uses = more;
                return true;
            };
            let what = format!("the interfaces `{}` and `{}` would use each other", names[from], names[to]);
            let reason = (what, "take and return handles of one group only");
            left_out.push(left_out_as(function.full_name.clone(), reason));
            false
        });
    }
}

/// A use that is part of a circle.
fn circle(uses: &BTreeSet<(usize, usize)>) -> Option<(usize, usize)> {
    uses.iter().copied().find(|(from, to)| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*to]);
        while let Some(at) = next.pop() {
            if seen.insert(at) {
                next.extend(uses.range((at, 0)..(at + 1, 0)).map(|(_, to)| *to));
            }
        }
        seen.contains(from)
    })
}

/// The types and the handles that functions lead to.
fn used(model: &Model, shapes: &Shapes<'_>, interfaces: &[Interface<'_>]) -> (Vec<bool>, Vec<bool>) {
    let (mut types, mut held) = (vec![false; model.types.len()], vec![false; model.handles.len()]);
    for function in interfaces.iter().flat_map(|interface| &interface.functions) {
        for ty in mentioned(function) {
            shapes.reached(ty).into_iter().filter(|id| !shapes.is_empty[*id]).for_each(|id| types[id] = true);
            shapes.handles(ty).into_iter().for_each(|id| held[id] = true);
        }
    }
    (types, held)
}

/// Checks the names of functions, methods, parameters, fields and variants.
fn check_names(interface: &Interface<'_>, types: &TypeNames, problems: &mut Vec<Problem>) {
    let mut free = Scope::default();
    for id in &interface.resources {
        free.add(
            &types.handles[*id],
            &types.handles[*id],
            &format!("resource `{}`", types.handles[*id]),
            problems,
        );
    }
    for id in &interface.types {
        free.add(&types.types[*id], &types.types[*id], &format!("type `{}`", types.types[*id]), problems);
    }
    let mut methods: BTreeMap<usize, Scope> = BTreeMap::new();
    for function in &interface.functions {
        let scope = match interface.form(function) {
            Form::Free => &mut free,
            Form::Method(id) | Form::Close(id) => methods.entry(id).or_default(),
        };
        scope.add(&names::function(function), &function.name, &function.full_name, problems);
        let mut params = Scope::default();
        let of_self = usize::from(matches!(interface.form(function), Form::Method(_)));
        for param in function.params.iter().skip(of_self) {
            let place = format!("{}, parameter `{}`", function.full_name, param.name);
            params.add(&kebab(&param.name), &param.name, &place, problems);
        }
    }
}
