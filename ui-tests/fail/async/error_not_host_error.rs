use hostfn::host_fn;

#[host_fn(capability = none)]
async fn find() -> Result<u32, String> {
    Ok(0)
}

fn main() {}
