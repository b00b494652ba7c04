use hostfn::host_fn;

#[host_fn(capability = none)]
fn echo<'a>(data: &'a [u8]) -> &'a [u8] {
    data
}

fn main() {}
