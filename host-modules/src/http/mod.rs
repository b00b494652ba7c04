//! Requests to the servers that a guest is granted.
//!
//! ```
//! use std::time::Duration;
//!
//! use hostfn_modules::http;
//! use hostfn::Registry;
//!
//! let http = http::module().timeout(Duration::from_secs(5)).max_response_body(1 << 20);
//! let registry = Registry::builder().module(http).build()?;
//! let grants = registry.read_grants(r#""http.fetch" = { allow = ["https://*.example.com"] }"#)?;
//! assert!(grants.allows(&http::HTTP_FETCH));
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants: `"http.fetch" = { allow = ["https://api.example.com", "http://127.0.0.1:8080"] }`.
//!
//! # What a request may reach
//!
//! The URL is matched against the grant before a request, and the URL of every redirect before it is followed. A name
//! is resolved once for each of them, and the connection is made to the addresses that were looked at and to no other.
//! An address that is not on the public internet (private, loopback, link-local, carrier-grade NAT, multicast,
//! documentation, one that carries an IPv4 address in an IPv6 one, a cloud's metadata service) is refused, unless the
//! operator's grant names that very address, as in `http://127.0.0.1:8080`: a name that stands for such an address stays
//! refused, and so does the address under `*`. What a plugin's manifest asks for does not name it either.
//!
//! There are no proxies, whatever the environment says, no cookies, no stored passwords, and no way to leave a server's
//! certificate unchecked. No connection serves two requests.
//!
//! # Time
//!
//! A request blocks a thread, not the guest's executor, and ends when its time is up, with the guest's if that is less.
//! When the guest ends first, the connection is shut down.

mod address;
mod client;
mod error;
mod follow;
mod message;
#[cfg(feature = "secret")]
mod secret;
mod share;
#[cfg(test)]
mod tests;
mod wire;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hostfn::state::Shared;
use hostfn::{HostFn, HostModule, Interrupt, MemoryBudget, Scope, capabilities, host_fn};
use serde_bytes::ByteBuf;
use ureq::tls::{Certificate, PemItem, parse_pem};

use self::client::Client;
pub use self::error::HttpError;
pub use self::message::{HeaderValue, Method, Request, Response};
#[cfg(feature = "secret")]
pub use self::secret::{SecretFetchError, http_fetch_with_secret};

capabilities! {
    /// Send requests to servers, and read what they answer.
    pub HTTP_FETCH = "http.fetch" in host;
}

/// The module, with the operating system's resolver and the public certificate authorities.
pub fn module() -> Options {
    let limits = Limits {
        timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(5),
        request_body: 1 << 20,
        response_body: 8 << 20,
        headers: 64 << 10,
        redirects: 10,
        concurrent: 64,
        instance_concurrent: 8,
    };
    let resolve = Arc::new(address::by_system);
    Options {
        limits,
        resolve,
        roots: Vec::new(),
        bad_root: None,
        #[cfg(feature = "secret")]
        with_secrets: false,
    }
}

/// The module's options.
#[derive(Clone)]
#[must_use = "a registry takes it: `Registry::builder().module(http::module())`"]
pub struct Options {
    limits: Limits,
    resolve: Resolve,
    roots: Vec<Certificate<'static>>,
    bad_root: Option<&'static str>,
    #[cfg(feature = "secret")]
    with_secrets: bool,
}

type Resolve = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

#[derive(Clone, Copy, Debug)]
struct Limits {
    timeout: Duration,
    connect_timeout: Duration,
    request_body: usize,
    response_body: usize,
    headers: usize,
    redirects: u32,
    concurrent: usize,
    instance_concurrent: usize,
}

/// More would overflow a clock somewhere.
const LONGEST: Duration = Duration::from_hours(24);

impl Options {
    /// The most time for a request, from its start to the last byte of the answer, all redirects included: 10 seconds.
    /// At most a day.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.limits.timeout = time.min(LONGEST);
        self
    }

    /// The most time to look a name up, and then to connect, with the handshake of TLS: 5 seconds each. At most a day.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.limits.connect_timeout = time.min(LONGEST);
        self
    }

    /// The most bytes of a request's body: 1 MiB. What a guest passes to any function is limited too, by
    /// [`Limits::args`](hostfn::Limits::args).
    pub fn max_request_body(mut self, bytes: usize) -> Self {
        self.limits.request_body = bytes;
        self
    }

    /// The most bytes of an answer's body, decompressed: 8 MiB. What a guest is replied by any function is limited too,
    /// by [`Limits::reply`](hostfn::Limits::reply).
    pub fn max_response_body(mut self, bytes: usize) -> Self {
        self.limits.response_body = bytes;
        self
    }

    /// The most bytes of headers of a request, its URL included, and of an answer: 64 KiB. At most 1 MiB. An
    /// answer that has more than 128 headers is refused in any case.
    pub fn max_headers(mut self, bytes: usize) -> Self {
        self.limits.headers = bytes.min(1 << 20);
        self
    }

    /// The most redirects that one request follows: 10.
    pub fn max_redirects(mut self, count: u32) -> Self {
        self.limits.redirects = count;
        self
    }

    /// The most requests under way at once, over all instances of the host: 64. One that was given up counts until no
    /// thread is busy with it, such as with its name. Of those, an instance that has some leaves as many free as it has,
    /// so that others find one.
    pub fn max_concurrent(mut self, count: usize) -> Self {
        self.limits.concurrent = count;
        self
    }

    /// The most of them for one instance: 8.
    pub fn max_concurrent_per_instance(mut self, count: usize) -> Self {
        self.limits.instance_concurrent = count;
        self
    }

    /// Looks names up, in place of the operating system: all the addresses that a name stands for. An address that is
    /// not public is refused all the same. It runs on a thread of its own, and is not waited for longer than connecting
    /// may take.
    pub fn resolver(
        mut self,
        resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.resolve = Arc::new(resolve);
        self
    }

    /// Also `http_fetch_with_secret`, which sends a secret of the module [`secret`](crate::secret) in a header, where the
    /// secret may go.
    #[cfg(feature = "secret")]
    pub fn with_secrets(mut self) -> Self {
        self.with_secrets = true;
        self
    }

    /// Trusts servers whose certificates these authorities signed, besides the public ones: certificates in PEM. The
    /// registry is not built (`H0108`) if there are none in it.
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        let before = self.roots.len();
        for item in parse_pem(pem.as_ref()) {
            match item {
                Ok(PemItem::Certificate(root)) => self.roots.push(root),
                Ok(_) => {}
                Err(_) => self.bad_root = Some("a root certificate is not in PEM"),
            }
        }
        if self.roots.len() == before {
            self.bad_root = Some("a root certificate is not in PEM");
        }
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl From<Options> for HostModule {
    fn from(options: Options) -> HostModule {
        let module = HostModule::new("http").functions([http_fetch::SPEC, http_get::SPEC, http_post::SPEC]);
        #[cfg(feature = "secret")]
        let module = if options.with_secrets { secret::with_secrets(module) } else { module };
        if let Some(what) = options.bad_root {
            return module.require_config(what, "give it as `-----BEGIN CERTIFICATE-----` and so on");
        }
        let client = Arc::new(Client::new(options));
        module.state("http", move |cx| {
            let granted = cx.granted().scope_of(&HTTP_FETCH);
            Ok::<_, Infallible>(Shared::new(Http {
                client: Arc::clone(&client),
                share: Arc::default(),
                memory: cx.memory().clone(),
                interrupt: cx.interrupt().clone(),
                addresses: granted.and_then(|granted| address::named(granted)).map(Arc::new),
            }))
        })
    }
}

/// The HTTP state of an instance.
#[derive(Debug)]
pub struct Http {
    client: Arc<Client>,
    share: Arc<share::Share>,
    memory: MemoryBudget,
    interrupt: Interrupt,
    /// The operator's patterns without a `*`: where an address can be that is not public.
    addresses: Option<Arc<Scope>>,
}

/// Send a request and read the whole answer, whatever its status, after at most as many redirects as the host allows.
///
/// Redirects are followed by `Location` for the statuses 301, 302, 303, 307 and 308: after 303, and after 301 or 302 to a
/// POST, with a GET and no body. To another scheme, host or port, of the headers only those go along that cannot be a
/// credential (`accept`, `content-type` and the like). A body that came compressed with gzip is decompressed.
///
/// Fails when the request is malformed (`bad_url`, `bad_header`, `header_refused`, `body_not_allowed`), leads where the grant
/// does not (`redirect_denied`, `address_denied`), is too large (`request_too_large`, `response_too_large`,
/// `out_of_memory`), takes too long (`timed_out`), when the host has too many under way (`busy`), and when the server
/// cannot be reached or understood (`name_not_found`, `connect_failed`, `tls_failed`, `too_many_redirects`,
/// `incomplete`, `bad_response`).
#[host_fn(capability = HTTP_FETCH(url), collect = false)]
pub async fn http_fetch(
    #[state] http: Shared<Http>,
    #[grant] grant: Scope,
    url: String,
    request: Request,
) -> Result<Response, HttpError> {
    follow::fetch(&http, grant, &url, request).await
}

/// Fetch a URL: `http_fetch` with the method GET, no headers, no body and the host's timeout. Fails as that does.
#[host_fn(capability = HTTP_FETCH(url), collect = false)]
pub async fn http_get(
    #[state] http: Shared<Http>,
    #[grant] grant: Scope,
    url: String,
) -> Result<Response, HttpError> {
    follow::fetch(&http, grant, &url, Request::default()).await
}

/// Post a body of a content type, such as `application/json`: `http_fetch` with the method POST and no other headers.
/// Fails as that does.
#[host_fn(capability = HTTP_FETCH(url), collect = false)]
pub async fn http_post(
    #[state] http: Shared<Http>,
    #[grant] grant: Scope,
    url: String,
    content_type: String,
    body: ByteBuf,
) -> Result<Response, HttpError> {
    let headers = vec![("content-type".to_owned(), HeaderValue::Text(content_type))];
    let request = Request { method: Method::Post, headers, body: Some(body), timeout_ms: None };
    follow::fetch(&http, grant, &url, request).await
}
