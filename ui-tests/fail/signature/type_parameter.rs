use hostfn::host_fn;

#[host_fn(capability = none)]
fn echo<T>(data: T) -> T {
    data
}

fn main() {}
