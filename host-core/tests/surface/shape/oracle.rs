//! Types that `serde-reflection` traces wholly have the same shapes here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_reflection::{
    ContainerFormat, Format, Named, Registry, Samples, Tracer, TracerConfig, VariantFormat,
};

use super::{printed, shape};

/// Their format, in our words.
fn word(format: &Format) -> String {
    match format {
        Format::TypeName(name) => name.clone(),
        Format::Unit => "unit".to_owned(),
        Format::Option(inner) => format!("option<{}>", word(inner)),
        Format::Seq(item) if **item == Format::U8 => "bytes".to_owned(),
        Format::Seq(item) => format!("seq<{}>", word(item)),
        Format::Map { key, value } => format!("map<{}, {}>", word(key), word(value)),
        Format::TupleArray { content, size } => format!("[{}; {size}]", word(content)),
        Format::Tuple(items) => tuple(items),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn tuple(items: &[Format]) -> String {
    match items {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|item| item == first) => {
            format!("[{}; {}]", word(first), items.len())
        }
        _ => format!("({})", joined(items.iter().map(word))),
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn items(items: &[Format]) -> String {
    format!("({})", joined(items.iter().map(word)))
}

fn fields(fields: &[Named<Format>]) -> String {
    format!("{{{}}}", joined(fields.iter().map(|field| format!("{}: {}", field.name, word(&field.value)))))
}

fn variant(variant: &Named<VariantFormat>) -> String {
    let body = match &variant.value {
        VariantFormat::Variable(_) | VariantFormat::Unit => String::new(),
        VariantFormat::NewType(inner) => items(std::slice::from_ref(inner)),
        VariantFormat::Tuple(of) => items(of),
        VariantFormat::Struct(of) => fields(of),
    };
    format!("{}{body}", variant.name)
}

fn definition(container: &ContainerFormat) -> String {
    match container {
        ContainerFormat::UnitStruct => "struct".to_owned(),
        ContainerFormat::NewTypeStruct(inner) => format!("struct{}", items(std::slice::from_ref(inner))),
        ContainerFormat::TupleStruct(of) => format!("struct{}", items(of)),
        ContainerFormat::Struct(of) => format!("struct{}", fields(of)),
        ContainerFormat::Enum(variants) => format!("enum{{{}}}", joined(variants.values().map(variant))),
    }
}

fn theirs<T: Deserialize<'static>>() -> Option<(Format, Registry)> {
    static NONE: std::sync::LazyLock<Samples> = std::sync::LazyLock::new(Samples::new);
    let mut tracer = Tracer::new(TracerConfig::default().is_human_readable(false));
    let (format, _) = tracer.trace_type::<T>(&NONE).ok()?;
    Some((format, tracer.registry().ok()?))
}

fn agree<T: Deserialize<'static>>() {
    let rust = std::any::type_name::<T>();
    let (format, registry) = theirs::<T>().unwrap_or_else(|| panic!("{rust} was wholly traced once"));
    let types = registry.iter().map(|(name, container)| format!("{name} = {}", definition(container)));
    assert_eq!(printed(&shape::<T>()), (word(&format), types.collect()), "{rust}");
}

macro_rules! types {
    ($($item:item)+) => { $(#[derive(Deserialize)] #[allow(dead_code, reason = "only its type matters")] $item)+ };
}

types! {
    struct Unit;
    struct Newtype(u8);
    struct Pair(u8, String);
    struct Point { x: i32, #[serde(rename = "Y")] y: Option<f64> }
    struct Line { from: Point, to: Point, tags: BTreeMap<String, Vec<u16>>, label: (char, bool) }
    enum Every { Unit, Newtype(Point), Tuple(u8, Unit), Struct { at: Newtype, times: Option<u8> } }
    enum Either { Left(Pair), Right { at: Point } }
    struct List { first: u8, rest: Option<Box<List>> }
    struct Hides { option: Option<Hidden> }
    enum Hidden { A, B }
}

#[test]
fn both_tracers_see_the_same() {
    agree::<u8>();
    agree::<i64>();
    agree::<f32>();
    agree::<char>();
    agree::<String>();
    agree::<Vec<u8>>();
    agree::<serde_bytes::ByteBuf>();
    agree::<()>();
    agree::<Option<Vec<String>>>();
    agree::<BTreeMap<String, (u8, bool)>>();
    agree::<[u16; 3]>();
    agree::<(u16, u16)>();
    agree::<Unit>();
    agree::<Newtype>();
    agree::<Pair>();
    agree::<Point>();
    agree::<Line>();
    agree::<Every>();
    agree::<Either>();
    agree::<List>();
    agree::<std::time::Duration>();
    agree::<Result<u8, String>>();
}

#[test]
fn ours_sees_what_the_other_cannot() {
    assert!(theirs::<Hides>().is_none(), "compare it above");
    let (_, types) = printed(&shape::<Hides>());
    assert_eq!(types, ["Hidden = enum{A, B}", "Hides = struct{option: option<Hidden>}"]);
}
