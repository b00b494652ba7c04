use hostfn::host_fn;

struct Clock;

#[host_fn(capability = none)]
impl Clock {
    fn tick() {}
}

fn main() {}
