//! Patterns of hosts.

use url::{Host, ParseError, Url};

use super::{List, Pattern, Wrong};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPattern {
    name: Name,
    /// One of these has to match.
    endpoints: Box<[Endpoint]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Any,
    Below(String),
    Exactly(Host),
}

/// `None` is any.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Endpoint {
    scheme: Option<String>,
    port: Option<u16>,
}

pub(super) struct HostValue {
    url: Url,
    host: Host,
}

/// Bytes of a URL that is matched: few servers take a longer one.
const LONGEST_URL: usize = 8_192;

/// Bytes of a host's name, in the ASCII form that DNS knows.
const LONGEST_HOST: usize = 253;

impl Pattern for HostPattern {
    /// A name that is no ASCII is longer than its ASCII form.
    const LONGEST: usize = 1_024;

    type Value<'v> = HostValue;

    fn everything() -> Self {
        HostPattern { name: Name::Any, endpoints: [Endpoint { scheme: None, port: None }].into() }
    }

    fn read(text: &str, list: List) -> Result<Self, Wrong> {
        if text.contains(char::is_whitespace) {
            return Err(Wrong::new("has white space in it", "write one host per pattern"));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(read_scheme(scheme)?), rest),
            None => (None, text),
        };
        if rest.contains('@') {
            return Err(Wrong::new("names a user", "leave out the `@` and what stands before it"));
        }
        if let Some(end) = rest.find(['/', '?', '#', '\\']) {
            return Err(Wrong {
                what: format!("goes on after the host with `{}`", &rest[end..]).into(),
                remedy: "keep to `[scheme://]name[:port]`: paths and ranges of addresses are not compared",
            });
        }
        if rest.matches(':').count() > 1 && !rest.contains('[') {
            return Err(Wrong::new(
                "has more than one `:`",
                "put an IPv6 address in brackets, as in `[::1]:8080`",
            ));
        }
        let (name, port) = match rest.rsplit_once(':') {
            // a colon before a bracket is one of an IPv6 address
            Some((name, port)) if !port.ends_with(']') => (name, Some(read_port(port)?)),
            _ => (rest, None),
        };
        Ok(HostPattern { name: Name::read(name)?, endpoints: Endpoint::read(scheme, port, list)? })
    }

    fn value(text: &str) -> Option<HostValue> {
        if text.len() > LONGEST_URL {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let host = connected(url.host_str()?).ok().filter(|host| !is_too_long(host))?;
        Some(HostValue { url, host })
    }

    fn matches(&self, value: &HostValue) -> bool {
        self.name.matches(&value.host) && self.endpoints.iter().any(|endpoint| endpoint.matches(&value.url))
    }

    fn covers(&self, other: &Self) -> bool {
        let reached = |inner| self.endpoints.iter().any(|outer| outer.covers(inner));
        self.name.covers(&other.name) && other.endpoints.iter().all(reached)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let shared = |a: &Endpoint| other.endpoints.iter().any(|b| a.overlaps(b));
        // names are a tree: where two have any host in common, one of them covers the other
        (self.name.covers(&other.name) || other.name.covers(&self.name)) && self.endpoints.iter().any(shared)
    }

    fn narrowest(value: &HostValue) -> String {
        let host = value.host.to_string();
        let name = match host.rsplit_once('*') {
            None => host,
            Some((_, after)) => match after.split_once('.') {
                Some((_, parent)) => format!("*.{parent}"),
                None => "*".to_owned(),
            },
        };
        let port = value.url.port_or_known_default().map(|port| format!(":{port}"));
        format!("{}://{name}{}", value.url.scheme(), port.unwrap_or_default())
    }
}

impl Name {
    fn read(text: &str) -> Result<Self, Wrong> {
        if text == "*" {
            return Ok(Name::Any);
        }
        let (below, name) = match text.strip_prefix("*.") {
            Some(parent) => (true, parent),
            None => (false, text),
        };
        let host = connected(name).map_err(|error| Wrong {
            what: format!("does not name a host ({error})").into(),
            remedy: "write a name such as `example.com`, an IPv4 address, or an IPv6 address in brackets",
        })?;
        match (below, host) {
            (_, host) if is_too_long(&host) => {
                Err(Wrong::new("names a host of more than 253 bytes", "write a name that DNS can hold"))
            }
            (_, Host::Domain(name)) if name.contains('*') => Err(Wrong::new(
                "has a `*` that is neither the whole name nor its first label",
                "write `*` for every host, or `*.example.com` for all below one",
            )),
            (true, Host::Domain(parent)) => Ok(Name::Below(parent)),
            (true, _) => {
                Err(Wrong::new("has a `*.` before an address", "leave it out: nothing is below an address"))
            }
            (false, host) => Ok(Name::Exactly(host)),
        }
    }

    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Name::Any, _) => true,
            (Name::Below(parent), Host::Domain(name)) => is_below(name, parent),
            (Name::Below(_), _) => false,
            (Name::Exactly(exactly), host) => exactly == host,
        }
    }

    fn covers(&self, other: &Name) -> bool {
        match (self, other) {
            (Name::Any, _) => true,
            (_, Name::Any) | (Name::Exactly(_), Name::Below(_)) => false,
            (Name::Below(outer), Name::Below(inner)) => inner == outer || is_below(inner, outer),
            (_, Name::Exactly(host)) => self.matches(host),
        }
    }
}

fn is_too_long(host: &Host) -> bool {
    matches!(host, Host::Domain(name) if name.len() > LONGEST_HOST)
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|labels| labels.ends_with('.'))
}

impl Endpoint {
    fn read(scheme: Option<String>, port: Option<u16>, list: List) -> Result<Box<[Self]>, Wrong> {
        let schemes = match (list, scheme) {
            // a host that stays open on another port is not denied
            (List::Deny, scheme) => return Ok([Endpoint { scheme, port }].into()),
            (List::Allow, Some(scheme)) => vec![scheme],
            (List::Allow, None) => vec!["http".to_owned(), "https".to_owned()],
        };
        let with_port = |scheme: String| {
            let port = port.or_else(|| url_of(&scheme)?.port_or_known_default()).ok_or_else(|| Wrong {
                what: format!("has no port, and `{scheme}` has none of its own").into(),
                remedy: "add one, as in `:1234`",
            })?;
            Ok(Endpoint { scheme: Some(scheme), port: Some(port) })
        };
        schemes.into_iter().map(with_port).collect()
    }

    fn matches(&self, url: &Url) -> bool {
        self.scheme.as_deref().is_none_or(|scheme| scheme == url.scheme())
            && self.port.is_none_or(|port| Some(port) == url.port_or_known_default())
    }

    fn covers(&self, other: &Endpoint) -> bool {
        (self.scheme.is_none() || self.scheme == other.scheme)
            && (self.port.is_none() || self.port == other.port)
    }

    fn overlaps(&self, other: &Endpoint) -> bool {
        let scheme = self.scheme.is_none() || other.scheme.is_none() || self.scheme == other.scheme;
        scheme && (self.port.is_none() || other.port.is_none() || self.port == other.port)
    }
}

fn read_scheme(text: &str) -> Result<String, Wrong> {
    url_of(text)
        .map(|url| url.scheme().to_owned())
        .filter(|scheme| scheme.eq_ignore_ascii_case(text))
        .ok_or(Wrong::new("has no valid scheme", "start it with one such as `https://`, or leave it out"))
}

fn url_of(scheme: &str) -> Option<Url> {
    Url::parse(&format!("{scheme}://host")).ok()
}

fn read_port(text: &str) -> Result<u16, Wrong> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0).ok_or_else(|| Wrong {
        what: format!("has the port `{text}`").into(),
        remedy: "write a number from 1 to 65535, and one pattern for each port",
    })
}

/// The host that a connection goes to, in its one spelling.
fn connected(text: &str) -> Result<Host, ParseError> {
    match Host::parse(text)? {
        Host::Domain(mut name) => {
            if name.ends_with('.') {
                name.pop();
            }
            if name.split('.').any(str::is_empty) {
                return Err(ParseError::EmptyHost);
            }
            Ok(Host::Domain(name))
        }
        Host::Ipv6(address) => Ok(address.to_ipv4_mapped().map_or(Host::Ipv6(address), Host::Ipv4)),
        address @ Host::Ipv4(_) => Ok(address),
    }
}
