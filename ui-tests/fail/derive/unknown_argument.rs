use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[hostfn(path = hostfn)]
struct Full;

fn main() {}
