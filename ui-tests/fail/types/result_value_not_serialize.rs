use hostfn::host_fn;

struct Point(u32, u32);

#[host_fn(capability = none)]
fn origin() -> Result<Point, std::convert::Infallible> {
    Ok(Point(0, 0))
}

fn main() {}
