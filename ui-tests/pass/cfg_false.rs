use hostfn::host_fn;

/// It would clash with the one below if any of it were left.
#[cfg(any())]
#[host_fn(capability = UNDECLARED)]
fn tick(unknown: Unknown) {}

#[host_fn(capability = UNDECLARED)]
#[cfg(any())]
fn tick(unknown: Unknown) {}

#[host_fn(capability = none)]
fn tick() {}

fn main() {
    let registry = hostfn::Registry::collect().unwrap();
    let names: Vec<&str> = registry.iter().map(|spec| spec.name()).collect();
    assert_eq!(names, ["tick"]);
}
