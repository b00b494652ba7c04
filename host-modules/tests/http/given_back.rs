//! A request ends in one of many ways, and its permit is given back in each of them.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hostfn::{CancelToken, Error, HostModule};
use hostfn_modules::http::{self, Request, Response};
use test_support::relay::{Guest, host};

use crate::server::{Server, grants, ok};

/// The number of times each outcome is produced.
const TIMES: usize = 20;

/// Answers as the path says, and stalls otherwise.
fn server(elsewhere: String) -> Server {
    Server::new(move |request, stream| {
        use std::io::Write;
        let answer = match request.path() {
            "/fine" => ok(&[], "tea"),
            "/long" => ok(&[], "a".repeat(2_000)),
            "/within" => crate::server::redirect("302 Found", "/fine"),
            "/without" => crate::server::redirect("302 Found", &elsewhere),
            "/round" => crate::server::redirect("302 Found", "/round"),
            "/garbage" => b"tea\r\n\r\n".to_vec(),
            "/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ntea".to_vec(),
            _ => return drop(std::io::copy(stream, &mut std::io::sink())),
        };
        // the client may have hung up
        let _ = stream.write_all(&answer);
    })
}

/// A module that has one permit, so that one that is not given back refuses the next request.
fn module() -> HostModule {
    http::module().max_concurrent(1).max_response_body(1_000).into()
}

fn label(answer: Result<Response, test_support::relay::Refused>) -> String {
    answer.map_or_else(|refused| refused.code, |response| response.status.to_string())
}

#[test]
fn permit_is_given_back_after_each_outcome() {
    let elsewhere = Server::with("tea");
    let server = server(elsewhere.url("/"));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let mut guest = Guest::in_host(&host([module()]), &grants(&[server.url(""), closed.clone()]));
    let outcomes = [
        (server.url("/fine"), "200"),
        (server.url("/within"), "200"),
        (server.url("/long"), "response_too_large"),
        (server.url("/without"), "redirect_denied"),
        (server.url("/round"), "too_many_redirects"),
        (server.url("/garbage"), "bad_response"),
        (server.url("/cut"), "incomplete"),
        (server.url("/stalls"), "timed_out"),
        (closed, "connect_failed"),
    ];
    for (url, expected) in outcomes {
        let timeout_ms = if expected == "timed_out" { Some(1) } else { None };
        let request = Request { timeout_ms, ..Request::default() };
        for _ in 0..TIMES {
            assert_eq!(label(guest.call("http_fetch", (&url, &request))), expected, "{url}");
        }
        assert_eq!(label(guest.call("http_get", (server.url("/fine"),))), "200", "after {url}");
    }
}

#[test]
fn permit_of_a_cancelled_request_is_given_back() {
    let (token, tokens) = mpsc::channel::<CancelToken>();
    let tokens = Mutex::new(tokens);
    let server = Server::new(move |request, stream| {
        use std::io::Write;
        if request.path() == "/fine" {
            return stream.write_all(&ok(&[], "tea")).unwrap();
        }
        tokens.lock().unwrap().recv().unwrap().cancel();
        let _ = std::io::copy(stream, &mut std::io::sink());
    });
    let (host, grants) = (host([module()]), grants(&[server.url("")]));
    for _ in 0..TIMES {
        let mut cancelled = Guest::in_host(&host, &grants);
        token.send(cancelled.instance.lifetime().clone()).unwrap();
        let call = cancelled.instance.call_async::<_, Response>("http_get", (server.url("/stalls"),));
        assert!(matches!(pollster::block_on(call), Err(Error::Cancelled { .. })));
        // it counts for as long as a thread is busy with it
        let mut next = Guest::in_host(&host, &grants);
        let began = Instant::now();
        while label(next.call("http_get", (server.url("/fine"),))) == "busy" {
            assert!(began.elapsed() < Duration::from_secs(20), "its permit is not given back");
            std::thread::yield_now();
        }
    }
}
