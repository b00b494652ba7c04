//! Parts of rows.

use std::collections::{BTreeMap, BTreeSet};

use hostfn_abi::ABI_VERSION;
use sha2::{Digest, Sha256};

use super::{ErrorRow, ParamRow};
use crate::spec::{ReplyShape, Shape, TypeDef, TypeShape, Variant};

pub(super) fn convention(is_async: bool) -> String {
    if is_async { "messagepack, async" } else { "messagepack" }.to_owned()
}

pub(super) fn signature(params: &[ParamRow], reply: &Shape, error: Option<&ErrorRow>) -> String {
    let params: Vec<String> = params.iter().map(|param| format!("{}: {}", param.name, param.shape)).collect();
    let params = params.join(", ");
    let reply = if *reply == Shape::Unit { "()".to_owned() } else { reply.to_string() };
    match error {
        Some(error) => format!("({params}) -> Result<{reply}, {}>", error.name),
        None if reply == "()" => format!("({params})"),
        None => format!("({params}) -> {reply}"),
    }
}

pub(super) fn opaque<'r>(
    params: &'r [ParamRow],
    reply: &'r Shape,
) -> impl Iterator<Item = (&'r str, &'r str, &'r str)> {
    let params = params.iter().map(|param| (param.name.as_str(), &param.shape));
    params.chain([("reply", reply)]).filter_map(|(part, shape)| match shape {
        Shape::Opaque { rust, reason } => Some((part, rust.as_str(), reason.as_str())),
        _ => None,
    })
}

pub(super) fn fingerprint(
    names: &str,
    convention: &str,
    params: &[ParamRow],
    reply: &Shape,
    error: Option<&ErrorRow>,
    types: &BTreeMap<String, TypeDef>,
) -> String {
    let mut text = format!("hostfn {ABI_VERSION}\n{names}\n{convention}\n");
    for param in params {
        text += &format!("param {}: {}\n", param.name, param.shape);
    }
    text += &format!("reply {reply}\n");
    for kind in error.iter().flat_map(|error| &error.kinds) {
        text += &format!("error {} {}\n", kind.code, kind.status);
    }
    for (name, def) in types {
        text += &format!("type {name} = {def}\n");
    }
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn shape_of_reply(
    reply: &ReplyShape,
    types: &mut BTreeMap<String, TypeDef>,
    by: NamedBy,
) -> Shape {
    take_types(Some(reply.shape()), reply.type_name(), types, by)
}

/// Moves the definitions that a shape leads to over to those of its function. Two types of one name
/// cannot both be there, and the later is listed as opaque. Where the two only name a variant differently that has
/// several names, it goes by the name that the host writes.
pub(super) fn take_types(
    traced: Option<TypeShape>,
    rust: &str,
    types: &mut BTreeMap<String, TypeDef>,
    by: NamedBy,
) -> Shape {
    let Some(TypeShape { shape, types: found, aliases, .. }) = traced else {
        return Shape::Unit;
    };
    let differ = |name: &&String| match (types.get(*name), &found[*name]) {
        (Some(known), def) if known != def => {
            !aliases.get(*name).is_some_and(|names| same_but_for_names(known, def, names))
        }
        _ => false,
    };
    if let Some(name) = found.keys().find(differ) {
        let reason = format!("another type of this function is called `{name}` too");
        return Shape::Opaque { rust: rust.to_owned(), reason };
    }
    match by {
        NamedBy::Later => types.extend(found),
        NamedBy::Earlier => found.into_iter().for_each(|(name, def)| {
            types.entry(name).or_insert(def);
        }),
    }
    shape
}

/// By which of two shapes of one type its variants are named: by that of what the host writes.
#[derive(Clone, Copy)]
pub(super) enum NamedBy {
    Earlier,
    Later,
}

fn same_but_for_names(a: &TypeDef, b: &TypeDef, aliases: &[BTreeSet<String>]) -> bool {
    let (TypeDef::Enum(a), TypeDef::Enum(b)) = (a, b) else {
        return false;
    };
    let same = |a: &Variant, b: &Variant| {
        let one = |names: &BTreeSet<String>| names.contains(&a.name) && names.contains(&b.name);
        a.body == b.body && (a.name == b.name || aliases.iter().any(one))
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// Up to the first full stop that ends a sentence, or the end of the first paragraph.
pub(super) fn first_sentence(docs: &str) -> String {
    let paragraph: Vec<&str> = docs.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}
