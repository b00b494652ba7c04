use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hostfn::state::MemoryReservation;
use hostfn::{MemoryBudget, Scope};
use serde_bytes::ByteBuf;
use ureq::http::header::LOCATION;
use url::{Host, Url};

use super::client::{Answer, Client, Stop};
use super::error::HttpError;
use super::message::{Outgoing, Request, Response, is_http, names_user};
use super::share::Permit;
use super::{Http, address};

/// Sends a request on a thread that may block, follows its redirects, and reads the answer.
pub(super) async fn fetch(
    http: &Http,
    grant: Scope,
    url: &str,
    request: Request,
) -> Result<Response, HttpError> {
    let time = request.time();
    let outgoing = Outgoing::new(url, request, &http.client.limits)?;
    send(http, grant, outgoing, time).await
}

/// The same, of a request that was put together, and may take so much time at most.
pub(super) async fn send(
    http: &Http,
    grant: Scope,
    outgoing: Outgoing,
    time: Duration,
) -> Result<Response, HttpError> {
    let client = Arc::clone(&http.client);
    let permit = client.permit(&http.share)?;
    let time = client.limits.timeout.min(time).min(http.interrupt.time_left());
    let held = http.memory.take(outgoing.bytes().saturating_add(client.buffers()))?;
    let stop = Stop::default();
    let trip = Trip {
        client,
        grant,
        addresses: http.addresses.clone(),
        memory: http.memory.clone(),
        deadline: Instant::now() + time,
        stop: stop.clone(),
        permit,
        _held: held,
    };
    let _stops = stop.when_dropped();
    blocking::unblock(move || trip.run(outgoing)).await
}

/// Bytes that an allocator adds to each block.
const BLOCK: usize = 16;

/// A request and the redirects that it is answered with.
struct Trip {
    client: Arc<Client>,
    grant: Scope,
    /// The patterns that name addresses that are not public.
    addresses: Option<Arc<Scope>>,
    memory: MemoryBudget,
    deadline: Instant,
    stop: Stop,
    permit: Arc<Permit>,
    _held: MemoryReservation,
}

impl Trip {
    fn run(self, mut outgoing: Outgoing) -> Result<Response, HttpError> {
        let most = self.client.limits.redirects;
        for _ in 0..=most {
            let addresses = self.addresses_of(&outgoing.url)?;
            let answer = self.client.send(&outgoing, addresses, self.deadline, &self.stop)?;
            match self.target(&outgoing.url, &answer)? {
                Some(url) => outgoing = outgoing.redirected(answer.parts.status.as_u16(), url),
                None => return self.whole(&outgoing, answer),
            }
        }
        Err(HttpError::TooManyRedirects(most))
    }

    /// The addresses that a URL's host stands for, all of which may be connected to.
    fn addresses_of(&self, url: &Url) -> Result<Vec<SocketAddr>, HttpError> {
        let port = url.port_or_known_default().ok_or(HttpError::ConnectFailed)?;
        let addresses = match url.host() {
            Some(Host::Domain(name)) => {
                let deadline = self.deadline.min(Instant::now() + self.client.limits.connect_timeout);
                let keep = Arc::clone(&self.permit);
                let found = address::look_up(&self.client.resolve, name, deadline, keep)?;
                if !found.iter().all(|&address| (self.client.may_reach)(address)) {
                    return Err(HttpError::AddressDenied(url.to_string()));
                }
                found
            }
            Some(Host::Ipv4(address)) => vec![self.named(url, address.into())?],
            Some(Host::Ipv6(address)) => vec![self.named(url, address.into())?],
            None => return Err(HttpError::ConnectFailed),
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address.to_canonical(), port)).collect())
    }

    fn named(&self, url: &Url, address: IpAddr) -> Result<IpAddr, HttpError> {
        let is_named = || self.addresses.as_ref().is_some_and(|named| named.allows(url.as_str()));
        if address::is_public(address) || is_named() {
            Ok(address)
        } else {
            Err(HttpError::AddressDenied(url.to_string()))
        }
    }

    /// Returns where an answer redirects to, if it does: within the grant.
    fn target(&self, from: &Url, answer: &Answer) -> Result<Option<Url>, HttpError> {
        if !matches!(answer.parts.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(location) = answer.parts.headers.get(LOCATION) else { return Ok(None) };
        let location = str::from_utf8(location.as_bytes()).map_err(|_| HttpError::BadResponse)?;
        let mut url = from.join(location).map_err(|_| HttpError::BadResponse)?;
        if !is_http(&url) || names_user(&url) || !self.grant.allows(url.as_str()) {
            return Err(HttpError::RedirectDenied(url.to_string()));
        }
        if url.fragment().is_none() {
            url.set_fragment(from.fragment());
        }
        Ok(Some(url))
    }

    fn whole(&self, outgoing: &Outgoing, answer: Answer) -> Result<Response, HttpError> {
        let status = answer.parts.status.as_u16();
        let url = outgoing.url.as_str();
        // bytes that are not UTF-8 become three
        let texts = answer.parts.headers.iter().map(|(name, value)| name.as_str().len() + 3 * value.len());
        let entries = answer.parts.headers.len() * (size_of::<(String, String)>() + 2 * BLOCK);
        let mut held = self.memory.take(texts.sum::<usize>() + entries + url.len())?;
        let headers: Vec<(String, String)> = answer
            .parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        if outgoing.wants_body() && !matches!(status, 204 | 304) {
            body = self.client.read(answer, &mut held)?;
        }
        Ok(Response { status, headers, body: ByteBuf::from(body), url: url.to_owned(), held: Some(held) })
    }
}
