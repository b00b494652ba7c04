//! Types that would hold themselves by value get a pointer where they do.

use super::{Named, Type};

/// Turns each [`Type::Named`] by which a type holds itself into a [`Type::Boxed`].
pub(super) fn insert(types: &mut [Named]) {
    let held: Vec<Vec<usize>> = types.iter().map(held_by_value).collect();
    for (holder, named) in types.iter_mut().enumerate() {
        for ty in named.bodies_mut().flat_map(super::Body::types_mut) {
            box_cycles(ty, &|inner| reaches(&held, inner, holder));
        }
    }
}

fn held_by_value(named: &Named) -> Vec<usize> {
    let mut held = Vec::new();
    named.bodies().flat_map(super::Body::types).for_each(|ty| collect(ty, &mut held));
    held
}

fn collect(ty: &Type, held: &mut Vec<usize>) {
    match ty {
        Type::Named(id) => held.push(*id),
        Type::Option(inner) | Type::Array(inner, _) => collect(inner, held),
        Type::Tuple(items) => items.iter().for_each(|item| collect(item, held)),
        // what these hold is elsewhere in memory already
        _ => {}
    }
}

fn box_cycles(ty: &mut Type, is_cycle: &dyn Fn(usize) -> bool) {
    match ty {
        Type::Named(id) if is_cycle(*id) => *ty = Type::Boxed(*id),
        Type::Option(inner) | Type::Array(inner, _) => box_cycles(inner, is_cycle),
        Type::Tuple(items) => items.iter_mut().for_each(|item| box_cycles(item, is_cycle)),
        _ => {}
    }
}

fn reaches(held: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut next) = (vec![false; held.len()], vec![from]);
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            next.extend(&held[at]);
        }
    }
    false
}
