use hostfn::HostError;
use hostfn::state::ResourceError;

#[derive(Debug, thiserror::Error, HostError)]
enum ShelfError {
    #[error("two values")]
    #[status(no_capability)]
    Two(#[scope_value] String, #[scope_value] String),
    #[error("nothing that could be matched")]
    Number(#[scope_value] u64),
    #[error("an argument")]
    Argument {
        #[scope_value(path)]
        path: String,
    },
    #[error(transparent)]
    #[status(transparent)]
    Handle(
        #[from]
        #[scope_value]
        ResourceError,
    ),
}

#[derive(Debug, thiserror::Error, HostError)]
enum OnVariant {
    #[error("on the variant")]
    #[scope_value]
    Whole(String),
}

fn main() {}
