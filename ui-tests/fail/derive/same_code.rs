use hostfn::HostError;

#[derive(Debug, thiserror::Error, HostError)]
#[error("it cannot be")]
enum StoreError {
    Full,
    #[code("full")]
    Crowded,
}

fn main() {}
