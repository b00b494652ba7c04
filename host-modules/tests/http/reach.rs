//! `http`: the servers that a guest reaches, and the way to them.

use std::io::Write;
use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use hostfn::{Grants, Status};
use hostfn_modules::http::{self, HTTP_FETCH, HeaderValue, Method, Request, Response};
use rustls::pki_types::PrivateKeyDer;
use serde_bytes::ByteBuf;
use test_support::relay::{Guest, Refused, host, relay};

use crate::server::{Received, Server, grants, ok, redirect};

type Found = io::Result<Vec<IpAddr>>;

const EVERYTHING: &str = "\"http.fetch\" = true";

fn get(grants: &str, url: &str) -> Result<Response, Refused> {
    Guest::new(http::module(), grants).call("http_get", (url,))
}

fn denied(refused: Result<Response, Refused>, code: &str) {
    let refused = refused.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::NO_CAPABILITY, code));
    let told = format!("{refused:?}");
    assert!(!told.contains("127.") && !told.contains("http"), "{told}");
}

#[test]
fn what_is_not_granted_is_not_reached() {
    let server = Server::with("tea");
    let port = server.address.port();
    let elsewhere = [
        "http://example.com".to_owned(),
        "http://127.0.0.1".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.2:{port}"),
    ];
    let mut guest = Guest::new(http::module(), &grants(&elsewhere));
    assert_eq!(guest.status("http_get", (server.url("/"),)), Status::NO_CAPABILITY);
    let fetch = (server.url("/"), Request::default());
    assert_eq!(guest.status("http_fetch", fetch), Status::NO_CAPABILITY);
    let text = (server.url("/"), "text/plain", ByteBuf::new());
    assert_eq!(guest.status("http_post", text), Status::NO_CAPABILITY);
    assert!(server.received().is_empty());
}

#[test]
fn an_address_that_is_not_public_is_granted_by_its_name_only() {
    let server = Server::with("tea");
    let port = server.address.port();
    let spellings =
        ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"];
    for host in spellings {
        let url = format!("http://{host}:{port}/");
        denied(get(EVERYTHING, &url), "address_denied");
        denied(get(&grants(&[format!("http://*:{port}")]), &url), "address_denied");
        assert_eq!(get(&grants(&[server.url("")]), &url).unwrap().status, 200, "{host}");
    }
    assert_eq!(server.received().len(), spellings.len());
    // a denial counts for an address that is named, too
    let both = format!("\"http.fetch\" = {{ allow = [\"{0}\"], deny = [\"127.0.0.1\"] }}", server.url(""));
    assert_eq!(get(&both, &server.url("/")).unwrap_err().status, Status::NO_CAPABILITY);
}

#[test]
fn no_address_that_is_not_public_is_reached_under_a_star() {
    let addresses = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:a9fe:a9fe::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in addresses.map(|address| address.parse::<IpAddr>().unwrap()) {
        let url =
            if address.is_ipv6() { format!("http://[{address}]/") } else { format!("http://{address}/") };
        denied(get(EVERYTHING, &url), "address_denied");
        // and no name leads there, alone or among others
        let public: IpAddr = "8.8.8.8".parse().unwrap();
        for found in [vec![address], vec![public, address], vec![address, public]] {
            let options = http::module().resolver(move |_| Ok(found.clone()));
            let mut guest = Guest::new(options, EVERYTHING);
            denied(guest.call("http_get", ("http://example.com/",)), "address_denied");
        }
    }
}

#[test]
fn a_name_that_stands_for_a_granted_address_stays_refused() {
    let server = Server::with("tea");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let options = http::module().resolver(move |name| {
        log.lock().unwrap().push(name.to_owned());
        Ok(vec!["127.0.0.1".parse().unwrap()])
    });
    let port = server.address.port();
    let named = grants(&[
        server.url(""),
        format!("http://rebind.example:{port}"),
        format!("http://localhost:{port}"),
    ]);
    let mut guest = Guest::new(options, &named);
    for host in ["rebind.example", "localhost"] {
        denied(guest.call("http_get", (format!("http://{host}:{port}/"),)), "address_denied");
    }
    guest.call::<Response>("http_get", (server.url("/"),)).unwrap();
    assert_eq!(*asked.lock().unwrap(), ["rebind.example", "localhost"]);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_plugin_cannot_name_an_address_for_itself() {
    let server = Server::with("tea");
    let host = host([http::module().into()]);
    let manifest = format!(
        "name = \"sly\"\nversion = \"1.0.0\"\nabi = 1\n[capabilities]\n\"http.fetch\" = {{ reason = \"R.\", allow = [{:?}] }}",
        server.url("")
    );
    let plugin = host.load_with_manifest(&manifest, &relay(host.registry())).unwrap();
    let with = |granted: &Grants| {
        let instance = pollster::block_on(plugin.instantiate_async(granted)).unwrap();
        Guest { host: host.clone(), instance }.call::<Response>("http_get", (server.url("/"),))
    };
    denied(with(&Grants::none().allow(&HTTP_FETCH)), "address_denied");
    let named = Grants::none().allow_within(&HTTP_FETCH, [server.url("")]).unwrap();
    assert_eq!(with(&named).unwrap().status, 200);
}

#[test]
fn a_name_is_looked_up_once_for_each_request() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let options = http::module().resolver(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(vec!["10.0.0.1".parse().unwrap()])
    });
    Guest::new(options, EVERYTHING).call::<Response>("http_get", ("https://a.example/",)).unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_name_that_stands_for_nothing_is_not_found() {
    let failing: [fn(&str) -> Found; 3] = [
        |_| Ok(Vec::new()),
        |_| Err(io::Error::other("the server at 10.0.0.1 is down")),
        |_| panic!("on purpose"),
    ];
    for resolve in failing {
        let mut guest = Guest::new(http::module().resolver(resolve), EVERYTHING);
        let refused = guest.call::<Response>("http_get", ("http://a.example/",)).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::NOT_FOUND, "name_not_found"));
        assert!(!refused.message.contains("10."), "{}", refused.message);
    }
}

#[test]
fn a_resolver_that_hangs_is_given_up_and_still_counts() {
    let (_hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let options =
        http::module().connect_timeout(Duration::from_millis(50)).max_concurrent(1).resolver(move |_| {
            let _ = held.lock().unwrap().recv();
            Ok(Vec::new())
        });
    let mut guest = Guest::new(options, EVERYTHING);
    let began = Instant::now();
    assert_eq!(guest.code("http_get", ("http://a.example/",)), "timed_out");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(guest.code("http_get", ("http://a.example/",)), "busy");
}

#[test]
fn greedy_instance_leaves_requests_to_a_modest_one() {
    let (_hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    // names of the greedy one are looked up for ever, as by a server of its own that never answers
    let options = http::module().max_concurrent_per_instance(usize::MAX).resolver(move |name| {
        if name == "slow.example" {
            let _ = held.lock().unwrap().recv();
        }
        Ok(Vec::new())
    });
    let host = host([options.into()]);
    let mut greedy: Vec<Guest> = (0..3).map(|_| Guest::in_host(&host, EVERYTHING)).collect();
    let request = Request { timeout_ms: Some(1), ..Request::default() };
    for greedy in &mut greedy {
        let codes: Vec<String> =
            (0..70).map(|_| greedy.code("http_fetch", ("http://slow.example/", &request))).collect();
        assert_eq!(codes.last().map(String::as_str), Some("busy"), "it is stopped");
    }
    let mut modest = Guest::in_host(&host, EVERYTHING);
    for _ in 0..10 {
        assert_eq!(modest.code("http_get", ("http://a.example/",)), "name_not_found");
    }
}

#[test]
fn a_server_that_takes_no_connection_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = get(&grants(&[&url]), &url).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "connect_failed"));
    assert!(!refused.message.contains("127"), "{}", refused.message);
}

/// Two servers, of which the first redirects to the second with `status`.
fn two(status: &'static str) -> (Server, Server, String) {
    let second = Server::with("at last");
    let first = Server::redirecting(status, second.url("/there"));
    let both = grants(&[first.url(""), second.url("")]);
    (first, second, both)
}

#[test]
fn a_redirect_within_the_grant_is_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let (first, second, both) = two(status);
        let response = get(&both, &first.url("/#part")).unwrap();
        assert_eq!((response.status, &response.body[..]), (200, &b"at last"[..]), "{status}");
        assert_eq!(response.url, second.url("/there#part"));
        assert_eq!(second.received()[0].line, "GET /there HTTP/1.1");
    }
}

#[test]
fn other_statuses_are_answers() {
    for status in ["300 Multiple", "304 Not Modified", "305 Use Proxy", "399 What", "201 Created"] {
        let (first, second, both) = two(status);
        let response = get(&both, &first.url("/")).unwrap();
        assert_eq!(response.status.to_string(), status[..3], "{status}");
        assert!(second.received().is_empty());
    }
    let nowhere = Server::saying("HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\ntea");
    let response = get(&grants(&[nowhere.url("")]), &nowhere.url("/")).unwrap();
    assert_eq!((response.status, &response.body[..]), (302, &b"tea"[..]));
}

#[test]
fn a_redirect_out_of_the_grant_is_refused_before_connecting() {
    let outside = Server::with("secret");
    let port = outside.address.port();
    let places = [
        outside.url("/"),
        format!("//127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        "http://127.0.0.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://localhost/".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:text/plain,tea".to_owned(),
        "javascript:alert(1)".to_owned(),
    ];
    for place in places {
        let server = Server::redirecting("302 Found", &*place);
        denied(get(&grants(&[server.url("")]), &server.url("/")), "redirect_denied");
    }
    assert!(outside.received().is_empty());

    // what is no HTTP, under a grant that covers it
    let server = Server::redirecting("302 Found", "ftp://127.0.0.1/");
    let also = grants(&[server.url(""), "ftp://127.0.0.1".to_owned()]);
    denied(get(&also, &server.url("/")), "redirect_denied");

    // another scheme, and a user, at the server itself
    let server = Server::new(|received, stream| {
        let host = received.header("host").unwrap();
        let place = match received.path() {
            "/tls" => format!("https://{host}/"),
            "/user" => format!("http://user:word@{host}/"),
            _ => format!("http://{host}@example.com/"),
        };
        stream.write_all(&redirect("307 Temporary", &place)).unwrap();
    });
    for path in ["/tls", "/user", "/trick"] {
        denied(get(&grants(&[server.url("")]), &server.url(path)), "redirect_denied");
    }
    assert_eq!(server.received().len(), 3);
}

#[test]
fn a_redirect_to_an_address_that_is_not_named_is_refused() {
    let inside = Server::with("secret");
    let server = Server::redirecting("302 Found", inside.url("/"));
    // everything but what is named by its address is allowed by a star
    let pattern =
        grants(&[server.url(""), "http://*".to_owned(), format!("http://*:{}", inside.address.port())]);
    denied(get(&pattern, &server.url("/")), "address_denied");
    assert!(inside.received().is_empty());
}

#[test]
fn a_redirect_may_be_relative() {
    let server = Server::new(|received, stream| {
        let answer = match received.path() {
            "/a/b?c" => redirect("302 Found", "../d?e"),
            _ => ok(&[], "here"),
        };
        stream.write_all(&answer).unwrap();
    });
    let response = get(&grants(&[server.url("")]), &server.url("/a/b?c")).unwrap();
    assert_eq!(response.url, server.url("/d?e"));
}

#[test]
fn a_redirect_that_cannot_be_read_is_an_error() {
    for place in ["http://", "http://[::1", "//a b/"] {
        let server = Server::redirecting("302 Found", place);
        let refused = get(&grants(&[server.url("")]), &server.url("/")).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "bad_response"), "{place}");
    }
}

#[test]
fn a_redirect_without_end_is_cut() {
    let server = Server::redirecting("302 Found", "/again");
    let refused = get(&grants(&[server.url("")]), &server.url("/")).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "too_many_redirects"));
    assert_eq!(server.received().len(), 11);

    let server = Server::redirecting("302 Found", "/again");
    let mut guest = Guest::new(http::module().max_redirects(0), &grants(&[server.url("")]));
    assert_eq!(guest.code("http_get", (server.url("/"),)), "too_many_redirects");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn redirects_share_the_time_of_the_request() {
    let server = Server::redirecting("302 Found", "/again");
    let options = http::module().timeout(Duration::from_millis(100)).max_redirects(u32::MAX);
    let mut guest = Guest::new(options, &grants(&[server.url("")]));
    assert_eq!(guest.code("http_get", (server.url("/"),)), "timed_out");
}

fn redirected(status: &'static str, method: Method, headers: &[(&str, &str)]) -> Received {
    let (first, second, both) = two(status);
    let headers =
        headers.iter().map(|&(name, value)| (name.to_owned(), HeaderValue::Text(value.to_owned()))).collect();
    let body = (method != Method::Get && method != Method::Head).then(|| ByteBuf::from(b"tea".to_vec()));
    let request = Request { method, headers, body, timeout_ms: None };
    let mut guest = Guest::new(http::module(), &both);
    guest.call::<Response>("http_fetch", (first.url("/"), request)).unwrap();
    second.received().remove(0)
}

#[test]
fn a_redirect_changes_the_method_where_it_should() {
    let content = [("content-type", "a/b"), ("content-language", "en"), ("accept", "c/d")];
    let after = |status, method| {
        let received = redirected(status, method, &content);
        let kept = received.header("content-type").is_some();
        assert_eq!(kept, received.header("content-language").is_some());
        assert_eq!(kept && method != Method::Head, !received.body.is_empty());
        assert_eq!(received.header("accept"), Some("c/d"));
        (received.line.split(' ').next().unwrap().to_owned(), kept)
    };
    let kept = |method: &str| (method.to_owned(), true);
    let dropped = ("GET".to_owned(), false);
    for status in ["301 Moved", "302 Found"] {
        assert_eq!(after(status, Method::Post), dropped, "{status}");
        assert_eq!(after(status, Method::Put), kept("PUT"), "{status}");
    }
    assert_eq!(after("303 See Other", Method::Post), dropped);
    assert_eq!(after("303 See Other", Method::Put), dropped);
    for status in ["307 Temporary", "308 Permanent"] {
        assert_eq!(after(status, Method::Post), kept("POST"), "{status}");
        assert_eq!(after(status, Method::Delete), kept("DELETE"), "{status}");
    }
    assert!(redirected("303 See Other", Method::Head, &[]).line.starts_with("HEAD "));
}

#[test]
fn credentials_do_not_go_along_to_another_origin() {
    let secret = [
        ("Authorization", "Bearer t"),
        ("Cookie", "a=1"),
        ("X-Api-Key", "k"),
        ("Referer", "http://example.com/?token=t"),
        ("Accept-Language", "en"),
        ("Range", "bytes=0-"),
    ];
    let received = redirected("307 Temporary", Method::Get, &secret);
    let mut names: Vec<&str> = received.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let expected =
        ["accept", "accept-encoding", "accept-language", "connection", "host", "range", "user-agent"];
    assert_eq!(names, expected);

    // at home they stay
    let server = Server::new(|received, stream| {
        let answer = if received.path() == "/" { redirect("307 Temporary", "/there") } else { ok(&[], "") };
        stream.write_all(&answer).unwrap();
    });
    let headers = vec![("Authorization".to_owned(), HeaderValue::Text("Bearer t".to_owned()))];
    let mut guest = Guest::new(http::module(), &grants(&[server.url("")]));
    let request = Request { headers, ..Request::default() };
    guest.call::<Response>("http_fetch", (server.url("/"), request)).unwrap();
    assert_eq!(server.received()[1].header("authorization"), Some("Bearer t"));
}

#[test]
fn credentials_that_were_dropped_do_not_come_back() {
    let first: Arc<Mutex<String>> = Arc::default();
    let home = Arc::clone(&first);
    let second = Server::new(move |_, stream| {
        let home = home.lock().unwrap().clone();
        stream.write_all(&redirect("307 Temporary", &home)).unwrap();
    });
    let away = second.url("/");
    let server = Server::new(move |received, stream| {
        let answer = if received.path() == "/" { redirect("307 Temporary", &away) } else { ok(&[], "") };
        stream.write_all(&answer).unwrap();
    });
    *first.lock().unwrap() = server.url("/back");
    let headers = vec![("Authorization".to_owned(), HeaderValue::Text("Bearer t".to_owned()))];
    let mut guest = Guest::new(http::module(), &grants(&[server.url(""), second.url("")]));
    let request = Request { headers, ..Request::default() };
    guest.call::<Response>("http_fetch", (server.url("/"), request)).unwrap();
    let received = server.received();
    assert_eq!((received.len(), received[1].header("authorization")), (2, None));
}

/// A server that speaks TLS, and the authority that signed its certificate for `name`, in PEM.
fn tls_server(name: &str) -> (String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            if Received::from(&mut stream).is_some() {
                let _ = stream.write_all(&ok(&[], "in confidence"));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (url, authority.pem())
}

#[test]
fn a_certificate_is_checked() {
    let (url, authority) = tls_server("127.0.0.1");
    let fetch = |options: http::Options| {
        let mut guest = Guest::new(options, &grants(&[&url]));
        guest.call::<Response>("http_get", (&url,)).map_err(|refused| refused.code)
    };
    assert_eq!(&fetch(http::module().root_certificate(&authority)).unwrap().body[..], b"in confidence");
    assert_eq!(fetch(http::module()).unwrap_err(), "tls_failed");
    let (_, another) = tls_server("127.0.0.1");
    assert_eq!(fetch(http::module().root_certificate(another)).unwrap_err(), "tls_failed");

    let (url, authority) = tls_server("127.0.0.2");
    let mut guest = Guest::new(http::module().root_certificate(authority), &grants(&[&url]));
    assert_eq!(guest.code("http_get", (&url,)), "tls_failed");
}

#[test]
fn a_handshake_that_stalls_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    let options = http::module().connect_timeout(Duration::from_millis(50));
    let mut guest = Guest::new(options, &grants(&[&url]));
    let began = Instant::now();
    assert_eq!(guest.code("http_get", (&url,)), "timed_out");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_server_without_tls_is_told_nothing_in_the_clear() {
    let (heard, told) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/in-confidence", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        let _ = io::Read::read_to_end(&mut stream, &mut bytes);
        heard.send(bytes).unwrap();
    });
    let granted = grants(&[url.trim_end_matches("/in-confidence")]);
    assert_eq!(get(&granted, &url).unwrap_err().code, "tls_failed");
    let heard = told.recv().unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("in-confidence"));
}
