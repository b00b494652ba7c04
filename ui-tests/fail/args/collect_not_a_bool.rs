use hostfn::host_fn;

#[host_fn(capability = none, collect = "no")]
fn answer() -> u32 {
    42
}

fn main() {}
