use std::fmt;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hostfn::state::{MemoryReservation, OutOfMemory};
use ureq::http;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::transport::RustlsConnector;
use ureq::{Agent, Body};

use super::error::HttpError;
use super::message::Outgoing;
use super::share::{Permit, Permits, Share};
use super::wire::{Dial, Fixed, Wire};
use super::{Limits, Options, Resolve, address};

/// The HTTP client of a host.
pub(super) struct Client {
    pub(super) limits: Limits,
    pub(super) resolve: Resolve,
    /// The filter of addresses that a name may resolve to.
    pub(super) may_reach: fn(IpAddr) -> bool,
    tls: Arc<RustlsConnector>,
    tls_config: TlsConfig,
    permits: Arc<Permits>,
}

impl Client {
    pub(super) fn new(Options { limits, resolve, roots, .. }: Options) -> Self {
        let root_certs = if roots.is_empty() {
            RootCerts::WebPki
        } else {
            let public =
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| Certificate::from_der(der));
            public.chain(roots).collect::<Vec<_>>().into()
        };
        Self {
            permits: Permits::new(limits.concurrent),
            limits,
            resolve,
            may_reach: address::is_public,
            tls: Arc::default(),
            tls_config: TlsConfig::builder().root_certs(root_certs).build(),
        }
    }

    /// Counts a request that an instance begins.
    pub(super) fn permit(&self, share: &Arc<Share>) -> Result<Arc<Permit>, HttpError> {
        let own = self.limits.instance_concurrent;
        self.permits.take(share, own).map(Arc::new).ok_or(HttpError::Busy(self.limits.concurrent))
    }

    /// Bytes of the buffers that a connection has.
    pub(super) fn buffers(&self) -> usize {
        self.input_buffer() + self.output_buffer() + CHUNK + SESSION
    }

    fn input_buffer(&self) -> usize {
        // one more than allowed, so that too much is seen to be
        self.limits.headers.saturating_add(SLACK)
    }

    fn output_buffer(&self) -> usize {
        // with room for a URL, and for what the host adds
        self.limits.headers.saturating_add(2 * SLACK)
    }

    /// Sends one request to one of these addresses, and reads the answer up to its body.
    pub(super) fn send(
        &self,
        outgoing: &Outgoing,
        addresses: Vec<SocketAddr>,
        deadline: Instant,
        stop: &Stop,
    ) -> Result<Answer, HttpError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(HttpError::TimedOut);
        }
        let wire = Arc::new(Wire::default());
        let dial = Dial { tls: Arc::clone(&self.tls), wire: Arc::clone(&wire) };
        let agent = Agent::with_parts(self.config(left), dial, Fixed(addresses));
        if !stop.register(&agent) {
            return Err(HttpError::TimedOut);
        }
        let (parts, ()) = outgoing.to_http()?.into_parts();
        let sent = match outgoing.body() {
            Some(body) => agent.run(http::Request::from_parts(parts, body)),
            None => agent.run(http::Request::from_parts(parts, ())),
        };
        match sent {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                Ok(Answer { parts, body, wire })
            }
            Err(error) => Err(self.failure(&error, &wire)),
        }
    }

    fn config(&self, left: Duration) -> ureq::config::Config {
        Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .tls_config(self.tls_config.clone())
            .timeout_global(Some(left))
            .timeout_connect(Some(self.limits.connect_timeout.min(left)))
            .max_response_header_size(self.limits.headers)
            .input_buffer_size(self.input_buffer())
            .output_buffer_size(self.output_buffer())
            .build()
    }

    /// The whole body of an answer, which `held` holds from then on, beside what it does.
    pub(super) fn read(&self, answer: Answer, held: &mut MemoryReservation) -> Result<Vec<u8>, HttpError> {
        let Answer { body, wire, .. } = answer;
        let limit = self.limits.response_body;
        let too_large = HttpError::ResponseTooLarge { what: "body", limit };
        if body.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large);
        }
        let before = held.bytes();
        let (mut bytes, mut chunk) = (Vec::new(), vec![0; CHUNK]);
        let mut reader = body.into_reader();
        loop {
            let read = match reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => &chunk[..read],
                Err(error) => return Err(self.failure(&error.into(), &wire)),
            };
            let length = bytes.len().saturating_add(read.len());
            if length > limit {
                return Err(too_large);
            }
            if length > bytes.capacity() {
                let capacity = bytes.capacity().saturating_mul(2).clamp(length, limit);
                // a block that grows may be moved
                held.resize(before.saturating_add(capacity).saturating_add(bytes.capacity()))?;
                bytes.try_reserve_exact(capacity - bytes.len()).map_err(|_| OutOfMemory)?;
                held.resize(before.saturating_add(capacity))?;
            }
            bytes.extend_from_slice(read);
        }
        drop(reader);
        if wire.broke.load(Ordering::Relaxed) || wire.excess.load(Ordering::Relaxed) {
            return Err(HttpError::Incomplete);
        }
        Ok(bytes)
    }

    /// The error for the guest, without the addresses in the client's message.
    fn failure(&self, error: &ureq::Error, wire: &Wire) -> HttpError {
        let reached = wire.reached.load(Ordering::Relaxed);
        let ready = wire.ready.load(Ordering::Relaxed);
        match error {
            ureq::Error::Timeout(_) => HttpError::TimedOut,
            ureq::Error::LargeResponseHeader(..) => {
                HttpError::ResponseTooLarge { what: "headers", limit: self.limits.headers }
            }
            ureq::Error::Io(_) if ready => HttpError::Incomplete,
            _ if ready => HttpError::BadResponse,
            _ if reached => HttpError::TlsFailed,
            _ => HttpError::ConnectFailed,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("limits", &self.limits)
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

const USER_AGENT: &str = concat!("hostfn/", env!("CARGO_PKG_VERSION"));
const CHUNK: usize = 16 << 10;
const SLACK: usize = 10 << 10;
/// A TLS session with records of both directions, and what decompresses a body.
const SESSION: usize = 128 << 10;

/// The response of a server, up to its body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) parts: http::response::Parts,
    body: Body,
    wire: Arc<Wire>,
}

/// Ends a request that nobody waits for any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<Mutex<Course>>);

#[derive(Debug, Default)]
enum Course {
    #[default]
    Idle,
    Connected(Agent),
    Stopped,
}

impl Stop {
    /// `agent` is what to shut down from now on; whether to go on at all.
    fn register(&self, agent: &Agent) -> bool {
        let mut course = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = !matches!(*course, Course::Stopped);
        if goes_on {
            *course = Course::Connected(agent.clone());
        }
        goes_on
    }

    /// Stops it when what is returned is dropped.
    pub(super) fn when_dropped(&self) -> StopWhenDropped {
        StopWhenDropped(self.clone())
    }
}

#[derive(Debug)]
pub(super) struct StopWhenDropped(Stop);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        let mut course = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Course::Connected(agent) = std::mem::replace(&mut *course, Course::Stopped) {
            agent.shutdown();
        }
    }
}
