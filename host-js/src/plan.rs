//! The engine's table from a listing: exactly the functions that the plugin imports, with the types they lead to.

use std::collections::BTreeMap;

use hostfn_bindgen::javascript::{closes, export_name, method_of, specifier};
use hostfn_core::{Body as WireBody, FunctionRow, Shape, TypeDef};

use crate::table::{Body, Entry, Function, HostModule, Resource, Table, Type};

/// Of [`Table::types`].
const ANY: u32 = 0;
const UNIT: u32 = 1;

pub(crate) struct Plan<'l> {
    pub(crate) table: Table,
    /// The rows behind [`Table::functions`].
    pub(crate) rows: Vec<&'l FunctionRow>,
    functions: &'l [FunctionRow],
    /// The Rust types behind [`Table::resources`].
    resources: Vec<&'l str>,
}

/// Definitions by name, and the numbers of those that are in the table already.
struct Scope<'l> {
    types: &'l BTreeMap<String, TypeDef>,
    known: BTreeMap<&'l str, u32>,
}

impl<'l> Plan<'l> {
    pub(crate) fn new(functions: &'l [FunctionRow]) -> Self {
        let table = Table { types: vec![Type::Any, Type::Unit], ..Table::default() };
        Plan { table, rows: Vec::new(), functions, resources: Vec::new() }
    }

    /// The number of the function's import, which is added where it is not there.
    pub(crate) fn import(&mut self, row: &'l FunctionRow) -> u32 {
        if let Some(at) = self.rows.iter().position(|known| std::ptr::eq(*known, row)) {
            return number(at);
        }
        let at = number(self.rows.len());
        self.rows.push(row);
        let mut scope = Scope { types: &row.types, known: BTreeMap::new() };
        let params =
            row.params.iter().map(|param| (param.name.clone(), self.shape(&param.shape, &mut scope)));
        let params = params.collect();
        let reply = self.shape(&row.reply, &mut scope);
        let name = format!("{}.{}", specifier(row).trim_start_matches("host:"), export_name(row));
        let is_async = row.convention.ends_with("async");
        self.table.functions.push(Function { name, params, reply, is_async });
        at
    }

    /// Exports the function from its module by that name.
    pub(crate) fn export(&mut self, specifier: &str, name: &str, row: &'l FunctionRow) {
        let at = self.import(row);
        let known = self.table.modules.iter().position(|module| module.specifier == specifier);
        let known = known.unwrap_or_else(|| {
            self.table.modules.push(HostModule {
                specifier: specifier.to_owned(),
                exports: Vec::new(),
                in_memory: Vec::new(),
            });
            self.table.modules.len() - 1
        });
        let exports = &mut self.table.modules[known].exports;
        if !exports.iter().any(|(export, _)| export == name) {
            exports.push((name.to_owned(), at));
        }
    }

    /// Has an exported name call this function where it is asked for something in memory.
    pub(crate) fn in_memory(&mut self, specifier: &str, name: &str, row: &'l FunctionRow) {
        let at = self.import(row);
        let module = self.table.modules.iter_mut().find(|module| module.specifier == specifier);
        if let Some(module) = module
            && !module.in_memory.iter().any(|(known, _)| known == name)
        {
            module.in_memory.push((name.to_owned(), at));
        }
    }

    /// The methods of every resource that the functions so far reply, and of those that the methods reply.
    /// `is_named` tells whether a name occurs in the plugin.
    pub(crate) fn methods(&mut self, is_named: impl Fn(&str) -> bool) {
        let functions = self.functions;
        let mut at = 0;
        while let Some(&resource) = self.resources.get(at) {
            for row in functions {
                if method_of(row) != Some(resource) {
                    continue;
                }
                let name = export_name(row);
                let is_free = row.capability.is_none();
                if closes(row) && (is_free || is_named(&name)) {
                    let function = self.import(row);
                    let resource = &mut self.table.resources[at];
                    resource.close.get_or_insert(function);
                    resource.methods.push(("close".to_owned(), function));
                } else if is_named(&name) {
                    let function = self.import(row);
                    self.table.resources[at].methods.push((name, function));
                }
            }
            at += 1;
        }
    }

    /// A function that the host calls. A method of a contract has types.
    pub(crate) fn entry(
        &mut self,
        name: &str,
        member: Option<&str>,
        method: Option<&'l hostfn_core::MethodRow>,
    ) {
        let typed = method.map(|method| {
            let mut scope = Scope { types: &method.types, known: BTreeMap::new() };
            let params = method.params.iter().map(|param| self.shape(&param.shape, &mut scope)).collect();
            (params, self.shape(&method.reply, &mut scope))
        });
        let (params, reply) = typed.map_or((None, ANY), |(params, reply)| (Some(params), reply));
        let member = member.map(str::to_owned);
        self.table.entries.push(Entry { name: name.to_owned(), member, params, reply });
    }

    fn add(&mut self, ty: Type) -> u32 {
        // equal types share a number; the table stays small
        if let Some(at) = self.table.types.iter().position(|known| *known == ty) {
            return number(at);
        }
        self.table.types.push(ty);
        number(self.table.types.len() - 1)
    }

    fn shape(&mut self, shape: &'l Shape, scope: &mut Scope<'l>) -> u32 {
        let int = |signed, bits| Type::Int { signed, bits };
        let ty = match shape {
            Shape::Unit => return UNIT,
            Shape::Bool => Type::Bool,
            Shape::I8 => int(true, 8),
            Shape::I16 => int(true, 16),
            Shape::I32 => int(true, 32),
            Shape::I64 | Shape::I128 => int(true, 64),
            Shape::U8 => int(false, 8),
            Shape::U16 => int(false, 16),
            Shape::U32 => int(false, 32),
            Shape::U64 | Shape::U128 => int(false, 64),
            Shape::F32 => Type::F32,
            Shape::F64 => Type::F64,
            Shape::Char => Type::Char,
            Shape::Str => Type::Str,
            Shape::Bytes => Type::Bytes,
            Shape::Handle(resource) => Type::Handle(self.resource(resource, shape)),
            Shape::Option(inner) => Type::Option(self.shape(inner, scope)),
            Shape::Seq(item) => Type::Seq(self.shape(item, scope)),
            Shape::Map(key, value) => Type::Map(self.shape(key, scope), self.shape(value, scope)),
            Shape::Tuple(items) => Type::Tuple(self.shapes(items, scope)),
            Shape::Named(name) => return self.named(name, scope),
            _ => return ANY,
        };
        self.add(ty)
    }

    fn shapes(&mut self, shapes: &'l [Shape], scope: &mut Scope<'l>) -> Vec<u32> {
        shapes.iter().map(|shape| self.shape(shape, scope)).collect()
    }

    fn named(&mut self, name: &'l str, scope: &mut Scope<'l>) -> u32 {
        if let Some(known) = scope.known.get(name) {
            return *known;
        }
        let Some(definition) = scope.types.get(name) else { return ANY };
        // its number is known before what it leads to, which can be itself
        let at = number(self.table.types.len());
        self.table.types.push(Type::Any);
        scope.known.insert(name, at);
        let ty = match definition {
            TypeDef::Struct(body) => Type::Struct(self.body(body, scope)),
            TypeDef::Enum(variants) => {
                let variants =
                    variants.iter().map(|variant| (variant.name.clone(), self.body(&variant.body, scope)));
                Type::Enum(variants.collect())
            }
        };
        self.table.types[at as usize] = ty;
        at
    }

    fn body(&mut self, body: &'l WireBody, scope: &mut Scope<'l>) -> Body {
        match body {
            WireBody::Unit => Body::Unit,
            WireBody::Newtype(inner) => Body::Newtype(self.shape(inner, scope)),
            WireBody::Tuple(items) => Body::Tuple(self.shapes(items, scope)),
            WireBody::Fields(fields) => Body::Fields(
                fields.iter().map(|field| (field.name.clone(), self.shape(&field.shape, scope))).collect(),
            ),
        }
    }

    fn resource(&mut self, rust: &'l str, shape: &Shape) -> u32 {
        if let Some(at) = self.resources.iter().position(|known| *known == rust) {
            return number(at);
        }
        self.resources.push(rust);
        let class = shape.resource().unwrap_or_default();
        self.table.resources.push(Resource { class, methods: Vec::new(), close: None });
        number(self.resources.len() - 1)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a registry has far fewer functions and types")]
fn number(at: usize) -> u32 {
    at as u32
}
