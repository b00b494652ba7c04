use hostfn::HostError;
use hostfn::state::ResourceError;

#[derive(Debug, thiserror::Error, HostError)]
enum ShelfError {
    #[error("there is nothing to hand on")]
    #[status(transparent)]
    Nothing,
    #[error("there are two to hand on")]
    #[status(transparent)]
    Two(ResourceError, ResourceError),
    #[error(transparent)]
    #[status(transparent)]
    #[code("mine")]
    WithItsOwn(#[from] ResourceError),
}

#[derive(Debug, thiserror::Error, HostError)]
#[error("not an error of a host function")]
#[status(transparent)]
struct Wrapped(std::fmt::Error);

fn main() {}
