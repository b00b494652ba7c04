//! `http`: what is sent, what comes back, and how much of it.

use std::io::Write;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use hostfn::{Error, HostModule, Limits, Registry, Status};
use hostfn_modules::http::{self, HeaderValue, Method, Request, Response};
use serde_bytes::ByteBuf;
use test_support::relay::{Guest, host, limited};
use test_support::{alone, test_path};

use crate::server::{Server, answer, grants, ok};

/// A guest that is granted the server by its address.
fn guest(server: &Server) -> Guest {
    with(http::module(), server)
}

fn with(options: http::Options, server: &Server) -> Guest {
    Guest::new(options, &grants(&[server.url("")]))
}

fn text(name: &str, value: &str) -> (String, HeaderValue) {
    (name.to_owned(), HeaderValue::Text(value.to_owned()))
}

fn headers(headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| text(name, value)).collect();
    Request { headers, ..Request::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_get_is_answered() {
    let server = Server::saying(answer("418 I'm a teapot", &[("X-Tea", "green")], "short and stout"));
    let url = server.url("/tea?leaf=1#bag");
    let response: Response = guest(&server).call("http_get", (&url,)).unwrap();
    assert_eq!((response.status, &response.body[..], &response.url), (418, &b"short and stout"[..], &url));
    assert!(response.headers.contains(&("x-tea".to_owned(), "green".to_owned())), "{:?}", response.headers);

    let received = &server.received()[0];
    assert_eq!(received.line, "GET /tea?leaf=1 HTTP/1.1");
    assert_eq!(received.header("host"), Some(&*server.address.to_string()));
    assert_eq!(received.header("connection"), Some("close"));
    assert_eq!(received.header("accept-encoding"), Some("gzip"));
    let agent = received.header("user-agent").unwrap();
    assert!(agent.starts_with("hostfn/"), "{agent}");
    assert_eq!(received.headers.len(), 5, "{:?}", received.headers);
}

#[test]
fn a_post_hands_its_body_over() {
    let server = Server::saying(answer("201 Created", &[], ""));
    let body = ByteBuf::from(vec![0, 255, b'\r', b'\n']);
    let args = (server.url("/"), "application/octet-stream", &body);
    let response: Response = guest(&server).call("http_post", args).unwrap();
    assert_eq!((response.status, response.body.len()), (201, 0));
    let received = &server.received()[0];
    assert_eq!((received.line.as_str(), &received.body), ("POST / HTTP/1.1", &body.into_vec()));
    assert_eq!(received.header("content-type"), Some("application/octet-stream"));
    assert_eq!(received.header("content-length"), Some("4"));
}

#[test]
fn every_method_is_sent_as_it_is() {
    let server = Server::with("");
    let mut guest = guest(&server);
    let methods = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Options,
    ];
    for method in methods {
        let request = Request { method, ..Request::default() };
        guest.call::<Response>("http_fetch", (server.url("/"), request)).unwrap();
    }
    let lines: Vec<String> = server.received().into_iter().map(|received| received.line).collect();
    let sent = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    assert_eq!(lines, sent.map(|method| format!("{method} / HTTP/1.1")));
}

#[test]
fn a_delete_may_have_a_body_and_a_get_may_not() {
    let server = Server::with("");
    let mut guest = guest(&server);
    let body = Some(ByteBuf::from(b"which".to_vec()));
    let mut of = |method| {
        let request = Request { method, body: body.clone(), ..Request::default() };
        guest.call::<Response>("http_fetch", (server.url("/"), request)).map_err(|refused| refused.code)
    };
    of(Method::Delete).unwrap();
    assert_eq!(server.received()[0].body, b"which");
    for method in [Method::Get, Method::Head] {
        assert_eq!(of(method).unwrap_err(), "body_not_allowed");
    }
    assert_eq!(server.received().len(), 1);
}

#[test]
fn what_a_guest_leaves_out_of_a_request_has_its_default() {
    #[derive(serde::Serialize)]
    struct Short {
        method: &'static str,
    }
    let server = Server::with("");
    guest(&server).call::<Response>("http_fetch", (server.url("/"), Short { method: "OPTIONS" })).unwrap();
    assert_eq!(server.received()[0].line, "OPTIONS / HTTP/1.1");
    let refused = guest(&server).status("http_fetch", (server.url("/"), Short { method: "TRACE" }));
    assert_eq!(refused, Status::BAD_INPUT);
}

#[test]
fn a_head_has_headers_and_no_body() {
    let server =
        Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nContent-Encoding: gzip\r\n\r\n");
    let request = Request { method: Method::Head, ..Request::default() };
    let response: Response = guest(&server).call("http_fetch", (server.url("/"), request)).unwrap();
    assert_eq!((response.status, response.body.len()), (200, 0));
    let server = Server::saying("HTTP/1.1 204 No Content\r\n\r\n");
    let response: Response = guest(&server).call("http_get", (server.url("/"),)).unwrap();
    assert_eq!((response.status, response.body.len()), (204, 0));
}

#[test]
fn headers_are_sent_and_come_back() {
    let server = Server::saying(ok(&[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], ""));
    let request = headers(&[("X-One", "1"), ("Authorization", "Bearer t"), ("x-many", "a"), ("X-Many", "b")]);
    let response: Response = guest(&server).call("http_fetch", (server.url("/"), request)).unwrap();
    let received = &server.received()[0];
    assert_eq!((received.header("x-one"), received.header("authorization")), (Some("1"), Some("Bearer t")));
    let many = received.headers.iter().filter(|(name, _)| name == "x-many");
    assert_eq!(many.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let cookies = response.headers.iter().filter(|(name, _)| name == "set-cookie");
    assert_eq!(cookies.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["a=1", "b=2"]);
}

#[test]
fn what_a_server_says_is_not_remembered() {
    let server = Server::saying(ok(&[("Set-Cookie", "a=1; Path=/")], ""));
    let mut guest = guest(&server);
    for _ in 0..2 {
        guest.call::<Response>("http_get", (server.url("/"),)).unwrap();
    }
    assert!(server.received().iter().all(|received| received.header("cookie").is_none()));
}

#[test]
fn headers_that_frame_a_request_are_refused() {
    let server = Server::with("");
    let mut guest = guest(&server);
    let refused = [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "upgrade",
        "http2-settings",
        "expect",
        "forwarded",
        "user-agent",
        "accept-encoding",
    ];
    for name in refused {
        let refused = guest.call::<Response>("http_fetch", (server.url("/"), headers(&[(name, "1")])));
        let refused = refused.unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "header_refused"), "{name}");
    }
    assert!(server.received().is_empty());
}

#[test]
fn no_line_can_be_slipped_into_the_headers() {
    let server = Server::with("");
    let mut guest = guest(&server);
    let bad = [
        ("a", "b\r\nc: d"),
        ("a", "b\nc: d"),
        ("a", "b\rc"),
        ("a", "b\0"),
        ("a", "\u{e9}"),
        ("a\r\nb", "c"),
        ("a b", "c"),
        ("a:", "b"),
        ("", "a"),
    ];
    for (name, value) in bad {
        let refused = guest.call::<Response>("http_fetch", (server.url("/"), headers(&[(name, value)])));
        let refused = refused.unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "bad_header"), "{name:?}");
    }
    let content_type = "text/plain\r\nx: y";
    assert_eq!(guest.code("http_post", (server.url("/"), content_type, ByteBuf::new())), "bad_header");
    assert!(server.received().is_empty());
}

#[test]
fn a_url_that_is_none_is_refused() {
    let mut guest = Guest::new(http::module(), "\"http.fetch\" = true");
    for url in ["ftp://example.com/", "ws://example.com/", "gopher://example.com/"] {
        assert_eq!(guest.code("http_get", (url,)), "bad_url", "{url}");
    }
    for url in ["http://user@example.com/", "http://user:word@example.com/", "https://:word@example.com/"] {
        let refused = guest.call::<Response>("http_get", (url,)).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::BAD_INPUT, "bad_url"), "{url}");
        assert!(!refused.message.contains("word"), "{}", refused.message);
    }
    let long = format!("http://example.com/{}", "a".repeat(9 << 10));
    assert_eq!(guest.status("http_get", (long,)), Status::NO_CAPABILITY);
    // what is no URL at all is outside every grant
    for url in ["", "example.com", "http://", "/etc/passwd", "data:,x", "http://a b/"] {
        assert_eq!(guest.status("http_get", (url,)), Status::NO_CAPABILITY, "{url}");
    }
}

#[test]
fn a_body_that_came_compressed_is_decompressed() {
    let server = Server::saying(ok(&[("content-encoding", "gzip")], gzip(b"tea")));
    let response: Response = guest(&server).call("http_get", (server.url("/"),)).unwrap();
    assert_eq!(&response.body[..], b"tea");
    let names: Vec<&str> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!names.contains(&"content-encoding") && !names.contains(&"content-length"), "{names:?}");
}

#[test]
fn a_part_of_a_body_is_not_asked_for_compressed() {
    let server = Server::with("");
    guest(&server)
        .call::<Response>("http_fetch", (server.url("/"), headers(&[("range", "bytes=0-1")])))
        .unwrap();
    assert_eq!(server.received()[0].header("accept-encoding"), Some("identity"));
}

#[test]
fn compression_that_is_broken_is_an_error() {
    let whole = gzip(b"tea, and more of it");
    let server = Server::saying(ok(&[("content-encoding", "gzip")], &whole[..whole.len() / 2]));
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "bad_response");
    let server = Server::saying(ok(&[("content-encoding", "gzip")], "no gzip at all"));
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "bad_response");
}

#[test]
fn a_gzip_bomb_is_cut() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let server = Server::saying(ok(&[("content-encoding", "gzip")], bomb));
    let refused = guest(&server).call::<Response>("http_get", (server.url("/"),)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "response_too_large"));
}

#[test]
fn a_body_of_just_the_limit_is_read_and_one_byte_more_is_not() {
    let chunked = |bytes: usize| {
        let body = "a".repeat(bytes);
        Server::saying(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n{body}\r\n0\r\n\r\n"
        ))
    };
    let closed = |bytes: usize| Server::saying(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(bytes)));
    let sized = |bytes: usize| Server::saying(ok(&[], "a".repeat(bytes)));
    let compressed =
        |bytes: usize| Server::saying(ok(&[("content-encoding", "gzip")], gzip(&vec![b'a'; bytes])));
    let limited = |server: &Server| {
        let mut guest = with(http::module().max_response_body(50_000), server);
        guest.call::<Response>("http_get", (server.url("/"),))
    };
    let servers: [&dyn Fn(usize) -> Server; 4] = [&chunked, &closed, &sized, &compressed];
    for server in servers {
        assert_eq!(limited(&server(50_000)).unwrap().body, "a".repeat(50_000).as_bytes());
        assert_eq!(limited(&server(50_001)).unwrap_err().code, "response_too_large");
    }
}

#[test]
fn ten_gibibytes_are_refused_before_the_first_of_them() {
    let server = Server::new(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 10_u64 << 30).unwrap();
        // and then nothing, for as long as the client waits
        let _ = std::io::copy(stream, &mut std::io::sink());
    });
    let began = Instant::now();
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "response_too_large");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn ten_gibibytes_that_nobody_announced_are_cut() {
    let (sent, told) = mpsc::channel();
    let sent = Mutex::new(sent);
    let server = Server::new(move |_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (chunk, mut count) = (vec![b'a'; 64 << 10], 0_u64);
        while count < 10 << 30 && stream.write_all(&chunk).is_ok() {
            count += chunk.len() as u64;
        }
        sent.lock().unwrap().send(count).unwrap();
    });
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "response_too_large");
    let count = told.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(count < 64 << 20, "{count}");
}

#[test]
fn a_server_that_lies_about_the_length_is_found_out() {
    let longer = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ntea");
    assert_eq!(guest(&longer).code("http_get", (longer.url("/"),)), "incomplete");
    let shorter = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ntea");
    assert_eq!(guest(&shorter).code("http_get", (shorter.url("/"),)), "incomplete");
    let unended = Server::saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n");
    assert_eq!(guest(&unended).code("http_get", (unended.url("/"),)), "incomplete");
    let two = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\ntea");
    assert_eq!(guest(&two).code("http_get", (two.url("/"),)), "bad_response");
    let negative = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\ntea");
    assert_eq!(guest(&negative).code("http_get", (negative.url("/"),)), "bad_response");
}

#[test]
fn a_reset_is_an_error_also_where_closing_would_end_the_body() {
    let server = Server::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ntea").unwrap();
        let socket = rustix::net::sockopt::set_socket_linger(&*stream, Some(Duration::ZERO));
        socket.unwrap();
    });
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "incomplete");
    let server = Server::new(|_, stream| {
        rustix::net::sockopt::set_socket_linger(&*stream, Some(Duration::ZERO)).unwrap();
    });
    assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "incomplete");
}

#[test]
fn what_is_no_http_is_an_error() {
    for answer in ["SSH-2.0-OpenSSH_9.9\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"] {
        let server = Server::saying(answer);
        assert_eq!(guest(&server).code("http_get", (server.url("/"),)), "bad_response", "{answer}");
    }
}

#[test]
fn huge_headers_are_refused() {
    let one = Server::saying(ok(&[("x", &"a".repeat(1 << 20))], ""));
    assert_eq!(guest(&one).code("http_get", (one.url("/"),)), "response_too_large");
    let many = vec![("x", "y"); 1000];
    let many = Server::saying(ok(&many, ""));
    assert_eq!(guest(&many).code("http_get", (many.url("/"),)), "bad_response");
    let server = Server::saying(ok(&[("x", &"a".repeat(2000))], ""));
    let mut guest = with(http::module().max_headers(1000), &server);
    assert_eq!(guest.code("http_get", (server.url("/"),)), "response_too_large");
    let value = "a".repeat(500);
    let mut sent = |count| {
        let request = headers(&vec![("x", value.as_str()); count]);
        guest.code("http_fetch", (server.url("/"), request))
    };
    assert_eq!((sent(1), sent(2)), ("response_too_large".to_owned(), "request_too_large".to_owned()));
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_request_s_body_is_limited() {
    let server = Server::with("");
    let mut guest = with(http::module().max_request_body(100), &server);
    let mut post =
        |bytes| guest.call::<Response>("http_post", (server.url("/"), "a/b", ByteBuf::from(vec![0; bytes])));
    post(100).unwrap();
    let refused = post(101).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "request_too_large"));
    assert_eq!(server.received().len(), 1);
}

#[test]
fn an_answer_counts_against_the_instance_s_memory() {
    let server = Server::saying(ok(&[], vec![b'a'; 3 << 20]));
    let mut limits = Limits::default();
    limits.memory = 4 << 20;
    limits.reply = 1 << 20;
    let mut guest = Guest::in_host(&limited([http::module().into()], limits), &grants(&[server.url("")]));
    let refused = guest.call::<Response>("http_get", (server.url("/"),)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
    // and all of it is given back
    let server = Server::with("tea");
    let mut guest = Guest::in_host(&guest.host, &grants(&[server.url("")]));
    for _ in 0..100 {
        guest.call::<Response>("http_get", (server.url("/"),)).unwrap();
    }
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let answers = [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\ntea",
    ];
    for answer in answers {
        let server = Server::new(move |_, stream| {
            stream.write_all(answer.as_bytes()).unwrap();
            let _ = std::io::copy(stream, &mut std::io::sink());
        });
        let mut guest = with(http::module().timeout(Duration::from_millis(50)), &server);
        let refused = guest.call::<Response>("http_get", (server.url("/"),)).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "timed_out"), "{answer:?}");
    }
}

#[test]
fn a_server_that_drips_is_given_up() {
    let server = Server::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (_never, pause) = mpsc::channel::<()>();
        while stream.write_all(b"a").is_ok() {
            let _ = pause.recv_timeout(Duration::from_millis(5));
        }
    });
    let mut guest = with(http::module().timeout(Duration::from_millis(100)), &server);
    assert_eq!(guest.code("http_get", (server.url("/"),)), "timed_out");
}

#[test]
fn a_guest_may_ask_for_less_time_and_not_for_more() {
    let server = Server::new(|_, stream| {
        let _ = std::io::copy(stream, &mut std::io::sink());
    });
    let request = |millis| Request { timeout_ms: Some(millis), ..Request::default() };
    let began = Instant::now();
    assert_eq!(guest(&server).code("http_fetch", (server.url("/"), request(30))), "timed_out");
    assert_eq!(guest(&server).code("http_fetch", (server.url("/"), request(0))), "timed_out");
    let mut short = with(http::module().timeout(Duration::from_millis(30)), &server);
    assert_eq!(short.code("http_fetch", (server.url("/"), request(u32::MAX))), "timed_out");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_request_that_nobody_waits_for_is_hung_up() {
    let (token, guest_ends) = mpsc::channel::<hostfn::CancelToken>();
    let guest_ends = Mutex::new(guest_ends);
    let (hung_up, told) = mpsc::channel();
    let hung_up = Mutex::new(hung_up);
    let server = Server::new(move |_, stream| {
        guest_ends.lock().unwrap().recv().unwrap().cancel();
        let _ = std::io::copy(stream, &mut std::io::sink());
        hung_up.lock().unwrap().send(()).unwrap();
    });
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(100);
    let module: HostModule = http::module().timeout(Duration::from_secs(100)).into();
    let mut guest = Guest::in_host(&limited([module], limits), &grants(&[server.url("")]));
    token.send(guest.instance.lifetime().clone()).unwrap();
    let called = pollster::block_on(guest.instance.call_async::<_, Response>("http_get", (server.url("/"),)));
    assert!(matches!(called, Err(Error::Cancelled { .. })), "{called:?}");
    told.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn so_many_requests_are_under_way_and_no_more() {
    let (arrived, arrival) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (arrived, released) = (Mutex::new(arrived), Mutex::new(released));
    let server = Server::new(move |_, stream| {
        arrived.lock().unwrap().send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
        stream.write_all(&ok(&[], "tea")).unwrap();
    });
    let host = host([http::module().max_concurrent(1).into()]);
    let (url, grants) = (Arc::new(server.url("/")), grants(&[server.url("")]));
    let mut second = Guest::in_host(&host, &grants);
    let first = std::thread::spawn({
        let (mut first, url) = (Guest::in_host(&host, &grants), Arc::clone(&url));
        move || first.call::<Response>("http_get", (&*url,)).unwrap().status
    });
    arrival.recv().unwrap();
    let refused = second.call::<Response>("http_get", (&*url,)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "busy"));
    release.send(()).unwrap();
    assert_eq!(first.join().unwrap(), 200);
    release.send(()).unwrap();
    second.call::<Response>("http_get", (&*url,)).unwrap();
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    let again = alone(&test_path(module_path!(), "a_get_is_answered"))
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"].map(|name| (name, "http://127.0.0.1:1")))
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && output.contains("1 passed"), "{output}");
}

#[test]
fn a_root_certificate_that_is_none_is_an_error_at_build() {
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"] {
        let module = http::module().root_certificate(pem);
        let error = Registry::builder().module(module).build().unwrap_err();
        assert!(
            error.to_string().starts_with("H0108 module `http`: a root certificate is not in PEM"),
            "{error}"
        );
    }
}
