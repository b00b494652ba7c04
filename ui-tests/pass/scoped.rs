use hostfn::spec::Requires;
use hostfn::{HostFn, capabilities, host_fn};

capabilities! {
    /// Read files.
    pub FS_READ = "fs.read" in path;
}

/// Read a part of a file.
#[host_fn(capability = FS_READ(path))]
fn read_at(offset: u64, path: &str) -> Vec<u8> {
    path.bytes().skip(usize::try_from(offset).unwrap_or(usize::MAX)).collect()
}

fn main() {
    let Requires::Scoped(capability, param) = read_at::SPEC.requirement() else { panic!() };
    assert_eq!((capability.name(), capability.about(), *param), ("fs.read", "Read files.", "path"));
    let params: Vec<&str> = read_at::SPEC.wire_params().map(hostfn::spec::Param::name).collect();
    assert_eq!(params, ["offset", "path"]);
}
