#![allow(unused_variables)]

use hostfn::{capabilities, host_fn};

capabilities! {
    /// Read files.
    FS_READ = "fs.read" in path;
}

#[host_fn(capability = FS_READ(from, to))]
fn read(from: &str, to: &str) {}

fn main() {}
