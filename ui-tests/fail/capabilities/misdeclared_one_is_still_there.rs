#![allow(unused_variables)]

use hostfn::{capabilities, host_fn};

capabilities! {
    /// Greet people.
    GREET = greet;
}

#[host_fn(capability = GREET)]
fn greet(name: &str) {}

fn main() {}
