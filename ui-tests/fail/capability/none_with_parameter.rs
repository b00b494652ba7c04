use hostfn::host_fn;

#[host_fn(capability = none(path))]
fn read(path: &str) -> String {
    path.to_owned()
}

fn main() {}
