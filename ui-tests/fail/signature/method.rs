use hostfn::host_fn;

struct Clock;

impl Clock {
    #[host_fn(capability = none)]
    fn tick(&self) {}
}

fn main() {}
