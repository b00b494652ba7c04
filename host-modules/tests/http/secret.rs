//! `http` and `secret` together: a secret in a header.

use std::sync::{Arc, Mutex};

use hostfn::engine::LiveGrants;
use hostfn::error::Code;
use hostfn::{Host, HostModule, Registry, Status};
use hostfn_modules::http::{self, HeaderValue, Request, Response};
use hostfn_modules::secret;
use test_support::relay::{Guest, Refused, host};

use crate::server::{Server, grants as grants_for};

const SECRETS: &str = "\n\"secret.use\" = { allow = [\"api-key\"] }";

/// A guest that is granted these servers, with a secret that may go to one of them.
fn guest(servers: &[&Server], may_go_to: &Server) -> Guest {
    let secrets = secret::module().text("api-key", "sk-5dfb2b0c4d7a").may_go_to(&[may_go_to.url("")]);
    let modules: [HostModule; 2] = [http::module().with_secrets().into(), secrets.into()];
    let urls: Vec<String> = servers.iter().map(|server| server.url("")).collect();
    Guest::in_host(&host(modules), &(grants_for(&urls) + SECRETS))
}

fn fetch(guest: &mut Guest, url: &str, header: &str, prefix: &str) -> Result<Response, Refused> {
    let secret: u64 = guest.call("secret_open", ("api-key",)).unwrap();
    let own = ("authorization".to_owned(), HeaderValue::Text("a guess".to_owned()));
    let request = Request { headers: vec![own], ..Request::default() };
    guest.call("http_fetch_with_secret", (url, request, header, prefix, secret))
}

#[test]
fn a_secret_is_sent_in_a_header_and_the_guest_never_sees_it() {
    let server = Server::with("hello");
    let mut guest = guest(&[&server], &server);
    let response = fetch(&mut guest, &server.url("/notes"), "Authorization", "Bearer ").unwrap();
    assert_eq!(&response.body[..], b"hello");
    let received = &server.received()[0];
    assert_eq!(received.header("authorization"), Some("Bearer sk-5dfb2b0c4d7a"));
    let sent = received.headers.iter().filter(|(name, _)| name == "authorization").count();
    assert_eq!(sent, 1, "in place of the guest's own");
    assert!(!format!("{response:?}").contains("sk-5dfb"));
}

#[test]
fn a_secret_goes_nowhere_but_where_it_may() {
    let (friend, other) = (Server::with(""), Server::with(""));
    let mut guest = guest(&[&friend, &other], &friend);
    let refused = fetch(&mut guest, &other.url("/"), "x-api-key", "").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::NO_CAPABILITY, "not_for_this_server"));
    assert!(other.received().is_empty(), "nothing was sent at all");
}

#[test]
fn a_redirect_leaves_the_secret_behind_where_it_may_not_go() {
    let other = Server::with("elsewhere");
    let friend = Server::redirecting("307 Temporary Redirect", other.url("/there"));
    let mut guest = guest(&[&friend, &other], &friend);
    let response = fetch(&mut guest, &friend.url("/"), "x-api-key", "").unwrap();
    assert_eq!(&response.body[..], b"elsewhere");
    assert_eq!(friend.received()[0].header("x-api-key"), Some("sk-5dfb2b0c4d7a"));
    assert_eq!(other.received()[0].header("x-api-key"), None);
    assert_eq!(other.received()[0].header("authorization"), None);
}

#[test]
fn a_redirect_takes_the_secret_along_where_it_may_go() {
    let friend = Server::new(|request, stream| {
        let answer = match request.path() {
            "/" => crate::server::redirect("302 Found", "/there"),
            _ => crate::server::ok(&[], "there"),
        };
        std::io::Write::write_all(stream, &answer).unwrap();
    });
    let mut guest = guest(&[&friend], &friend);
    fetch(&mut guest, &friend.url("/"), "x-api-key", "").unwrap();
    let sent: Vec<_> =
        friend.received().iter().map(|received| received.header("x-api-key").map(str::to_owned)).collect();
    assert_eq!(sent, [Some("sk-5dfb2b0c4d7a".to_owned()), Some("sk-5dfb2b0c4d7a".to_owned())]);
}

#[test]
fn a_secret_that_is_open_is_of_no_use_once_the_grant_is_revoked() {
    let server = Server::with("");
    let mut guest = guest(&[&server], &server);
    let secret: u64 = guest.call("secret_open", ("api-key",)).unwrap();
    let request = (server.url("/"), Request::default(), "x-api-key", "", secret);
    guest.call::<Response>("http_fetch_with_secret", &request).unwrap();

    assert!(guest.instance.grants().revoke(&secret::SECRET_USE));
    let refused = guest.call::<Response>("http_fetch_with_secret", &request).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::NO_CAPABILITY, "revoked"));
    assert_eq!(server.received().len(), 1, "nothing was sent any more");
    // what needs no secret goes on
    guest.call::<Response>("http_fetch", (server.url("/"), Request::default())).unwrap();
}

#[test]
fn a_secret_that_is_revoked_on_the_way_is_left_behind() {
    let (revoke, told) = (Arc::new(Mutex::new(None::<LiveGrants>)), Server::with("there"));
    let (grants, there) = (Arc::clone(&revoke), told.url("/there"));
    let friend = Server::new(move |_, stream| {
        let grants = grants.lock().unwrap().take();
        assert!(grants.unwrap().revoke(&secret::SECRET_USE));
        std::io::Write::write_all(stream, &crate::server::redirect("302 Found", &there)).unwrap();
    });
    let secrets = secret::module().text("api-key", "sk-5dfb2b0c4d7a");
    let secrets = secrets.may_go_to(&[friend.url(""), told.url("")]);
    let modules: [HostModule; 2] = [http::module().with_secrets().into(), secrets.into()];
    let mut guest = Guest::in_host(&host(modules), &(grants_for(&[friend.url(""), told.url("")]) + SECRETS));
    *revoke.lock().unwrap() = Some(guest.instance.grants());
    let response = fetch(&mut guest, &friend.url("/"), "x-api-key", "").unwrap();
    assert_eq!(&response.body[..], b"there");
    assert_eq!(friend.received()[0].header("x-api-key"), Some("sk-5dfb2b0c4d7a"));
    assert_eq!(told.received()[0].header("x-api-key"), None);
}

#[test]
fn headers_that_are_none_and_handles_that_are_not_there_are_refused() {
    let server = Server::with("");
    let mut guest = guest(&[&server], &server);
    for (header, prefix, code) in [
        ("host", "", "header_refused"),
        ("two words", "", "bad_header"),
        ("x-api-key", "a\r\nx-other: ", "not_a_header"),
    ] {
        assert_eq!(fetch(&mut guest, &server.url("/"), header, prefix).unwrap_err().code, code, "{header}");
    }
    let stale = (server.url("/"), Request::default(), "x-api-key", "", 7_u64);
    assert_eq!(guest.status("http_fetch_with_secret", stale), Status::NOT_FOUND);
    assert!(server.received().is_empty());
}

#[test]
fn without_the_module_of_secrets_it_is_not_built() {
    let registry = Registry::builder().module(http::module().with_secrets()).build().unwrap();
    let error = Host::builder(registry).build().unwrap_err();
    assert_eq!(error.code(), Code::StateMissing, "{error}");
    assert!(error.to_string().contains("http_fetch_with_secret"), "{error}");
}

#[test]
fn it_is_not_there_unless_it_is_asked_for() {
    let registry = Registry::builder().module(http::module()).build().unwrap();
    assert!(registry.get("host", "http_fetch_with_secret").is_none());
}
