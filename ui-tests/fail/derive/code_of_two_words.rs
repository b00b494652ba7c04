use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[code("is full")]
struct Full;

fn main() {}
