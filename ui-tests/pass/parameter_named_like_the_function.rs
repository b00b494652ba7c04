use hostfn::{HostFn, capabilities, host_fn};

capabilities! {
    /// Open paths.
    OPEN = "fs.open" in path;
}

#[host_fn(capability = OPEN(path))]
fn path(path: &str, path_: u32) -> u32 {
    path_ + u32::from(path.is_empty())
}

fn main() {
    let names: Vec<&str> = path::SPEC.params().iter().map(hostfn::spec::Param::name).collect();
    assert_eq!(names, ["path", "path_"]);
    assert_eq!(path("", 1), 2);
}
