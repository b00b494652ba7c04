use hostfn::host_fn;

#[host_fn(capability = none)]
fn echo(data: String) -> String
where
    String: Clone,
{
    data
}

fn main() {}
