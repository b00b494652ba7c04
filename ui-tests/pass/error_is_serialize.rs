use hostfn::{HostError, HostFn, Status, host_fn};
use serde::Serialize;

#[derive(Debug, Serialize, thiserror::Error)]
#[error("the store is full")]
struct Full;

impl HostError for Full {
    fn status(&self) -> Status {
        Status::QUOTA_EXCEEDED
    }
    fn code(&self) -> &str {
        "full"
    }
}

#[host_fn(capability = none)]
fn put(value: &[u8]) -> Result<(), Full> {
    if value.is_empty() { Ok(()) } else { Err(Full) }
}

fn main() {
    let reply = put::SPEC.reply();
    assert!(reply.error().unwrap().type_name.ends_with("Full"));
    assert_eq!(reply.shape(), hostfn::spec::reply_shape!(()).shape());
}
