use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(404)]
struct Full;

fn main() {}
