use std::time::Duration;

use hostfn::state::MemoryReservation;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use ureq::http;
use ureq::http::header::{HeaderMap, HeaderName};
use url::{Position, Url};

use super::Limits;
use super::error::HttpError;

/// A request's method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    #[default]
    Get,
    /// Read the headers alone.
    Head,
    /// Hand something over.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
    /// Ask what can be done.
    Options,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }

    fn takes_body(self) -> bool {
        !matches!(self, Method::Get | Method::Head)
    }

    fn needs_body(self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch)
    }

    fn to_http(self) -> http::Method {
        match self {
            Method::Get => http::Method::GET,
            Method::Head => http::Method::HEAD,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
            Method::Options => http::Method::OPTIONS,
        }
    }
}

/// The value of a request's header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeaderValue {
    /// This text: visible ASCII, spaces and tabs.
    Text(String),
}

/// A request, but for its URL. What is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// The method: GET.
    pub method: Method,
    /// The headers, names and values: none. A name may come again.
    pub headers: Vec<(String, HeaderValue)>,
    /// The body: none. A GET and a HEAD have none.
    pub body: Option<ByteBuf>,
    /// The most time that it may take, in milliseconds: the host's limit, which it cannot raise.
    pub timeout_ms: Option<u32>,
}

impl Request {
    /// The most time that the guest gives it.
    pub(super) fn time(&self) -> Duration {
        self.timeout_ms.map_or(Duration::MAX, |millis| Duration::from_millis(millis.into()))
    }
}

/// A server's answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, names in lower case and values; a name may come again. Bytes of a value that are not UTF-8 are
    /// replaced by `U+FFFD`. Of a body that was decompressed, length and encoding are left out.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: ByteBuf,
    /// The URL that answered, after all redirects.
    pub url: String,
    /// Until the reply is written.
    #[serde(skip)]
    #[expect(dead_code, reason = "it holds memory, and is dropped with the reply")]
    pub(super) held: Option<MemoryReservation>,
}

/// The longest URL.
const LONGEST_URL: usize = 8 << 10;

/// A guest's request after its checks, also after a redirect.
pub(super) struct Outgoing {
    pub(super) url: Url,
    pub(super) method: Method,
    headers: HeaderMap,
    body: Option<ByteBuf>,
    secret: Option<SecretHeader>,
    is_redirected: bool,
}

/// A header whose value goes to some servers only.
pub(super) struct SecretHeader {
    pub(super) name: HeaderName,
    /// For the URL that the guest named.
    pub(super) first: http::HeaderValue,
    /// For a URL that it was redirected to, if it may go there.
    pub(super) then: ValueFor,
}

type ValueFor = Box<dyn Fn(&str) -> Option<http::HeaderValue> + Send>;

impl Outgoing {
    pub(super) fn new(url: &str, request: Request, limits: &Limits) -> Result<Self, HttpError> {
        let Request { method, headers, body, .. } = request;
        let url = read_url(url)?;
        let headers = header_map(&headers, limits.headers)?;
        if body.is_some() && !method.takes_body() {
            return Err(HttpError::BodyNotAllowed(method.as_str()));
        }
        let limit = limits.request_body;
        if body.as_ref().is_some_and(|body| body.len() > limit) {
            return Err(HttpError::RequestTooLarge { what: "body", limit });
        }
        Ok(Self { url, method, headers, body, secret: None, is_redirected: false })
    }

    /// Also with this header, in place of one of its name that was there.
    #[cfg(feature = "secret")]
    pub(super) fn with_secret(mut self, header: SecretHeader) -> Self {
        self.headers.remove(&header.name);
        self.secret = Some(header);
        self
    }

    /// About how many bytes it takes up.
    pub(super) fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        self.url.as_str().len() + headers + self.body.as_ref().map_or(0, |body| body.len())
    }

    /// The client's form of it, without the body.
    pub(super) fn to_http(&self) -> Result<http::Request<()>, HttpError> {
        let mut request = http::Request::builder()
            .method(self.method.to_http())
            .uri(&self.url[..Position::AfterQuery])
            .body(())
            .map_err(|_| HttpError::BadUrl("has characters in it that no server is asked for"))?;
        // what is sent is what was matched: two readers of one URL must agree
        let uri = request.uri();
        if uri.host() != self.url.host_str() || uri.port_u16() != self.url.port() {
            return Err(HttpError::BadUrl("is ambiguous"));
        }
        request.headers_mut().clone_from(&self.headers);
        if let Some(SecretHeader { name, first, then }) = &self.secret {
            let value = if self.is_redirected { then(self.url.as_str()) } else { Some(first.clone()) };
            request.headers_mut().extend(value.map(|value| (name.clone(), value)));
        }
        Ok(request)
    }

    pub(super) fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Some(body) => Some(body),
            None => self.method.needs_body().then_some(&[]),
        }
    }

    /// Returns whether the answer has a body if it says so.
    pub(super) fn wants_body(&self) -> bool {
        self.method != Method::Head
    }

    /// Sets what a redirect with this status makes of it (RFC 9110, section 15.4).
    pub(super) fn redirected(mut self, status: u16, url: Url) -> Self {
        let to_get = match status {
            303 => self.method != Method::Head,
            301 | 302 => self.method == Method::Post,
            _ => false,
        };
        if to_get {
            self.method = Method::Get;
            self.body = None;
            for name in ["content-type", "content-encoding", "content-language", "content-location"] {
                self.headers.remove(name);
            }
        }
        if self.url.origin() != url.origin() {
            let names: Vec<HeaderName> = self.headers.keys().cloned().collect();
            for name in names.iter().filter(|name| !GO_ALONG.contains(&name.as_str())) {
                self.headers.remove(name);
            }
        }
        self.url = url;
        self.is_redirected = true;
        self
    }
}

/// The headers that go along to another origin: any other may be a credential.
const GO_ALONG: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-type",
    "range",
];

/// The headers that a guest cannot set: what frames the message, what is between this host and the next, and what the
/// host says of itself.
const REFUSED: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

fn read_url(text: &str) -> Result<Url, HttpError> {
    if text.len() > LONGEST_URL {
        return Err(HttpError::BadUrl("is too long"));
    }
    let url = Url::parse(text).map_err(|_| HttpError::BadUrl("is not valid"))?;
    if !is_http(&url) {
        return Err(HttpError::BadUrl("is not one of `http` or `https`"));
    }
    if names_user(&url) {
        return Err(HttpError::BadUrl("names a user; send a header instead"));
    }
    Ok(url)
}

pub(super) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

pub(super) fn names_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

pub(super) fn header_name(name: &str, index: usize) -> Result<HeaderName, HttpError> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| HttpError::BadHeader(index, "has no valid name"))?;
    if REFUSED.contains(&name.as_str()) {
        return Err(HttpError::HeaderRefused(name.to_string()));
    }
    Ok(name)
}

/// The headers of a request, checked, and what the host adds: the one place where they are put together.
fn header_map(headers: &[(String, HeaderValue)], limit: usize) -> Result<HeaderMap, HttpError> {
    let too_large = || HttpError::RequestTooLarge { what: "headers", limit };
    let mut map = HeaderMap::new();
    let mut bytes = 0_usize;
    for (i, (name, value)) in headers.iter().enumerate() {
        let HeaderValue::Text(text) = value;
        // four for `: ` and the line's end
        bytes = bytes.saturating_add(name.len()).saturating_add(text.len()).saturating_add(4);
        if bytes > limit {
            return Err(too_large());
        }
        let bad = |what| HttpError::BadHeader(i, what);
        let name = header_name(name, i)?;
        let value = http::HeaderValue::from_str(text)
            .ok()
            .filter(|_| text.is_ascii())
            .ok_or_else(|| bad("has no valid value"))?;
        map.try_append(name, value).map_err(|_| too_large())?;
    }
    // a part of something compressed cannot be decompressed
    if map.contains_key("range") {
        map.insert("accept-encoding", http::HeaderValue::from_static("identity"));
    }
    map.insert("connection", http::HeaderValue::from_static("close"));
    Ok(map)
}
