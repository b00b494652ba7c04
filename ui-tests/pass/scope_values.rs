#![allow(unused_variables)]

use std::path::PathBuf;

use hostfn::spec::ScopeValue;
use hostfn::{HostFn, capabilities, host_fn};
use serde::Deserialize;

capabilities! {
    /// Remove files.
    FS_REMOVE = "fs.remove" in path;
}

#[derive(Deserialize)]
struct Entry {
    path: String,
}

impl ScopeValue for Entry {
    fn scope_value(&self) -> Option<&str> {
        Some(&self.path)
    }
}

#[host_fn(capability = FS_REMOVE(path))]
fn remove_owned(path: String) {}

#[host_fn(capability = FS_REMOVE(path))]
fn remove_path(path: PathBuf) {}

#[host_fn(capability = FS_REMOVE(entry))]
fn remove_entry(entry: Entry) {}

fn main() {
    for spec in [remove_owned::SPEC, remove_path::SPEC] {
        assert_eq!(spec.requirement().scoped_param(), Some("path"));
    }
    assert_eq!(remove_entry::SPEC.requirement().scoped_param(), Some("entry"));
}
