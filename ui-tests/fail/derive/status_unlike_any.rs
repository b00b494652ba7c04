use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(teapot)]
struct Full;

fn main() {}
