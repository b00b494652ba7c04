use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(not_fond)]
struct Full;

fn main() {}
