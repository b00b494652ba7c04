//! Many functions; `benches/surface.rs` has ten thousand, and their cost.

use hostfn_core::{Class, Listing};

use crate::host::listing;

const FUNCTIONS: usize = 2_000;

fn many(quota: u32) -> Listing {
    let one = listing();
    let mut many = Listing { functions: Vec::new(), ..one.clone() };
    for i in 0..FUNCTIONS {
        let mut row = one.functions[i % one.functions.len()].clone();
        row.name = format!("{}_{i:05}", row.name);
        row.quota = Some(quota);
        row.fingerprint = row.expected_fingerprint();
        many.functions.push(row);
    }
    many.functions.sort_by(|a, b| (&a.module, &a.name).cmp(&(&b.module, &b.name)));
    many
}

#[test]
fn many_functions_are_locked_and_compared() {
    let (old, new) = (many(1), many(2));
    let read = Listing::from_lock("hostfn.lock", &old.to_lock()).unwrap();
    let diff = read.diff(&new);
    assert_eq!(diff.counts.into_iter().collect::<Vec<_>>(), [(Class::Widens, FUNCTIONS)]);
    assert!(read.diff(&old).is_empty());
}
