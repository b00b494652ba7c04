//! Readers and writers of the types that the listing defines, and of what is put together from them.

use super::names::{AsNames, constants, is_plain_enum, members, payloads};
use super::{quoted, section, types};
use crate::model::{Body, Def, Field, Model, Named, Type, Variant};
use crate::text::Text;

pub(super) fn print(model: &Model, names: &AsNames, text: &mut Text) {
    section("readers and writers", text);
    for id in 0..model.handles.len() {
        let ty = Type::Handle(id);
        reader(&ty, names, text, |text| {
            text.line(format!("return new {}(read_u64(r));", names.ty(&ty)));
        });
        writer(&ty, names, text, |text| text.line("write_u64(w, value.id);"));
    }
    for (id, named) in model.types.iter().enumerate() {
        let ty = Type::Named(id);
        reader(&ty, names, text, |text| read_named(id, named, names, text));
        writer(&ty, names, text, |text| write_named(named, names, text));
    }
    for ty in types::compound(model, names) {
        reader(&ty, names, text, |text| read_compound(&ty, names, text));
        writer(&ty, names, text, |text| write_compound(&ty, names, text));
    }
}

fn reader(ty: &Type, names: &AsNames, text: &mut Text, body: impl FnOnce(&mut Text)) {
    text.blank();
    let head = format!("export function read_{}(r: Reader): {} {{", names.mangled(ty), names.ty(ty));
    text.block(head, "}", body);
}

fn writer(ty: &Type, names: &AsNames, text: &mut Text, body: impl FnOnce(&mut Text)) {
    text.blank();
    let head =
        format!("export function write_{}(w: Writer, value: {}): void {{", names.mangled(ty), names.ty(ty));
    text.block(head, "}", body);
}

pub(super) fn read(ty: &Type, names: &AsNames) -> String {
    format!("read_{}(r)", names.mangled(ty))
}

pub(super) fn write(ty: &Type, place: &str, names: &AsNames) -> String {
    format!("write_{}(w, {place});", names.mangled(ty))
}

fn read_compound(ty: &Type, names: &AsNames, text: &mut Text) {
    let name = names.ty(ty);
    match ty {
        Type::Option(inner) => {
            let inner_name = names.ty(inner);
            text.line(format!("if (r.bad || r.isNil()) return Option.none<{inner_name}>();"));
            text.line(format!("return Option.some<{inner_name}>({});", read(inner, names)));
        }
        Type::Seq(inner) => {
            text.line(format!("const items = new {name}();"));
            text.line(format!(
                "for (let left = r.array(); left > 0 && !r.bad; left--) items.push({});",
                read(inner, names)
            ));
            text.line("r.leave();");
            text.line("return items;");
        }
        Type::Map(key, value) => {
            text.line(format!("const entries = new {name}();"));
            text.block("for (let left = r.map(); left > 0 && !r.bad; left--) {", "}", |text| {
                text.line(format!("const key = {};", read(key, names)));
                text.line(format!("entries.set(key, {});", read(value, names)));
            });
            text.line("r.leave();");
            text.line("return entries;");
        }
        Type::Array(inner, len) => {
            text.line(format!("const items = new {name}({len});"));
            text.line(format!("r.tuple({len});"));
            text.line(format!(
                "for (let i = 0; i < {len} && !r.bad; i++) items[i] = {};",
                read(inner, names)
            ));
            text.line("r.leave();");
            text.line("return items;");
        }
        Type::Tuple(items) => read_items(items, &name, names, text),
        _ => {}
    }
}

fn write_compound(ty: &Type, names: &AsNames, text: &mut Text) {
    match ty {
        Type::Option(inner) => {
            text.line(format!("if (value.some) {}", write(inner, "value.value", names)));
            text.line("else w.nil();");
        }
        Type::Seq(inner) => {
            text.line("w.array(value.length);");
            let one = write(inner, "value[i]", names);
            text.line(format!("for (let i = 0; i < value.length; i++) {one}"));
        }
        Type::Map(key, inner) => {
            text.line("const keys = value.keys();");
            text.line("w.map(keys.length);");
            text.block("for (let i = 0; i < keys.length; i++) {", "}", |text| {
                text.line(write(key, "keys[i]", names));
                text.line(write(inner, "value.get(keys[i])", names));
            });
        }
        Type::Array(inner, len) => {
            text.line(format!("w.array({len});"));
            text.line(format!("for (let i = 0; i < {len}; i++) {}", write(inner, "value[i]", names)));
        }
        Type::Tuple(items) => write_items(items, "value", names, text),
        _ => {}
    }
}

fn read_items(items: &[Type], class: &str, names: &AsNames, text: &mut Text) {
    text.line(format!("r.tuple({});", items.len()));
    for (i, item) in items.iter().enumerate() {
        text.line(format!("const v{i} = {};", read(item, names)));
    }
    text.line("r.leave();");
    let all: Vec<String> = (0..items.len()).map(|i| format!("v{i}")).collect();
    text.line(format!("return new {class}({});", all.join(", ")));
}

fn write_items(items: &[Type], place: &str, names: &AsNames, text: &mut Text) {
    text.line(format!("w.array({});", items.len()));
    for (i, item) in items.iter().enumerate() {
        text.line(write(item, &format!("{place}.v{i}"), names));
    }
}

fn read_named(id: usize, def: &Named, names: &AsNames, text: &mut Text) {
    let name = &names.types[id];
    match &def.def {
        Def::Struct(body) => read_body(body, name, names, text),
        Def::Enum(variants) => read_enum(name, def, variants, names, text),
    }
}

/// Reads what `class` holds, and returns one.
fn read_body(body: &Body, class: &str, names: &AsNames, text: &mut Text) {
    match body {
        Body::Unit => {
            text.line("read_unit(r);");
            text.line(format!("return new {class}();"));
        }
        Body::Newtype(inner) => text.line(format!("return new {class}({});", read(inner, names))),
        Body::Tuple(items) => read_items(items, class, names, text),
        Body::Fields(fields) => read_fields(fields, class, names, text),
    }
}

fn read_fields(fields: &[Field], class: &str, names: &AsNames, text: &mut Text) {
    let idents: Vec<String> = (0..fields.len()).map(|i| format!("f{i}")).collect();
    for (ident, field) in idents.iter().zip(fields) {
        let ty = names.ty(&field.ty);
        let start = match &field.ty {
            // an option that is left out is absent
            Type::Option(inner) => format!("Option.none<{}>()", names.ty(inner)),
            _ => format!("zero<{ty}>()"),
        };
        text.line(format!("let {ident}: {ty} = {start};"));
    }
    text.line("let seen: u64 = 0;");
    text.line(format!("let left = r.struct({});", fields.len()));
    text.block("if (left < 0) {", "}", |text| {
        for (ident, field) in idents.iter().zip(fields) {
            text.line(format!("{ident} = {};", read(&field.ty, names)));
        }
        text.line("seen = ~seen;");
    });
    text.block("for (; left > 0 && !r.bad; left--) {", "}", |text| {
        text.line("const key = read_str(r);");
        for (i, (ident, field)) in idents.iter().zip(fields).enumerate() {
            let branch = if i == 0 { "if" } else { "} else if" };
            text.line(format!("{branch} (key == {}) {{", quoted(&field.name)));
            text.indented(|text| {
                text.line(format!("seen = r.first(seen, {i});"));
                text.line(format!("{ident} = {};", read(&field.ty, names)));
            });
        }
        if fields.is_empty() {
            text.line("r.skip();");
        } else {
            text.block("} else {", "}", |text| text.line("r.skip();"));
        }
    });
    let required = fields.iter().enumerate().filter(|(_, field)| !matches!(field.ty, Type::Option(_)));
    let mask = required.fold(0_u64, |mask, (i, _)| mask | 1 << i);
    text.line(format!("r.require((seen & {mask:#x}) == {mask:#x});"));
    text.line("r.leave();");
    text.line(format!("return new {class}({});", idents.join(", ")));
}

fn write_named(def: &Named, names: &AsNames, text: &mut Text) {
    match &def.def {
        Def::Struct(Body::Newtype(inner)) => text.line(write(inner, "value.value", names)),
        Def::Struct(body) => write_body(body, "value", names, text),
        Def::Enum(variants) => write_enum(def, variants, names, text),
    }
}

/// Writes what the object at `place` holds.
fn write_body(body: &Body, place: &str, names: &AsNames, text: &mut Text) {
    match body {
        Body::Unit => text.line("write_unit(w, 0);"),
        Body::Newtype(inner) => text.line(write(inner, place, names)),
        Body::Tuple(items) => write_items(items, place, names, text),
        Body::Fields(fields) => {
            text.line(format!("w.map({});", fields.len()));
            for (ident, field) in members(fields.iter().map(|field| field.name.as_str())).iter().zip(fields) {
                text.line(format!("write_str(w, {});", quoted(&field.name)));
                text.line(write(&field.ty, &format!("{place}.{ident}"), names));
            }
        }
    }
}

/// A string is a variant without payload, a map of one entry one with.
fn read_enum(name: &str, def: &Named, variants: &[Variant], names: &AsNames, text: &mut Text) {
    let plain = is_plain_enum(def);
    let constants = constants(def);
    let value =
        |constant: &str| if plain { format!("{name}.{constant}") } else { format!("{name}.{constant}()") };
    let known = || variants.iter().zip(&constants);
    let dummy = if plain { value(&constants[0]) } else { format!("new {name}(0)") };
    text.line("const kind = r.head();");
    text.block("if (kind == Kind.Str) {", "}", |text| {
        text.line("const name = r.text(kind);");
        for (variant, constant) in known().filter(|(variant, _)| matches!(variant.body, Body::Unit)) {
            text.line(format!("if (name == {}) return {};", quoted(&variant.name), value(constant)));
        }
        text.line("r.require(false);");
        text.line(format!("return {dummy};"));
    });
    if plain {
        text.line("r.require(false);");
        return text.line(format!("return {dummy};"));
    }
    text.line("r.require(kind == Kind.Map && r.n == 1);");
    text.line("r.enter();");
    text.line("const name = read_str(r);");
    text.line(format!("let value = {dummy};"));
    let carrying = known().filter(|(variant, _)| !matches!(variant.body, Body::Unit));
    for (i, (variant, constant)) in carrying.enumerate() {
        let branch = if i == 0 { "if" } else { "} else if" };
        text.line(format!("{branch} (!r.bad && name == {}) {{", quoted(&variant.name)));
        text.indented(|text| match &variant.body {
            Body::Newtype(inner) => text.line(format!("value = {name}.{constant}({});", read(inner, names))),
            _ => text.line(format!("value = {name}.{constant}(read_{name}_{constant}(r));")),
        });
    }
    text.block("} else {", "}", |text| text.line("r.require(false);"));
    text.line("r.leave();");
    text.line("return value;");
    // what variants of several values carry is read by functions of their own
    for (variant, constant) in known() {
        if matches!(variant.body, Body::Tuple(_) | Body::Fields(_)) {
            let class = format!("{name}_{constant}");
            text.outdented(|text| {
                text.line("}");
                text.blank();
                text.line(format!("function read_{class}(r: Reader): {class} {{"));
            });
            read_body(&variant.body, &class, names, text);
        }
    }
}

fn write_enum(def: &Named, variants: &[Variant], names: &AsNames, text: &mut Text) {
    let plain = is_plain_enum(def);
    let idents = payloads(variants);
    let place = if plain { "value" } else { "value.kind" };
    text.block(format!("switch (<i32>{place}) {{"), "}", |text| {
        for (i, (variant, ident)) in variants.iter().zip(&idents).enumerate() {
            text.block(format!("case {i}: {{"), "}", |text| {
                if !matches!(variant.body, Body::Unit) {
                    text.line("w.map(1);");
                }
                text.line(format!("write_str(w, {});", quoted(&variant.name)));
                if !matches!(variant.body, Body::Unit) {
                    write_body(&variant.body, &format!("value.{ident}"), names, text);
                }
                text.line("break;");
            });
        }
    });
}
