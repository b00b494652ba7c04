//! Types that WIT has no type for.

use crate::model::{Body, Def, Function, Model, Type};

/// The reason why a type cannot be written, and the remedy.
pub(super) type Reason = (String, &'static str);

const OWN_TYPE: &str = "give it a type of its own";

/// Facts on the named types of a model.
pub(super) struct Shapes<'m> {
    model: &'m Model,
    /// The types that each type mentions.
    edges: Vec<Vec<usize>>,
    /// Types whose values are all the same.
    pub(super) is_empty: Vec<bool>,
    /// The first part of each type that cannot be written. Types that it leads to do not count.
    own: Vec<Option<Reason>>,
}

impl<'m> Shapes<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let edges: Vec<Vec<usize>> = model
            .types
            .iter()
            .map(|named| named.bodies().flat_map(Body::types).flat_map(ids).collect())
            .collect();
        let is_empty = (0..model.types.len()).map(|id| is_empty_named(model, id)).collect();
        let mut shapes = Shapes { model, edges, is_empty, own: Vec::new() };
        shapes.own = (0..model.types.len()).map(|id| shapes.own_reason(id)).collect();
        shapes
    }

    /// Returns whether all values of the type are the same, so that there is nothing to write.
    pub(super) fn has_no_values(&self, ty: &Type) -> bool {
        match ty {
            Type::Unit | Type::Array(_, 0) => true,
            Type::Tuple(items) => items.is_empty(),
            Type::Named(id) | Type::Boxed(id) => self.is_empty[*id],
            _ => false,
        }
    }

    /// The types that `ty` leads to, itself among them.
    pub(super) fn reached(&self, ty: &Type) -> Vec<usize> {
        self.closure(ids(ty).collect())
    }

    fn closure(&self, mut next: Vec<usize>) -> Vec<usize> {
        let (mut seen, mut found) = (vec![false; self.edges.len()], Vec::new());
        while let Some(id) = next.pop() {
            if !std::mem::replace(&mut seen[id], true) {
                found.push(id);
                next.extend(self.edges[id].iter().rev());
            }
        }
        found
    }

    /// The handles that `ty` leads to, in order.
    pub(super) fn handles(&self, ty: &Type) -> Vec<usize> {
        let mut found: Vec<usize> = handles(ty).collect();
        for id in self.reached(ty) {
            found.extend(self.model.types[id].bodies().flat_map(Body::types).flat_map(handles));
        }
        found
    }

    /// The places of a function that cannot be written, each with the reason.
    pub(super) fn refusals(&self, function: &Function) -> Vec<(String, Reason)> {
        let params = function.params.iter().map(|param| {
            let place = format!("{}, parameter `{}`", function.full_name, param.name);
            (place, self.param_reason(&param.ty))
        });
        let reply = (!self.has_no_values(&function.reply)).then(|| self.reason(&function.reply)).flatten();
        let all = params.chain([(format!("{}, reply", function.full_name), reply)]);
        all.filter_map(|(place, reason)| Some((place, reason?))).collect()
    }

    fn param_reason(&self, ty: &Type) -> Option<Reason> {
        self.reason(ty).or_else(|| {
            let mut reached = self.reached(ty).into_iter();
            let holder = reached.find(|id| {
                self.model.types[*id].bodies().flat_map(Body::types).any(|ty| handles(ty).next().is_some())
            })?;
            let name = &self.model.types[holder].name;
            let what =
                format!("the handle in `{name}` would be given away, as WIT has no records that borrow");
            Some((what, "make the handle a parameter of its own"))
        })
    }

    fn reason(&self, ty: &Type) -> Option<Reason> {
        self.shape_reason(ty).or_else(|| self.reached(ty).into_iter().find_map(|id| self.own[id].clone()))
    }

    /// Looks into no named type.
    fn shape_reason(&self, ty: &Type) -> Option<Reason> {
        if self.has_no_values(ty) {
            return Some(("WIT has no type without values to tell apart".to_owned(), "leave it out"));
        }
        if matches!(ty, Type::Raw) {
            return Some(("WIT has no type for a value of any shape".to_owned(), OWN_TYPE));
        }
        ty.parts().into_iter().find_map(|part| self.shape_reason(part))
    }

    fn own_reason(&self, id: usize) -> Option<Reason> {
        let named = &self.model.types[id];
        if self.closure(self.edges[id].clone()).contains(&id) {
            let what = format!("the type `{}` contains itself, and WIT has no recursive types", named.name);
            return Some((what, "refer to the inner values by index"));
        }
        // the payload of a variant can be left out, and an empty struct is judged where it is used
        let is_payload = matches!(named.def, Def::Enum(_)) || self.is_empty[id];
        let reason = named.bodies().find_map(|body| {
            let mut types = body.types();
            let is_omitted =
                |ty: &Type| is_payload && matches!(body, Body::Newtype(_)) && self.has_no_values(ty);
            types.find_map(|ty| if is_omitted(ty) { None } else { self.shape_reason(ty) })
        });
        reason.map(|(what, remedy)| (format!("in `{}`, {what}", named.name), remedy))
    }
}

/// The named types that are mentioned.
pub(super) fn ids(ty: &Type) -> impl Iterator<Item = usize> {
    ty.walk().into_iter().filter_map(|ty| match ty {
        Type::Named(id) | Type::Boxed(id) => Some(*id),
        _ => None,
    })
}

/// The handles that are mentioned.
pub(super) fn handles(ty: &Type) -> impl Iterator<Item = usize> {
    ty.walk().into_iter().filter_map(|ty| match ty {
        Type::Handle(id) => Some(*id),
        _ => None,
    })
}

fn is_empty_named(model: &Model, mut id: usize) -> bool {
    // as many steps as there are types: a chain that is longer is a circle
    for _ in 0..=model.types.len() {
        let Def::Struct(body) = &model.types[id].def else { return false };
        match body {
            Body::Newtype(Type::Named(inner)) => id = *inner,
            Body::Newtype(Type::Unit | Type::Array(_, 0)) | Body::Unit => return true,
            Body::Newtype(Type::Tuple(items)) | Body::Tuple(items) => return items.is_empty(),
            Body::Fields(fields) => return fields.is_empty(),
            Body::Newtype(_) => return false,
        }
    }
    false
}
