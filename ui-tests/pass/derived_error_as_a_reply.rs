use hostfn::{HostError, HostFn, Status, host_fn};

#[derive(Debug, thiserror::Error, HostError)]
#[error("it cannot be read")]
enum ReadError<T: std::fmt::Debug> {
    /// There is no such key.
    #[status(not_found)]
    NoSuchKey,
    #[code("in_use")]
    #[status(-1024)]
    Locked {
        by: T,
    },
    Failed(T),
}

type Read = Result<u32, ReadError<u32>>;

#[host_fn(capability = none)]
fn read(key: u32) -> Read {
    match key {
        0 => Err(ReadError::NoSuchKey),
        1 => Err(ReadError::Locked { by: 1 }),
        2 => Err(ReadError::Failed(2)),
        key => Ok(key),
    }
}

fn main() {
    let kinds = read::SPEC.reply().error().unwrap().kinds;
    let told: Vec<_> = kinds.iter().map(|kind| (kind.code, kind.status.code(), kind.docs)).collect();
    assert_eq!(told[0], ("no_such_key", Status::NOT_FOUND.code(), "There is no such key."));
    assert_eq!(told[1..], [("in_use", -1024, ""), ("failed", Status::FAILED.code(), "")]);
    assert_eq!(read(1).unwrap_err().code(), "in_use");
}
