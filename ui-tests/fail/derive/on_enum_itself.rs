use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[status(failed)]
enum StoreError {
    #[error("the store is full")]
    Full,
}

fn main() {}
