use hostfn::host_fn;

#[host_fn(capability = none)]
fn add(a: u64, #[cfg(unix)] b: u64) -> u64 {
    a ^ b
}

fn main() {}
