use hostfn::host_fn;

enum Missing {}
type Found = Result<u32, Missing>;

#[host_fn(capability = none)]
fn find() -> Found {
    Ok(0)
}

fn main() {}
