use hostfn::host_fn;

enum Missing {}

#[host_fn(capability = none)]
fn find() -> Result<u32, Missing> {
    Ok(0)
}

fn main() {}
