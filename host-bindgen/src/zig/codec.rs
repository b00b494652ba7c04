//! Wire forms of the listing's types and errors.

use super::names::{ZigNames, is_plain_enum};
use super::types::{field_names, tuple, variant_names};
use super::{errors, layout, section};
use crate::model::{Body, Def, Field, Model, Type, Variant};
use crate::names::{Names, pascal};
use crate::text::Text;

/// Returns what reads and writes a type.
pub(super) fn codec(ty: &Type, names: &ZigNames) -> String {
    match ty {
        Type::Unit => "hostfn.Unit".to_owned(),
        Type::Bool => "hostfn.Bool".to_owned(),
        Type::Int { signed, bits } => format!("hostfn.{}{}", if *signed { 'I' } else { 'U' }, bits.min(&64)),
        Type::F32 => "hostfn.F32".to_owned(),
        Type::F64 => "hostfn.F64".to_owned(),
        Type::Char => "hostfn.Char".to_owned(),
        Type::Str => "hostfn.Str".to_owned(),
        Type::Bytes => "hostfn.Bytes".to_owned(),
        Type::Raw => "hostfn.Any".to_owned(),
        Type::Option(inner) => format!("hostfn.Option({})", codec(inner, names)),
        Type::Seq(inner) => format!("hostfn.List({})", codec(inner, names)),
        Type::Map(key, value) => format!("hostfn.Map({}, {})", codec(key, names), codec(value, names)),
        Type::Tuple(items) => of_tuple(items, &tuple(items, names), names),
        Type::Array(inner, len) => format!("hostfn.Array({}, {len})", codec(inner, names)),
        Type::Named(id) => format!("wire.{}", names.types[*id]),
        Type::Boxed(id) => format!("hostfn.Boxed(wire.{})", names.types[*id]),
        Type::Handle(id) => format!("hostfn.Handle({})", names.handles[*id]),
    }
}

fn of_tuple(items: &[Type], zig_type: &str, names: &ZigNames) -> String {
    if items.is_empty() {
        return "hostfn.Array(hostfn.Unit, 0)".to_owned();
    }
    let items: Vec<String> = items.iter().map(|item| codec(item, names)).collect();
    format!("hostfn.Tuple({zig_type}, .{{ {} }})", items.join(", "))
}

pub(super) fn print(model: &Model, names: &ZigNames, text: &mut Text) {
    if model.types.is_empty() && model.errors.is_empty() {
        return;
    }
    section("types on the wire", text);
    text.line("/// What reads and writes each type, by its name.");
    text.block("pub const wire = struct {", "};", |text| {
        let codec = Codec { names };
        let mut taken = Names::default();
        let errors = names.errors.iter().map(|(name, _)| name);
        for name in names.types.iter().chain(errors).chain(&names.handles) {
            taken.take(name);
        }
        for (i, (named, name)) in model.types.iter().zip(&names.types).enumerate() {
            if i > 0 {
                text.blank();
            }
            codec.print(&named.def, name, &mut taken, text);
        }
        for (i, (errors, names)) in model.errors.iter().zip(&names.errors).enumerate() {
            if i > 0 || !model.types.is_empty() {
                text.blank();
            }
            errors::print_codec(errors, names, text);
        }
    });
}

struct Codec<'m> {
    names: &'m ZigNames,
}

impl Codec<'_> {
    fn print(&self, def: &Def, name: &str, taken: &mut Names, text: &mut Text) {
        let zig_type = format!("this.{name}");
        let variants = match def {
            Def::Struct(body) => {
                return self.print_struct(body, &format!("pub const {name}"), &zig_type, text);
            }
            Def::Enum(variants) => variants,
        };
        let payloads = self.payloads(variants, name, taken);
        text.block(format!("pub const {name} = struct {{"), "};", |text| {
            text.line(format!("pub const ZigType = {zig_type};"));
            known_variants(variants, text);
            read_enum(variants, &payloads, text);
            write_enum(variants, &payloads, text);
        });
        for (variant, payload) in variants.iter().zip(&payloads) {
            if let Some(own) = &payload.own {
                text.blank();
                self.print_struct(&variant.body, &format!("const {own}"), &payload.zig_type, text);
            }
        }
    }

    fn payloads(&self, variants: &[Variant], name: &str, taken: &mut Names) -> Vec<Payload> {
        let payload = |(variant, ident): (&Variant, String)| {
            let zig_type = format!("@FieldType(this.{name}, {})", layout::quoted(&ident));
            let own = matches!(variant.body, Body::Fields(_))
                .then(|| taken.take(&format!("{name}{}", pascal(&variant.name))));
            let codec = match (&variant.body, &own) {
                (Body::Newtype(inner), _) => codec(inner, self.names),
                (Body::Tuple(items), _) => of_tuple(items, &zig_type, self.names),
                (_, own) => own.as_ref().map_or_else(String::new, |own| format!("wire.{own}")),
            };
            Payload { ident, zig_type, codec, own }
        };
        variants.iter().zip(variant_names(variants)).map(payload).collect()
    }

    fn print_struct(&self, body: &Body, head: &str, zig_type: &str, text: &mut Text) {
        text.block(format!("{head} = struct {{"), "};", |text| {
            text.line(format!("pub const ZigType = {zig_type};"));
            match body {
                Body::Unit => {
                    read(text, |text| {
                        text.line("try hostfn.Unit.read(from);");
                        text.line("return .{};");
                    });
                    write("_", text, |text| text.line("try hostfn.Unit.write(to, {});"));
                }
                Body::Newtype(inner) => {
                    let inner = codec(inner, self.names);
                    read(text, |text| text.line(format!("return .{{ .value = try {inner}.read(from) }};")));
                    write("value", text, |text| text.line(format!("try {inner}.write(to, value.value);")));
                }
                Body::Tuple(items) => self.print_tuple(items, text),
                Body::Fields(fields) if fields.is_empty() => print_no_fields(text),
                Body::Fields(fields) => self.print_fields(fields, text),
            }
        });
    }

    fn print_tuple(&self, items: &[Type], text: &mut Text) {
        read(text, |text| {
            text.line(format!("try from.tuple({});", items.len()));
            text.line("defer from.leave();");
            let items = items.iter().enumerate();
            let items: Vec<String> = items
                .map(|(i, item)| format!(".v{i} = try {}.read(from)", codec(item, self.names)))
                .collect();
            layout::fields("return .", &items, ";", text);
        });
        write(if items.is_empty() { "_" } else { "value" }, text, |text| {
            text.line(format!("try to.array({});", items.len()));
            for (i, item) in items.iter().enumerate() {
                text.line(format!("try {}.write(to, value.v{i});", codec(item, self.names)));
            }
        });
    }

    fn print_fields(&self, fields: &[Field], text: &mut Text) {
        let idents = field_names(fields);
        let is_option = |field: &Field| matches!(field.ty, Type::Option(_));
        text.blank();
        text.block("const known_fields = [_]hostfn.Field{", "};", |text| {
            for field in fields {
                let optional = if is_option(field) { ", .is_optional = true" } else { "" };
                text.line(format!(".{{ .key = {}{optional} }},", layout::quoted(&field.name)));
            }
        });
        read(text, |text| {
            text.line("var value: ZigType = undefined;");
            // an option that is left out is absent
            for (_, ident) in fields.iter().zip(&idents).filter(|(field, _)| is_option(field)) {
                text.line(format!("value.{ident} = null;"));
            }
            text.line("var fields_seen: [known_fields.len]bool = @splat(false);");
            text.line("var fields = try hostfn.Fields.begin(from, &known_fields, &fields_seen);");
            text.block("while (try fields.next()) |index| switch (index) {", "};", |text| {
                for (i, (field, ident)) in fields.iter().zip(&idents).enumerate() {
                    text.line(format!(
                        "{i} => value.{ident} = try {}.read(from),",
                        codec(&field.ty, self.names)
                    ));
                }
                text.line("else => try from.skip(),");
            });
            text.line("return value;");
        });
        write("value", text, |text| {
            text.line(format!("try to.map({});", fields.len()));
            for (field, ident) in fields.iter().zip(&idents) {
                text.line(format!("try to.text({});", layout::quoted(&field.name)));
                text.line(format!("try {}.write(to, value.{ident});", codec(&field.ty, self.names)));
            }
        });
    }
}

struct Payload {
    /// The variant's name in Zig.
    ident: String,
    zig_type: String,
    /// The codec; empty if absent.
    codec: String,
    /// The name of a codec that it has for itself.
    own: Option<String>,
}

fn read(text: &mut Text, body: impl FnOnce(&mut Text)) {
    text.blank();
    let from = ["from: *hostfn.Reader".to_owned()];
    layout::function("pub fn read", &from, "hostfn.ReadError!ZigType", text, body);
}

fn write(value: &str, text: &mut Text, body: impl FnOnce(&mut Text)) {
    text.blank();
    let params = ["to: *hostfn.Writer".to_owned(), format!("{value}: ZigType")];
    layout::function("pub fn write", &params, "hostfn.WriteError!void", text, body);
}

fn print_no_fields(text: &mut Text) {
    read(text, |text| {
        text.line("var fields = try hostfn.Fields.begin(from, &.{}, &.{});");
        text.line("while (try fields.next()) |_| try from.skip();");
        text.line("return .{};");
    });
    write("_", text, |text| text.line("try to.map(0);"));
}

fn known_variants(variants: &[Variant], text: &mut Text) {
    text.blank();
    text.block("const known_variants = [_]hostfn.Variant{", "};", |text| {
        for variant in variants {
            let payload = if matches!(variant.body, Body::Unit) { "" } else { ", .has_payload = true" };
            text.line(format!(".{{ .name = {}{payload} }},", layout::quoted(&variant.name)));
        }
    });
}

fn read_enum(variants: &[Variant], payloads: &[Payload], text: &mut Text) {
    read(text, |text| {
        text.line("const outer_depth = from.depth;");
        text.line("defer from.depth = outer_depth;");
        text.block("return switch (try from.variant(&known_variants)) {", "};", |text| {
            for (i, (variant, Payload { ident, codec, .. })) in variants.iter().zip(payloads).enumerate() {
                match variant.body {
                    Body::Unit => text.line(format!("{i} => .{ident},")),
                    _ => text.line(format!("{i} => .{{ .{ident} = try {codec}.read(from) }},")),
                }
            }
            text.line("else => error.Malformed,");
        });
    });
}

fn write_enum(variants: &[Variant], payloads: &[Payload], text: &mut Text) {
    write("value", text, |text| {
        if is_plain_enum(variants) {
            text.block("try to.text(switch (value) {", "});", |text| {
                for (variant, Payload { ident, .. }) in variants.iter().zip(payloads) {
                    text.line(format!(".{ident} => {},", layout::quoted(&variant.name)));
                }
            });
            return;
        }
        text.block("switch (value) {", "}", |text| {
            for (variant, Payload { ident, codec, .. }) in variants.iter().zip(payloads) {
                let name = layout::quoted(&variant.name);
                if matches!(variant.body, Body::Unit) {
                    text.line(format!(".{ident} => try to.text({name}),"));
                    continue;
                }
                text.block(format!(".{ident} => |payload| {{"), "},", |text| {
                    text.line(format!("try to.variant({name});"));
                    text.line(format!("try {codec}.write(to, payload);"));
                });
            }
        });
    });
}
