use hostfn::HostError;
use hostfn::state::OutOfMemory;

/// The reason there is no answer. No message names an address, or where a redirect leads.
#[derive(Debug, thiserror::Error, HostError)]
pub enum HttpError {
    /// The URL is not one of `http` or `https`, is too long, or names a user.
    #[error("the URL {0}")]
    #[status(bad_input)]
    BadUrl(&'static str),
    /// A header's name or value has characters that it cannot have.
    #[error("header {0} of the request {1}")]
    #[status(bad_input)]
    BadHeader(usize, &'static str),
    /// The host sets this header itself, or none may.
    #[error("guests cannot set the header `{0}`")]
    #[status(bad_input)]
    HeaderRefused(String),
    /// A request of this method has no body.
    #[error("a {0} request cannot have a body")]
    #[status(bad_input)]
    BodyNotAllowed(&'static str),
    /// The request's body or headers are larger than the host allows.
    #[error("the request's {what} may take {limit} bytes")]
    #[status(quota_exceeded)]
    RequestTooLarge {
        /// `body` or `headers`.
        what: &'static str,
        /// The greatest number of bytes.
        limit: usize,
    },
    /// The answer's body or headers are larger than the host allows.
    #[error("the response's {what} may take {limit} bytes")]
    #[status(quota_exceeded)]
    ResponseTooLarge {
        /// `body` or `headers`.
        what: &'static str,
        /// The greatest number of bytes.
        limit: usize,
    },
    /// The host has as many requests under way as it allows, or the instance its share of them.
    #[error("the host has at most {0} requests under way at once, and this instance has its share of them")]
    #[status(quota_exceeded)]
    Busy(usize),
    /// The instance's memory is used up, with what the host holds for it.
    #[error(transparent)]
    #[status(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The server redirects to where the grant does not reach.
    #[error("the server redirects to where the grant does not reach")]
    #[status(no_capability)]
    RedirectDenied(#[scope_value] String),
    /// The server's address is not on the public internet, and the grant does not name it.
    #[error("the server's address is not on the public internet, and the grant does not name it")]
    #[status(no_capability)]
    AddressDenied(#[scope_value] String),
    /// The server redirects again and again.
    #[error("the server redirects more than {0} times")]
    TooManyRedirects(u32),
    /// The server's name stands for no address.
    #[error("the server's name does not resolve")]
    #[status(not_found)]
    NameNotFound,
    /// The server takes no connection.
    #[error("the server refuses connections")]
    ConnectFailed,
    /// The server's certificate is not trusted, or it does not speak TLS.
    #[error("the server's certificate is not trusted, or it does not speak TLS")]
    TlsFailed,
    /// The time is up.
    #[error("the time is up")]
    TimedOut,
    /// The answer ended early, or went on where it should have ended.
    #[error("the response is longer or shorter than announced")]
    Incomplete,
    /// The answer is no HTTP, or cannot be decompressed.
    #[error("the response is not HTTP, or cannot be decompressed")]
    BadResponse,
}
