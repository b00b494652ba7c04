//! From the listing to the model: one definition for each type, whichever functions it occurs in.

use std::collections::{BTreeMap, BTreeSet};

use hostfn_core::{
    Body as WireBody, Code, ErrorRow, Listing, MethodRow, ParamRow, Problem, Problems, Shape, TypeDef,
};

use super::{
    Body, Contract, Def, Errors, Field, Function, Handle, Kind, Method, Model, Named, Param, Type, Variant,
    boxes, handles,
};
use crate::names::{Names, pascal, type_name};
use crate::records::Records;

/// Resolves every name of `listing`.
pub(crate) fn model(listing: &Listing) -> Result<Model, Problems> {
    let mut resolver = Resolver::new(listing);
    let functions = listing.functions.iter().map(|row| {
        let at = At { place: row.full_name(), types: &row.types };
        let mut function = resolver.function(&at, &row.params, &row.reply, row.error.as_ref());
        function.module.clone_from(&row.module);
        function.name.clone_from(&row.name);
        function.group.clone_from(row.group.as_ref().unwrap_or(&row.module));
        function.since = row.since;
        function.fingerprint.clone_from(&row.fingerprint);
        function.summary.clone_from(&row.summary);
        function.terms = terms(row);
        function
    });
    let functions = functions.collect();
    let contracts = listing.contracts.iter().map(|row| Contract {
        id: row.id.clone(),
        summary: row.summary.clone(),
        methods: row.methods.iter().map(|method| resolver.method(&row.id, method)).collect(),
        records: Vec::new(),
    });
    let mut contracts: Vec<Contract> = contracts.collect();
    let types = resolver.types();
    let errors = resolver.errors();
    let handles = resolver.handles();
    Problems::check(resolver.problems)?;
    let Records { functions: records, methods } = crate::records::records(listing)?;
    for (contract, records) in contracts.iter_mut().zip(methods) {
        contract.records = records;
    }
    let fingerprint = crate::fingerprint(listing);
    let mut model = Model { fingerprint, functions, records, contracts, types, errors, handles };
    boxes::insert(&mut model.types);
    mark_keys(&mut model);
    Ok(model)
}

fn terms(row: &hostfn_core::FunctionRow) -> Vec<String> {
    let mut terms = vec![match (&row.capability, &row.scoped_param) {
        (None, _) => "Always available.".to_owned(),
        (Some(capability), None) => format!("Requires the capability `{capability}`."),
        (Some(capability), Some(param)) => format!("Requires the capability `{capability}` for `{param}`."),
    }];
    terms.extend(row.max_args.map(|bytes| format!("Takes at most {bytes} bytes of arguments.")));
    terms.extend(row.max_reply.map(|bytes| format!("Replies at most {bytes} bytes.")));
    terms
        .extend(row.quota.map(|calls| format!("Can be called {calls} times within one call from the host.")));
    terms
}

/// The place where a shape is, and the definitions that hold there.
struct At<'l> {
    place: String,
    types: &'l BTreeMap<String, TypeDef>,
}

/// A type's name and everything it leads to, which tells apart two types of one name.
type Key<'l> = (&'l str, String);

struct Resolver<'l> {
    /// Each type, numbered in this order.
    keys: BTreeMap<Key<'l>, Occurrence<'l>>,
    errors: BTreeMap<(String, Vec<Kind>), String>,
    /// The Rust types of the resources, in the order in which handles of them are used.
    handles: Vec<String>,
    names: Names,
    problems: Vec<Problem>,
}

struct Occurrence<'l> {
    id: usize,
    /// The function that it occurs in first.
    place: String,
    types: &'l BTreeMap<String, TypeDef>,
}

impl<'l> Resolver<'l> {
    fn new(listing: &'l Listing) -> Self {
        let rows = listing.functions.iter().map(|row| (row.full_name(), &row.types, &row.error));
        let methods = listing.contracts.iter().flat_map(|contract| {
            let methods = contract.methods.iter();
            methods.map(|method| (contract.full_name(method), &method.types, &method.error))
        });
        let (mut keys, mut errors) = (BTreeMap::new(), BTreeMap::new());
        for (place, types, error) in rows.chain(methods) {
            for name in types.keys() {
                let occurrence = || Occurrence { id: 0, place: place.clone(), types };
                keys.entry((name.as_str(), closure(name, types))).or_insert_with(occurrence);
            }
            if let Some(key) = error.as_ref().and_then(error_key) {
                errors.entry(key).or_insert(place);
            }
        }
        keys.values_mut().enumerate().for_each(|(id, occurrence)| occurrence.id = id);
        Resolver { keys, errors, handles: Vec::new(), names: Names::default(), problems: Vec::new() }
    }

    fn function(
        &mut self,
        at: &At<'_>,
        params: &[ParamRow],
        reply: &Shape,
        error: Option<&ErrorRow>,
    ) -> Function {
        let params = params.iter().map(|param| Param {
            name: param.name.clone(),
            ty: self.ty(&param.shape, at, &format!("parameter `{}`", param.name)),
        });
        Function {
            params: params.collect(),
            reply: self.ty(reply, at, "reply"),
            error: error
                .and_then(error_key)
                .and_then(|key| self.errors.keys().position(|known| *known == key)),
            full_name: at.place.clone(),
            module: String::new(),
            name: String::new(),
            group: String::new(),
            since: 1,
            fingerprint: String::new(),
            summary: String::new(),
            terms: Vec::new(),
        }
    }

    fn method(&mut self, contract: &str, row: &MethodRow) -> Method {
        let at = At { place: format!("{contract}.{}", row.name), types: &row.types };
        let mut function = self.function(&at, &row.params, &row.reply, row.error.as_ref());
        contract.clone_into(&mut function.module);
        function.name.clone_from(&row.name);
        function.fingerprint.clone_from(&row.fingerprint);
        function.summary.clone_from(&row.summary);
        Method { entry: row.entry.clone(), function }
    }

    fn ty(&mut self, shape: &Shape, at: &At<'_>, part: &str) -> Type {
        let int = |signed, bits| Type::Int { signed, bits };
        match shape {
            Shape::Unit => Type::Unit,
            Shape::Bool => Type::Bool,
            Shape::I8 => int(true, 8),
            Shape::I16 => int(true, 16),
            Shape::I32 => int(true, 32),
            Shape::I64 => int(true, 64),
            Shape::I128 => int(true, 128),
            Shape::U8 => int(false, 8),
            Shape::U16 => int(false, 16),
            Shape::U32 => int(false, 32),
            Shape::U64 => int(false, 64),
            Shape::U128 => int(false, 128),
            Shape::F32 => Type::F32,
            Shape::F64 => Type::F64,
            Shape::Char => Type::Char,
            Shape::Str => Type::Str,
            Shape::Bytes => Type::Bytes,
            Shape::Option(inner) => Type::Option(Box::new(self.ty(inner, at, part))),
            Shape::Seq(inner) => Type::Seq(Box::new(self.ty(inner, at, part))),
            Shape::Map(key, value) => {
                Type::Map(Box::new(self.ty(key, at, part)), Box::new(self.ty(value, at, part)))
            }
            Shape::Tuple(items) => self.tuple(items, at, part),
            Shape::Opaque { .. } => Type::Raw,
            Shape::Named(name) => self.named(name, at, part),
            Shape::Handle(resource) => self.handle(resource),
            other => {
                let what = format!("the shape `{other}` is not known to this version of hostfn");
                self.problem(
                    Code::BindingShape,
                    at,
                    part,
                    what,
                    "generate with the version that the host is built with",
                )
            }
        }
    }

    fn tuple(&mut self, items: &[Shape], at: &At<'_>, part: &str) -> Type {
        match items {
            [first, rest @ ..] if rest.iter().all(|item| item == first) => {
                Type::Array(Box::new(self.ty(first, at, part)), items.len())
            }
            _ => Type::Tuple(items.iter().map(|item| self.ty(item, at, part)).collect()),
        }
    }

    fn named(&mut self, name: &str, at: &At<'_>, part: &str) -> Type {
        if !at.types.contains_key(name) {
            let what = format!("the listing does not define the type `{name}`");
            return self.problem(Code::BindingType, at, part, what, "write the listing again with the host");
        }
        let closure = closure(name, at.types);
        let found = self.keys.iter().find(|((known, with), _)| *known == name && *with == closure);
        found.map_or(Type::Raw, |(_, occurrence)| Type::Named(occurrence.id))
    }

    fn handle(&mut self, resource: &str) -> Type {
        let known = self.handles.iter().position(|known| known == resource);
        Type::Handle(known.unwrap_or_else(|| {
            self.handles.push(resource.to_owned());
            self.handles.len() - 1
        }))
    }

    fn problem(&mut self, code: Code, at: &At<'_>, part: &str, what: String, remedy: &'static str) -> Type {
        self.problems.push(Problem::new(code, format!("{}, {part}", at.place), what, remedy));
        Type::Raw
    }

    fn types(&mut self) -> Vec<Named> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        self.keys.keys().for_each(|(name, _)| *count.entry(name).or_default() += 1);
        let found: Vec<_> = self
            .keys
            .iter()
            .map(|((name, _), occurrence)| (*name, occurrence.place.clone(), occurrence.types))
            .collect();
        let named = found.into_iter().map(|(name, place, types)| {
            let wanted = if count[name] > 1 { owned_name(&place, name) } else { type_name(name) };
            let at = At { place, types };
            Named { name: self.names.take(&wanted), def: self.def(&types[name], &at, name), is_key: false }
        });
        named.collect()
    }

    fn def(&mut self, def: &TypeDef, at: &At<'_>, name: &str) -> Def {
        let part = format!("type `{name}`");
        match def {
            TypeDef::Struct(body) => Def::Struct(self.body(body, at, &part)),
            TypeDef::Enum(variants) => Def::Enum(
                variants
                    .iter()
                    .map(|variant| Variant {
                        name: variant.name.clone(),
                        body: self.body(&variant.body, at, &part),
                    })
                    .collect(),
            ),
        }
    }

    fn body(&mut self, body: &WireBody, at: &At<'_>, part: &str) -> Body {
        match body {
            WireBody::Unit => Body::Unit,
            WireBody::Newtype(inner) => Body::Newtype(self.ty(inner, at, part)),
            WireBody::Tuple(items) => Body::Tuple(items.iter().map(|item| self.ty(item, at, part)).collect()),
            WireBody::Fields(fields) => Body::Fields(
                fields
                    .iter()
                    .map(|field| Field { name: field.name.clone(), ty: self.ty(&field.shape, at, part) })
                    .collect(),
            ),
        }
    }

    fn errors(&mut self) -> Vec<Errors> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        self.errors.keys().for_each(|(name, _)| *count.entry(name).or_default() += 1);
        let names = &mut self.names;
        let errors = self.errors.iter().map(|((name, kinds), place)| {
            let wanted = if count[name.as_str()] > 1 { owned_name(place, name) } else { type_name(name) };
            Errors { name: names.take(&wanted), kinds: kinds.clone() }
        });
        errors.collect()
    }

    /// Each by the name of its resource, with as much of its path as tells it from the others.
    fn handles(&mut self) -> Vec<Handle> {
        let wanted = handles::names(&self.handles);
        let handles = self.handles.iter().zip(wanted).map(|(resource, wanted)| {
            let wanted = if self.names.has(&wanted) { format!("{wanted}Handle") } else { wanted };
            let resource = Shape::Handle(resource.clone()).resource().unwrap_or_default();
            Handle { name: self.names.take(&wanted), resource }
        });
        handles.collect()
    }
}

/// The name of one of several types that are called the same: with that of the function that it occurs in first.
fn owned_name(place: &str, name: &str) -> String {
    pascal(&format!("{} {name}", place.strip_prefix("host.").unwrap_or(place)))
}

/// `None` for an error type that declares no kinds, which there is nothing to tell about.
fn error_key(error: &ErrorRow) -> Option<(String, Vec<Kind>)> {
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in &error.kinds {
        if !kinds.iter().any(|known| known.code == kind.code && known.status == kind.status) {
            kinds.push(Kind { code: kind.code.clone(), status: kind.status, docs: kind.docs.clone() });
        }
    }
    (!kinds.is_empty()).then(|| (error.name.clone(), kinds))
}

/// The definition of `name` and of all that it leads to.
fn closure(name: &str, types: &BTreeMap<String, TypeDef>) -> String {
    let (mut seen, mut next) = (BTreeSet::new(), vec![name]);
    while let Some(name) = next.pop() {
        if let Some((name, def)) = types.get_key_value(name)
            && seen.insert(name.as_str())
        {
            mentioned(def, &mut next);
        }
    }
    let text = |name: &&str| {
        let def = &types[*name];
        let text = def.to_string();
        // of a resource the text has the name alone
        if text.contains("handle<") { format!("{name} = {def:?}\n") } else { format!("{name} = {text}\n") }
    };
    seen.iter().map(text).collect()
}

fn mentioned<'d>(def: &'d TypeDef, names: &mut Vec<&'d str>) {
    let body = |body: &'d WireBody, names: &mut Vec<&'d str>| match body {
        WireBody::Unit => {}
        WireBody::Newtype(inner) => mentioned_by(inner, names),
        WireBody::Tuple(items) => items.iter().for_each(|item| mentioned_by(item, names)),
        WireBody::Fields(fields) => fields.iter().for_each(|field| mentioned_by(&field.shape, names)),
    };
    match def {
        TypeDef::Struct(inner) => body(inner, names),
        TypeDef::Enum(variants) => variants.iter().for_each(|variant| body(&variant.body, names)),
    }
}

fn mentioned_by<'s>(shape: &'s Shape, names: &mut Vec<&'s str>) {
    match shape {
        Shape::Named(name) => names.push(name),
        Shape::Option(inner) | Shape::Seq(inner) => mentioned_by(inner, names),
        Shape::Map(key, value) => {
            mentioned_by(key, names);
            mentioned_by(value, names);
        }
        Shape::Tuple(items) => items.iter().for_each(|item| mentioned_by(item, names)),
        _ => {}
    }
}

/// Marks the types that keys of maps are made of.
fn mark_keys(model: &mut Model) {
    let mut next: Vec<usize> = model
        .uses()
        .flat_map(|(_, ty)| ty.walk())
        .filter_map(|ty| match ty {
            Type::Map(key, _) => Some(ids(key)),
            _ => None,
        })
        .flatten()
        .collect();
    while let Some(id) = next.pop() {
        if !std::mem::replace(&mut model.types[id].is_key, true) {
            next.extend(model.types[id].bodies().flat_map(Body::types).flat_map(ids));
        }
    }
}

fn ids(ty: &Type) -> Vec<usize> {
    let id = |ty: &Type| match ty {
        Type::Named(id) | Type::Boxed(id) => Some(*id),
        _ => None,
    };
    ty.walk().into_iter().filter_map(id).collect()
}
