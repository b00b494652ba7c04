//! One connection: to addresses that were checked, and watched for what the client does not tell.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector, Transport,
};

/// The progress of a connection, and its outcome.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// The server takes connections.
    pub(super) reached: AtomicBool,
    /// It can be sent a request.
    pub(super) ready: AtomicBool,
    /// It ended other than by being closed.
    pub(super) broke: AtomicBool,
    /// There was more on it than the answer. Only what came along with the answer is seen: nobody waits for more.
    pub(super) excess: AtomicBool,
}

/// Resolves whatever it is asked to these addresses.
#[derive(Debug)]
pub(super) struct Fixed(pub(super) Vec<SocketAddr>);

impl Resolver for Fixed {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        // as many as there is room for
        for address in self.0.iter().take(16) {
            addresses.push(*address);
        }
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }
}

/// Connects by TCP, with TLS where the URL says so, and in no other way.
#[derive(Debug)]
pub(super) struct Dial {
    /// Made once for all connections: it reads the root certificates.
    pub(super) tls: Arc<RustlsConnector>,
    pub(super) wire: Arc<Wire>,
}

impl Connector<()> for Dial {
    type Out = Watched;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Watched>, ureq::Error> {
        let plain = TcpConnector::default().connect(details, None::<()>)?;
        self.wire.reached.store(true, Ordering::Relaxed);
        let Some(inner) = self.tls.connect(details, plain)? else { return Ok(None) };
        self.wire.ready.store(true, Ordering::Relaxed);
        Ok(Some(Watched { inner: Box::new(inner), wire: Arc::clone(&self.wire) }))
    }
}

/// A connection that says how it ended.
#[derive(Debug)]
pub(super) struct Watched {
    inner: Box<dyn Transport>,
    wire: Arc<Wire>,
}

impl Transport for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        // the client takes a connection that was reset for one that was closed, which may be how a body ends
        self.inner.await_input(timeout).inspect_err(|_| self.wire.broke.store(true, Ordering::Relaxed))
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.inner.buffers().input().is_empty() {
            self.wire.excess.store(true, Ordering::Relaxed);
        }
    }
}
