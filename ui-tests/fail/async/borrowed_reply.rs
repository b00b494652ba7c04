use hostfn::host_fn;

#[host_fn(capability = none)]
async fn echo(data: &[u8]) -> &[u8] {
    data
}

fn main() {}
