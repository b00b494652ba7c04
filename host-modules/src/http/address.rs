use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use hostfn::Scope;
use hostfn::scope::ScopeKind;

use super::Resolve;
use super::error::HttpError;

/// Addresses that are not on the public internet, or leads back from there (the IANA registries of special-purpose addresses).
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Azure's metadata and wire server
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // 6to4 relays
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // benchmarks
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // multicast
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // reserved, broadcast among them
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same within `2000::/3`, outside of which nothing is public.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    // protocol assignments, Teredo among them
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Returns whether an address is on the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|block| in_v4(address, *block)),
        IpAddr::V6(address) => {
            in_v6(address, GLOBAL_V6) && !SPECIAL_V6.iter().any(|block| in_v6(address, *block))
        }
    }
}

fn in_v4(address: Ipv4Addr, (block, length): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= length
}

fn in_v6(address: Ipv6Addr, (block, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= length
}

/// The part of a grant that can name an address: its patterns without a `*`, which stands for every address.
pub(super) fn named(granted: &Scope) -> Option<Scope> {
    let patterns: Vec<&str> = granted.allow_patterns()?.filter(|pattern| !pattern.contains('*')).collect();
    Scope::new(ScopeKind::Host, &patterns, &[]).ok()
}

/// The operating system's resolver.
pub(super) fn by_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

/// Looks a name up, on a thread that keeps what `keep` stands for as long as it runs: the operating system cannot be
/// told to give up.
pub(super) fn look_up(
    resolve: &Resolve,
    name: &str,
    deadline: Instant,
    keep: impl Send + 'static,
) -> Result<Vec<IpAddr>, HttpError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let (resolve, name) = (Resolve::clone(resolve), name.to_owned());
    let run = move || {
        let _ = sender.send(resolve(&name));
        drop(keep);
    };
    thread::Builder::new()
        .name("http-resolver".to_owned())
        .spawn(run)
        .map_err(|_| HttpError::NameNotFound)?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) | Err(mpsc::RecvTimeoutError::Disconnected) => Err(HttpError::NameNotFound),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(HttpError::TimedOut),
    }
}
