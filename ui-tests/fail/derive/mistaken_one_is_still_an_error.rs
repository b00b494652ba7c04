use hostfn::{HostError, host_fn};

#[derive(Debug, thiserror::Error, HostError)]
#[error("the store is full")]
#[status(fulled)]
struct Full;

#[host_fn(capability = none)]
fn put() -> Result<(), Full> {
    Ok(())
}

fn main() {}
