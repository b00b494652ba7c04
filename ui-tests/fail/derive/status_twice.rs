use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(failed)]
#[status(not_found)]
struct Full;

fn main() {}
