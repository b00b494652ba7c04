#![forbid(unsafe_code)]

use hostfn::{HostFn, capabilities, host_fn};

capabilities! {
    /// Read files.
    FS_READ = "fs.read" in path;
}

#[host_fn(capability = FS_READ(path))]
fn size(#[state] sizes: &mut Vec<u64>, path: &str) -> Option<u64> {
    sizes.get(path.len()).copied()
}

fn main() {
    assert_eq!(size::SPEC.capability().map(hostfn::Capability::name), Some("fs.read"));
    assert_eq!(hostfn::Registry::collect().unwrap().iter().count(), 1);
}
