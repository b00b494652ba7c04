//! A refusal in a module's function is recorded like one of a gate, also by a host that asked to be
//! told of no call.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Mutex};

use hostfn::engine::MissingCapability;
use hostfn::observe::{Decision, Event, EventKind, Observer, Phase};
use hostfn::{Host, HostModule, Registry, Status};
use hostfn_modules::http::Request;
use hostfn_modules::{env, ffi, http, secret, sql};
use serde::Serialize;
use tempfile::TempDir;
use test_support::relay::{Guest, relay};

use crate::native::{declare, libm};
use crate::server::Server;

/// A function that was refused, how, and what for.
type Denial = (&'static str, Decision, Option<String>);

#[derive(Clone, Default)]
struct Denials(Arc<Mutex<Vec<Denial>>>);

impl Observer for Denials {
    fn observe(&self, event: &Event<'_>) {
        if let (Some((spec, _)), EventKind::HostCall(call)) = (event.denied(), event.what) {
            self.0.lock().unwrap().push((spec.name(), call.decision, call.scope_value.map(str::to_owned)));
        }
    }

    fn wants(&self, _: Phase) -> bool {
        false
    }
}

struct Watched {
    guest: Guest,
    denials: Denials,
}

impl Watched {
    fn new(modules: impl IntoIterator<Item = HostModule>, grants: &str) -> Self {
        let registry = Registry::builder().modules(modules).build().unwrap();
        let denials = Denials::default();
        let host = Host::builder(registry)
            .missing(MissingCapability::Deny)
            .observer(denials.clone())
            .build()
            .unwrap();
        assert!(!relay(host.registry()).is_empty());
        Watched { guest: Guest::in_host(&host, grants), denials }
    }

    /// The error for the guest, and the record of the call.
    fn denied(&mut self, function: &'static str, args: impl Serialize) -> (Status, String, Option<String>) {
        let refused = self.guest.call::<hostfn::abi::Value>(function, args).expect_err(function);
        let mut denials = std::mem::take(&mut *self.denials.0.lock().unwrap());
        assert_eq!(denials.len(), 1, "{function}: {refused:?}, {denials:?}");
        let (name, decision, value) = denials.remove(0);
        assert_eq!((name, decision), (function, Decision::Refused));
        if let Some(value) = &value {
            assert!(!refused.message.contains(value.as_str()), "the guest learns {value}: {refused:?}");
        }
        (refused.status, refused.code, value)
    }
}

fn refused(code: &str, value: impl Into<String>) -> (Status, String, Option<String>) {
    (Status::NO_CAPABILITY, code.to_owned(), Some(value.into()))
}

#[test]
fn a_rename_to_what_is_not_granted_and_a_link_that_leads_out() {
    let dir = TempDir::new().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let at = |path: &str| root.join(path).to_str().unwrap().to_owned();
    for name in ["granted", "granted/sub", "beside"] {
        fs::create_dir(at(name)).unwrap();
    }
    for name in ["granted/a", "beside/secret"] {
        fs::write(at(name), "x").unwrap();
    }
    symlink(at("beside/secret"), at("granted/out")).unwrap();
    symlink("private", at("granted/within")).unwrap();
    fs::write(at("granted/private"), "x").unwrap();
    let scope = format!("{{ allow = [\"{0}/**\"], deny = [\"{0}/private\"] }}", at("granted"));
    let grants = format!("\"fs.read\" = {scope}\n\"fs.write\" = {scope}");
    let mut watched = Watched::new([hostfn_modules::fs::module().into()], &grants);

    assert_eq!(
        watched.denied("fs_rename", (at("granted/a"), at("beside/a"))),
        refused("not_granted", at("beside/a"))
    );
    assert_eq!(
        watched.denied("fs_rename", (at("granted/a"), at("granted/private"))),
        refused("not_granted", at("granted/private"))
    );
    // to the guest it is not there
    let missing = watched.guest.call::<hostfn::abi::Value>("fs_read", (at("granted/none"),)).unwrap_err();
    for (link, value) in [("granted/out", at("granted/out")), ("granted/within", at("granted/private"))] {
        let (status, code, recorded) = watched.denied("fs_read", (at(link),));
        assert_eq!((status, &code), (missing.status, &missing.code), "{link}");
        assert_eq!(recorded, Some(value));
    }
}

#[test]
fn a_redirect_and_an_address_outside_the_grant_and_a_secret_that_may_not_go_there() {
    let (other, friend) = (Server::with(""), Server::with(""));
    let server = Server::redirecting("302 Found", other.url("/there"));
    let secrets = secret::module().text("api-key", "sk-5dfb2b0c4d7a").may_go_to(&[friend.url("")]);
    let grants = crate::server::grants(&[server.url(""), "http://*".to_owned()])
        + "\n\"secret.use\" = { allow = [\"api-key\"] }";
    let mut watched = Watched::new([http::module().with_secrets().into(), secrets.into()], &grants);

    assert_eq!(
        watched.denied("http_get", (server.url("/"),)),
        refused("redirect_denied", other.url("/there"))
    );
    assert_eq!(
        watched.denied("http_get", ("http://127.0.0.1/",)),
        refused("address_denied", "http://127.0.0.1/")
    );
    let key: u64 = watched.guest.call("secret_open", ("api-key",)).unwrap();
    let sent = (server.url("/"), Request::default(), "x-api-key", "", key);
    assert_eq!(
        watched.denied("http_fetch_with_secret", sent),
        refused("not_for_this_server", server.url("/"))
    );
    assert!(other.received().is_empty());
}

#[test]
fn sql_that_writes_where_it_may_read_a_variable_that_is_a_secret_and_a_function_that_is_not_declared() {
    let library = libm();
    let granted = library.to_str().unwrap();
    let grants =
        format!("\"sql.read\" = true\n\"env.read\" = true\n\"ffi.load\" = {{ allow = [\"{granted}\"] }}");
    let modules: [HostModule; 3] = [
        sql::module().into(),
        env::module().with([("API_TOKEN", "x")]).into(),
        declare(ffi::module(), &library, &[("cos", "(f64) -> f64")]).into(),
    ];
    let mut watched = Watched::new(modules, &grants);

    let memory: u64 = watched.guest.call("sql_open_memory", ()).unwrap();
    let none: [u8; 0] = [];
    assert_eq!(
        watched.denied("sql_query", (memory, "ATTACH '/etc/passwd' AS a", none)),
        (Status::NO_CAPABILITY, "not_allowed".to_owned(), None)
    );
    assert_eq!(watched.denied("env_get", ("API_TOKEN",)), refused("looks_like_a_secret", "API_TOKEN"));
    let math: u64 = watched.guest.call("ffi_load", (&library,)).unwrap();
    assert_eq!(watched.denied("ffi_call", (math, "sin", none)), refused("not_declared", "sin"));
}
