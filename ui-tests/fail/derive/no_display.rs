use hostfn::HostError;

#[derive(Debug, HostError)]
struct Full;

fn main() {}
