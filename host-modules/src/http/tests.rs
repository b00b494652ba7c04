//! Tests that the public API does not allow: there, a name never stands for an address of this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hostfn::scope::ScopeKind;
use hostfn::{CancelToken, Interrupt, MemoryBudget, Scope};

use super::{Client, Http, Request, address, follow, module};

#[test]
fn addresses_of_the_public_internet_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700:4700::1111",
        "3ffe:ffff::1",
        "3fff:1000::1",
    ];
    for address in public {
        assert!(address::is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn a_connection_is_made_to_what_was_looked_at() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea").unwrap();
        String::from_utf8(request).unwrap()
    });

    // a second lookup returns another address, without a server
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mut client = Client::new(module().resolver(move |name| {
        assert_eq!(name, "rebind.example");
        let first = count.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(vec![IpAddr::V4(if first { Ipv4Addr::LOCALHOST } else { Ipv4Addr::new(127, 0, 0, 2) })])
    }));
    client.may_reach = |address| address == Ipv4Addr::LOCALHOST;
    let http = Http {
        client: Arc::new(client),
        share: Arc::default(),
        memory: MemoryBudget::new(1 << 20),
        interrupt: Interrupt::new(&CancelToken::new()),
        addresses: None,
    };
    let url = format!("http://rebind.example:{port}/");
    let fetch = || follow::fetch(&http, Scope::everything(ScopeKind::Host), &url, Request::default());
    let response = pollster::block_on(fetch()).unwrap();
    assert_eq!((response.status, &response.body[..], asked.load(Ordering::Relaxed)), (200, &b"tea"[..], 1));
    let request = server.join().unwrap();
    assert!(request.contains(&format!("host: rebind.example:{port}\r\n")), "{request}");
    drop(response);
    assert_eq!(http.memory.used(), 0);

    // the next request asks again, and its answer is checked again
    let refused = pollster::block_on(fetch()).unwrap_err();
    assert!(matches!(refused, super::HttpError::AddressDenied(_)), "{refused}");
}

#[test]
fn a_guest_without_time_sends_nothing() {
    let token = CancelToken::new();
    let http = Http {
        client: Arc::new(Client::new(module().resolver(|_| Ok(Vec::new())))),
        share: Arc::default(),
        memory: MemoryBudget::new(1 << 20),
        interrupt: Interrupt::new(&token),
        addresses: Scope::new(ScopeKind::Host, &["http://127.0.0.1:1"], &[]).ok().map(Arc::new),
    };
    let fetch = || {
        let grant = Scope::everything(ScopeKind::Host);
        pollster::block_on(follow::fetch(&http, grant, "http://127.0.0.1:1/", Request::default()))
    };
    assert!(matches!(fetch().unwrap_err(), super::HttpError::ConnectFailed));
    token.cancel();
    assert!(matches!(fetch().unwrap_err(), super::HttpError::TimedOut));
}
