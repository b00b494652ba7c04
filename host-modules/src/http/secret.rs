use hostfn::state::Shared;
use hostfn::{Caller, HostError, HostFn, HostModule, Resource, Scope, host_fn};
use ureq::http;

use super::message::{Outgoing, SecretHeader, header_name};
use super::{HTTP_FETCH, Http, HttpError, Request, Response, follow};
use crate::secret::{self, OpenSecrets, Secret, SecretError};

/// The reason there is no answer to a request with a secret.
#[derive(Debug, thiserror::Error, HostError)]
pub enum SecretFetchError {
    /// The request failed.
    #[error(transparent)]
    #[status(transparent)]
    Http(#[from] HttpError),
    /// The secret cannot be sent.
    #[error(transparent)]
    #[status(transparent)]
    Secret(#[from] SecretError),
}

pub(super) fn with_secrets(module: HostModule) -> HostModule {
    module.function(http_fetch_with_secret::SPEC)
}

/// Send a request as `http_fetch` does, with a secret in the header `header`: the text `prefix`, such as `Bearer `, and
/// the secret, which the guest has open. In place of a header of that name in the request. A redirect takes the secret
/// along to servers that it may go to, and leaves it behind for others.
///
/// Fails as `http_fetch` does, when the handle is not there, when `secret.use` was revoked (`revoked`), and when the host does not let the secret go to the server
/// (`not_for_this_server`) or no header can hold it (`not_a_header`).
#[host_fn(capability = HTTP_FETCH(url), collect = false)]
#[expect(clippy::too_many_arguments, reason = "the host's are four of them")]
pub async fn http_fetch_with_secret(
    #[state] http: Shared<Http>,
    #[state] secrets: OpenSecrets,
    #[grant] grant: Scope,
    #[caller] caller: Caller,
    url: String,
    request: Request,
    header: String,
    prefix: String,
    secret: Resource<Secret>,
) -> Result<Response, SecretFetchError> {
    let name = header_name(&header, request.headers.len())?;
    let time = request.time();
    let outgoing = Outgoing::new(&url, request, &http.client.limits)?;
    let value = move |url: &str| {
        let secret = secret::header(&secrets, &caller, secret, url)?;
        let value = zeroize::Zeroizing::new(format!("{prefix}{}", secret.as_str()));
        let mut value = http::HeaderValue::from_str(&value).map_err(|_| SecretError::NotAHeader)?;
        value.set_sensitive(true);
        Ok::<_, SecretError>(value)
    };
    let first = value(outgoing.url.as_str())?;
    let outgoing =
        outgoing.with_secret(SecretHeader { name, first, then: Box::new(move |url| value(url).ok()) });
    Ok(follow::send(&http, grant, outgoing, time).await?)
}
