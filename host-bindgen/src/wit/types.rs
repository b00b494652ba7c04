//! Records, enums, variants and the types that other names stand for.

use hostfn_core::{Problem, Problems};

use super::names::{ERROR, Scope, ident, kebab};
use super::plan::Plan;
use crate::model::{Body, Def, Field, Type, Variant};
use crate::text::Text;

/// Tuples of one type that are longer are lists: the host checks the length.
const LONGEST_TUPLE: usize = 16;

/// The names of types and handles in one interface.
pub(super) struct Local {
    pub(super) types: Vec<String>,
    pub(super) handles: Vec<String>,
    pub(super) error: String,
}

/// The ownership of a handle that is passed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    Borrowed,
    Given,
}

impl Local {
    /// A type as WIT has it.
    pub(super) fn wit(&self, ty: &Type, passing: Passing) -> String {
        let inner = |ty: &Type| self.wit(ty, passing);
        match ty {
            // the wire carries what fits 64 bits
            Type::Int { signed, bits } => format!("{}{}", if *signed { 's' } else { 'u' }, bits.min(&64)),
            Type::Bool => "bool".to_owned(),
            Type::F32 => "f32".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::Str => "string".to_owned(),
            Type::Bytes => "list<u8>".to_owned(),
            // the wire has one level of none
            Type::Option(some) if matches!(**some, Type::Option(_)) => inner(some),
            Type::Option(some) => format!("option<{}>", inner(some)),
            Type::Seq(item) => format!("list<{}>", inner(item)),
            Type::Map(key, value) => format!("list<tuple<{}, {}>>", inner(key), inner(value)),
            Type::Tuple(items) => tuple(items.iter().map(inner)),
            Type::Array(item, len) if *len > LONGEST_TUPLE => format!("list<{}>", inner(item)),
            Type::Array(item, len) => tuple((0..*len).map(|_| inner(item))),
            Type::Named(id) | Type::Boxed(id) => self.types[*id].clone(),
            Type::Handle(id) if passing == Passing::Borrowed => format!("borrow<{}>", self.handles[*id]),
            Type::Handle(id) => self.handles[*id].clone(),
            // refused before
            Type::Unit | Type::Raw => "_".to_owned(),
        }
    }
}

fn tuple(items: impl Iterator<Item = String>) -> String {
    format!("tuple<{}>", items.collect::<Vec<_>>().join(", "))
}

/// Prints the record of errors.
pub(super) fn print_error(text: &mut Text) {
    text.line("/// A call that the host denied, or that failed.");
    text.block(format!("record {ERROR} {{"), "}", |text| {
        text.line("/// Stable code, such as `no_capability`.");
        text.line("code: string,");
        text.line("/// Status of the ABI, below zero. That of a function's own error is -1024 or less.");
        text.line("status: s32,");
        text.line("/// One sentence.");
        text.line("message: string,");
        text.line("/// Details as JSON.");
        text.line("detail: option<string>,");
    });
}

/// Prints the definitions of `ids`, and returns problems with their names. `scope` has the names of the interface.
pub(super) fn print(
    ids: &[usize],
    plan: &Plan<'_>,
    local: &Local,
    scope: &mut Scope,
    text: &mut Text,
) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for id in ids {
        let named = &plan.model.types[*id];
        let mut printer = Printer { plan, local, scope, problems: &mut problems, of: &named.name };
        text.blank();
        printer.print(&named.def, &plan.names.types[*id], text);
    }
    Problems::check(problems)
}

struct Printer<'p> {
    plan: &'p Plan<'p>,
    local: &'p Local,
    scope: &'p mut Scope,
    problems: &'p mut Vec<Problem>,
    /// The type's name in the model.
    of: &'p str,
}

impl Printer<'_> {
    fn print(&mut self, def: &Def, name: &str, text: &mut Text) {
        let docs = format!("/// The type `{}` of the host.", super::plain(self.of));
        match def {
            Def::Struct(Body::Fields(fields)) => {
                let fields = self.fields(fields);
                text.line(docs);
                record(name, &fields, text);
            }
            Def::Struct(body) => {
                text.line(docs);
                let ty = self.payload(body).unwrap_or_else(|| "_".to_owned());
                text.line(format!("type {} = {ty};", ident(name)));
            }
            Def::Enum(variants) => self.variants(variants, name, &docs, text),
        }
    }

    /// A payload without names of its own.
    fn payload(&self, body: &Body) -> Option<String> {
        match body {
            Body::Newtype(inner) if self.plan.shapes.has_no_values(inner) => None,
            Body::Newtype(inner) => Some(self.local.wit(inner, Passing::Given)),
            Body::Tuple(items) if !items.is_empty() => {
                Some(tuple(items.iter().map(|item| self.local.wit(item, Passing::Given))))
            }
            _ => None,
        }
    }

    fn fields(&mut self, fields: &[Field]) -> Vec<String> {
        let mut scope = Scope::default();
        let mut lines = Vec::new();
        for field in fields {
            let name = kebab(&field.name);
            let place = format!("type `{}`, field `{}`", self.of, field.name);
            scope.add(&name, &field.name, &place, self.problems);
            lines.push(format!("{}: {},", ident(&name), self.local.wit(&field.ty, Passing::Given)));
        }
        lines
    }

    /// Cases, and before them a record for each case with fields.
    fn variants(&mut self, variants: &[Variant], name: &str, docs: &str, text: &mut Text) {
        let mut scope = Scope::default();
        let (mut lines, mut is_enum) = (Vec::new(), true);
        for variant in variants {
            let case = kebab(&variant.name);
            let place = format!("type `{}`, variant `{}`", self.of, variant.name);
            scope.add(&case, &variant.name, &place, self.problems);
            let payload = match &variant.body {
                Body::Fields(fields) if !fields.is_empty() => {
                    let record_name = self.scope.free(&format!("{name}-{case}"));
                    let fields = self.fields(fields);
                    let about = format!("The fields of `{}` in `{}`.", variant.name, self.of);
                    text.doc_comment(&[super::plain(&about)], 100);
                    record(&record_name, &fields, text);
                    text.blank();
                    Some(ident(&record_name))
                }
                body => self.payload(body),
            };
            is_enum &= payload.is_none();
            let payload = payload.map_or_else(String::new, |payload| format!("({payload})"));
            lines.push(format!("{}{payload},", ident(&case)));
        }
        text.line(docs);
        let keyword = if is_enum { "enum" } else { "variant" };
        text.block(format!("{keyword} {} {{", ident(name)), "}", |text| {
            for line in &lines {
                text.line(line);
            }
        });
    }
}

fn record(name: &str, fields: &[String], text: &mut Text) {
    text.block(format!("record {} {{", ident(name)), "}", |text| {
        for line in fields {
            text.line(line);
        }
    });
}
