use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[code("")]
struct Full;

fn main() {}
