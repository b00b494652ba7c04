//! Shapes of types on the wire, in the listing.

mod forms;
mod graph;
mod handles;
mod oracle;
mod types;
mod words;

use hostfn_core::{Param, Shape, TypeShape};
use serde::Deserialize;

fn shape<T: Deserialize<'static>>() -> TypeShape {
    Param::new::<T>("value").shape().expect("it crosses the wire")
}

/// The shape and the definitions that it leads to, as the listing prints them.
fn printed(traced: &TypeShape) -> (String, Vec<String>) {
    let types = traced.types.iter().map(|(name, def)| format!("{name} = {def}")).collect();
    (traced.shape.to_string(), types)
}

/// Returns why a type is opaque.
fn reason(traced: &TypeShape) -> &str {
    match &traced.shape {
        Shape::Opaque { reason, .. } if traced.types.is_empty() => reason,
        other => panic!("{other} is not opaque"),
    }
}
