#![allow(unused_variables)]

use hostfn::{Scope, capabilities, host_fn};

capabilities! {
    /// Read files.
    FS_READ = "fs.read" in path;
}

#[host_fn(capability = FS_READ(path))]
fn read(#[grant] grant: &Scope, #[grant] again: &Scope, path: &str) {}

fn main() {}
