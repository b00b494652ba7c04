use hostfn::host_fn;

#[host_fn(capability = none, quota = 0)]
async fn copy<'a>(#[state] log: Vec<String>, (from, to): (&'a str, &'a str), _: u32) -> impl Sized {
    let _ = (log, from, to);
}

fn main() {}
