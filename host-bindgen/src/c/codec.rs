//! Readers and writers of the types that the listing defines, and of what is put together from them.

use std::collections::BTreeSet;

use super::names::{CNames, by_value, is_plain_enum, members};
use super::{layout, section, types};
use crate::model::{Body, Def, Field, Model, Named, Type, Variant};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &CNames, text: &mut Text) {
    let mut all = types::in_order(model);
    let boxed: BTreeSet<Type> = model
        .uses()
        .flat_map(|(_, ty)| ty.walk())
        .filter(|ty| matches!(ty, Type::Boxed(_)))
        .cloned()
        .collect();
    all.extend(boxed);
    section("readers and writers", text);
    let codec = Codec { model, names };
    for id in 0..model.handles.len() {
        let ty = Type::Handle(id);
        text.block(format!("static inline void {} {{", codec.reader(&ty)), "}", |text| {
            text.line("hostfn_read_u64(r, &out->id);");
        });
        text.blank();
        text.block(format!("static inline void {} {{", codec.writer(&ty)), "}", |text| {
            text.line("hostfn_write_u64(w, value.id);");
        });
        text.blank();
    }
    for ty in &all {
        text.line(format!("HOSTFN_SHARED void {};", codec.reader(ty)));
        text.line(format!("HOSTFN_SHARED void {};", codec.writer(ty)));
    }
    for ty in &all {
        text.blank();
        text.block(format!("HOSTFN_SHARED void {} {{", codec.reader(ty)), "}", |text| {
            codec.read_body(ty, text);
        });
        text.blank();
        text.block(format!("HOSTFN_SHARED void {} {{", codec.writer(ty)), "}", |text| {
            codec.write_body(ty, text);
        });
    }
}

/// Reads a value into the place that is named.
pub(super) fn read(ty: &Type, reader: &str, place: &str, names: &CNames) -> String {
    let pointer = place.strip_prefix('*').map_or_else(|| format!("&{place}"), str::to_owned);
    format!("hostfn_read_{}({reader}, {pointer});", names.mangled(ty))
}

/// Writes the value at the place that is named; `place` is a pointer where the type is handed over by one.
pub(super) fn write(ty: &Type, writer: &str, place: &str, names: &CNames) -> String {
    format!("hostfn_write_{}({writer}, {place});", names.mangled(ty))
}

struct Codec<'m> {
    model: &'m Model,
    names: &'m CNames,
}

impl Codec<'_> {
    fn reader(&self, ty: &Type) -> String {
        let out = self.names.declare(ty, "*out");
        format!("hostfn_read_{}(hostfn_reader *r, {out})", self.names.mangled(ty))
    }

    fn writer(&self, ty: &Type) -> String {
        let value = self.names.param(ty, "value", self.model);
        format!("hostfn_write_{}(hostfn_writer *w, {value})", self.names.mangled(ty))
    }

    fn read(&self, ty: &Type, place: &str, text: &mut Text) {
        text.line(read(ty, "r", place, self.names));
    }

    /// Writes the value at `place`, which is no pointer.
    fn write(&self, ty: &Type, place: &str, text: &mut Text) {
        let pointed = if by_value(ty, self.model) { place.to_owned() } else { format!("&{place}") };
        text.line(write(ty, "w", &pointed, self.names));
    }

    fn read_body(&self, ty: &Type, text: &mut Text) {
        match ty {
            Type::Option(inner) => {
                text.line("out->some = !hostfn_read_nil(r);");
                text.block("if (out->some) {", "}", |text| self.read(inner, "out->value", text));
            }
            Type::Seq(inner) => {
                text.line("uint32_t len = hostfn_read_array(r);");
                text.line(format!(
                    "{} = ({})hostfn_alloc_items(len, sizeof *items);",
                    self.names.declare(inner, "*items"),
                    self.names.declare(inner, "*")
                ));
                text.block("for (uint32_t i = 0; i < len && !r->bad; i++) {", "}", |text| {
                    self.read(inner, "items[i]", text);
                });
                text.line("hostfn_leave(r);");
                text.line("out->items = items;");
                text.line("out->len = r->bad ? 0 : len;");
            }
            Type::Map(key, value) => {
                text.line("uint32_t len = hostfn_read_map(r);");
                let entry = format!("{}_entry", self.names.ctype(ty));
                text.line(format!("{entry} *entries = ({entry} *)hostfn_alloc_items(len, sizeof *entries);"));
                text.block("for (uint32_t i = 0; i < len && !r->bad; i++) {", "}", |text| {
                    self.read(key, "entries[i].key", text);
                    self.read(value, "entries[i].value", text);
                });
                text.line("hostfn_leave(r);");
                text.line("out->entries = entries;");
                text.line("out->len = r->bad ? 0 : len;");
            }
            Type::Array(inner, len) => {
                text.line(format!("hostfn_read_tuple(r, {len});"));
                text.block(format!("for (uint32_t i = 0; i < {len}; i++) {{"), "}", |text| {
                    self.read(inner, "out->items[i]", text);
                });
                text.line("hostfn_leave(r);");
            }
            Type::Tuple(items) => self.read_items(items, "out->", text),
            Type::Boxed(id) => {
                let name = &self.names.types[*id];
                text.line(format!("{name} *value = ({name} *)hostfn_alloc_items(1, sizeof *value);"));
                self.read(&Type::Named(*id), "*value", text);
                text.line("*out = value;");
            }
            Type::Named(id) => match &self.model.types[*id].def {
                Def::Struct(body) => self.read_payload(body, "out->", "out->value", text),
                Def::Enum(variants) => self.read_enum(*id, &self.model.types[*id], variants, text),
            },
            _ => {}
        }
    }

    fn write_body(&self, ty: &Type, text: &mut Text) {
        match ty {
            Type::Option(inner) => {
                text.block("if (value->some) {", "} else {", |text| self.write(inner, "value->value", text));
                text.block_body("}", |text| text.line("hostfn_write_nil(w);"));
            }
            Type::Seq(inner) => {
                text.line("hostfn_write_array(w, value->len);");
                text.block("for (uint32_t i = 0; i < value->len; i++) {", "}", |text| {
                    self.write(inner, "value->items[i]", text);
                });
            }
            Type::Map(key, inner) => {
                text.line("hostfn_write_map(w, value->len);");
                text.block("for (uint32_t i = 0; i < value->len; i++) {", "}", |text| {
                    self.write(key, "value->entries[i].key", text);
                    self.write(inner, "value->entries[i].value", text);
                });
            }
            Type::Array(inner, len) => {
                text.line(format!("hostfn_write_array(w, {len});"));
                text.block(format!("for (uint32_t i = 0; i < {len}; i++) {{"), "}", |text| {
                    self.write(inner, "value->items[i]", text);
                });
            }
            Type::Tuple(items) => self.write_items(items, "value->", text),
            Type::Boxed(id) => text.line(write(&Type::Named(*id), "w", "value", self.names)),
            Type::Named(id) => match &self.model.types[*id].def {
                Def::Struct(body) => self.write_payload(body, "value->", "value->value", text),
                Def::Enum(variants) => self.write_enum(*id, &self.model.types[*id], variants, text),
            },
            _ => {}
        }
    }

    fn read_items(&self, items: &[Type], prefix: &str, text: &mut Text) {
        text.line(format!("hostfn_read_tuple(r, {});", items.len()));
        for (i, item) in items.iter().enumerate() {
            self.read(item, &format!("{prefix}v{i}"), text);
        }
        if items.is_empty() {
            text.line(format!("{prefix}nothing = 0;"));
        }
        text.line("hostfn_leave(r);");
    }

    fn write_items(&self, items: &[Type], prefix: &str, text: &mut Text) {
        if items.is_empty() {
            text.line("(void)value;");
        }
        text.line(format!("hostfn_write_array(w, {});", items.len()));
        for (i, item) in items.iter().enumerate() {
            self.write(item, &format!("{prefix}v{i}"), text);
        }
    }

    /// A struct, or what a variant carries: `prefix` leads to its members, and `whole` is it itself.
    fn read_payload(&self, body: &Body, prefix: &str, whole: &str, text: &mut Text) {
        match body {
            Body::Unit => self.read(&Type::Unit, &format!("{prefix}nothing"), text),
            Body::Newtype(inner) => self.read(inner, whole, text),
            Body::Tuple(items) => self.read_items(items, prefix, text),
            Body::Fields(fields) => self.read_fields(fields, prefix, text),
        }
    }

    fn write_payload(&self, body: &Body, prefix: &str, whole: &str, text: &mut Text) {
        match body {
            Body::Unit => self.write(&Type::Unit, &format!("{prefix}nothing"), text),
            Body::Newtype(inner) => self.write(inner, whole, text),
            Body::Tuple(items) => self.write_items(items, prefix, text),
            Body::Fields(fields) => {
                if fields.is_empty() {
                    text.line("(void)value;");
                }
                text.line(format!("hostfn_write_map(w, {});", fields.len()));
                let idents = members(fields.iter().map(|field| field.name.as_str()));
                for (field, ident) in fields.iter().zip(idents) {
                    text.line(format!("hostfn_write_str(w, HOSTFN_STR({}));", layout::quoted(&field.name)));
                    self.write(&field.ty, &format!("{prefix}{ident}"), text);
                }
            }
        }
    }

    fn read_fields(&self, fields: &[Field], prefix: &str, text: &mut Text) {
        let idents = members(fields.iter().map(|field| field.name.as_str()));
        text.line("uint32_t entries;");
        if fields.is_empty() {
            text.line(format!("{prefix}nothing = 0;"));
            text.line("hostfn_read_struct(r, 0, &entries);");
            text.block("for (; entries > 0 && !r->bad; entries--) {", "}", |text| {
                text.line("hostfn_read_key(r);");
                text.line("hostfn_skip(r);");
            });
            return text.line("hostfn_leave(r);");
        }
        text.line(format!("bool seen[{}] = {{false}};", fields.len()));
        text.block(
            format!("if (hostfn_read_struct(r, {}, &entries)) {{", fields.len()),
            "} else {",
            |text| {
                for (i, (field, ident)) in fields.iter().zip(&idents).enumerate() {
                    text.line(format!("seen[{i}] = true;"));
                    self.read(&field.ty, &format!("{prefix}{ident}"), text);
                }
            },
        );
        text.block_body("}", |text| {
            text.block("for (; entries > 0 && !r->bad; entries--) {", "}", |text| {
                text.line("hostfn_str key = hostfn_read_key(r);");
                for (i, (field, ident)) in fields.iter().zip(&idents).enumerate() {
                    let branch = if i == 0 { "if" } else { "} else if" };
                    text.line(format!(
                        "{branch} (hostfn_equal(key, HOSTFN_STR({}))) {{",
                        layout::quoted(&field.name)
                    ));
                    text.indented(|text| {
                        text.line(format!("hostfn_first(r, &seen[{i}]);"));
                        self.read(&field.ty, &format!("{prefix}{ident}"), text);
                    });
                }
                text.block("} else {", "}", |text| text.line("hostfn_skip(r);"));
            });
        });
        for (i, (field, ident)) in fields.iter().zip(&idents).enumerate() {
            match field.ty {
                // an option that is left out is absent
                Type::Option(_) => {
                    text.block(format!("if (!seen[{i}]) {{"), "}", |text| {
                        text.line(format!("{prefix}{ident}.some = false;"));
                    });
                }
                _ => text.line(format!("hostfn_require(r, seen[{i}]);")),
            }
        }
        text.line("hostfn_leave(r);");
    }

    /// A string is a variant without payload, a map of one entry one with.
    fn read_enum(&self, id: usize, named: &Named, variants: &[Variant], text: &mut Text) {
        let kind = if is_plain_enum(named) { "*out" } else { "out->kind" };
        let constants = &self.names.constants[id];
        let known: Vec<_> = variants.iter().zip(constants).zip(enum_members(variants)).collect();
        let (units, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|((variant, _), _)| matches!(variant.body, Body::Unit));
        text.line("hostfn_head head = hostfn_read_head(r);");
        text.line(format!("{kind} = {};", constants[0]));
        text.block("if (head.kind == HOSTFN_IS_STR) {", "} else {", |text| {
            text.line("hostfn_str name = hostfn_read_text(r, head);");
            for (i, ((variant, constant), _)) in units.iter().enumerate() {
                let branch = if i == 0 { "if" } else { "} else if" };
                text.line(format!(
                    "{branch} (hostfn_equal(name, HOSTFN_STR({}))) {{",
                    layout::quoted(&variant.name)
                ));
                text.indented(|text| text.line(format!("{kind} = {constant};")));
            }
            if units.is_empty() {
                text.line("(void)name;");
                text.line("hostfn_require(r, false);");
            } else {
                text.block("} else {", "}", |text| text.line("hostfn_require(r, false);"));
            }
        });
        text.block_body("}", |text| {
            if others.is_empty() {
                return text.line("hostfn_require(r, false);");
            }
            text.line("hostfn_require(r, head.kind == HOSTFN_IS_MAP && head.n == 1);");
            text.line("hostfn_enter(r);");
            text.line("hostfn_str name = hostfn_read_key(r);");
            for (i, ((variant, constant), member)) in others.iter().enumerate() {
                let branch = if i == 0 { "if" } else { "} else if" };
                text.line(format!(
                    "{branch} (hostfn_equal(name, HOSTFN_STR({}))) {{",
                    layout::quoted(&variant.name)
                ));
                text.indented(|text| {
                    text.line(format!("{kind} = {constant};"));
                    self.read_payload(
                        &variant.body,
                        &format!("out->as.{member}."),
                        &format!("out->as.{member}"),
                        text,
                    );
                });
            }
            text.block("} else {", "}", |text| text.line("hostfn_require(r, false);"));
            text.line("hostfn_leave(r);");
        });
    }

    fn write_enum(&self, id: usize, named: &Named, variants: &[Variant], text: &mut Text) {
        let kind = if is_plain_enum(named) { "value" } else { "value->kind" };
        text.line(format!("switch ({kind}) {{"));
        let known = variants.iter().zip(&self.names.constants[id]).zip(enum_members(variants));
        for ((variant, constant), member) in known {
            text.line(format!("case {constant}:"));
            text.indented(|text| {
                let name = format!("hostfn_write_str(w, HOSTFN_STR({}));", layout::quoted(&variant.name));
                if !matches!(variant.body, Body::Unit) {
                    text.line("hostfn_write_map(w, 1);");
                }
                text.line(name);
                if !matches!(variant.body, Body::Unit) {
                    let (prefix, whole) = (format!("value->as.{member}."), format!("value->as.{member}"));
                    self.write_payload(&variant.body, &prefix, &whole, text);
                }
                text.line("break;");
            });
        }
        text.line("}");
    }
}

fn enum_members(variants: &[Variant]) -> Vec<String> {
    members(variants.iter().map(|variant| variant.name.as_str()))
}
