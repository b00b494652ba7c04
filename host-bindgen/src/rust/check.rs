//! Types that Rust lacks.

use hostfn_core::{Code, Problem, Problems};

use crate::check;
use crate::model::{Body, Model, Type};
use crate::names::snake;

/// The longest array that `serde` implements.
const LONGEST_ARRAY: usize = 32;
/// The longest tuple that `Debug` and `PartialEq` implement.
const LONGEST_TUPLE: usize = 12;

pub(super) fn check(model: &Model) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for (place, ty) in model.uses() {
        for ty in ty.walk() {
            let what = match ty {
                Type::Array(_, len) if *len > LONGEST_ARRAY => {
                    format!("serde has no array of {len} elements, {LONGEST_ARRAY} are the most")
                }
                Type::Tuple(items) if items.len() > LONGEST_TUPLE => {
                    format!(
                        "Rust compares no tuple of {} elements, {LONGEST_TUPLE} are the most",
                        items.len()
                    )
                }
                Type::Seq(item) if matches!(**item, Type::Int { signed: false, bits: 8 }) => {
                    "a sequence of `u8` that is not bytes cannot be told from bytes".to_owned()
                }
                Type::Map(key, _) if !has_order(key, model, &mut Vec::new()) => {
                    "the keys of the map have no order".to_owned()
                }
                _ => continue,
            };
            problems.push(Problem::new(
                Code::BindingShape,
                &place,
                what,
                "give it a type of its own, or another one",
            ));
        }
    }
    problems.extend(check::same_names(model, "Rust", true, |function| snake(&function.name)));
    problems.extend(check::empty_enums(model));
    Problems::check(problems)
}

/// Returns whether the type can be `Ord`.
fn has_order(ty: &Type, model: &Model, seen: &mut Vec<usize>) -> bool {
    ty.walk().into_iter().all(|ty| match ty {
        Type::F32 | Type::F64 | Type::Raw => false,
        Type::Named(id) | Type::Boxed(id) => {
            let known = seen.contains(id);
            seen.push(*id);
            known || model.types[*id].bodies().flat_map(Body::types).all(|ty| has_order(ty, model, seen))
        }
        _ => true,
    })
}
