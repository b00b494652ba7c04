use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(-99999999999)]
struct Full;

fn main() {}
