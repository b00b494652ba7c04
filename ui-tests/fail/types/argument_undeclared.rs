use hostfn::host_fn;

#[host_fn(capability = none)]
fn draw(at: Point) {}

fn main() {}
