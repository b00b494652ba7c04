use hostfn::host_fn;

#[host_fn(capability = none)]
fn double(number: &u32) -> u32 {
    number * 2
}

fn main() {}
