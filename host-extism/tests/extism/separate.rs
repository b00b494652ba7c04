//! Hosts that build their plugins themselves.

use extism::{Manifest, Plugin, PluginBuilder, Wasm};
use hostfn::Grants;
use hostfn::error::Code;
use hostfn_extism::ExtismSession;

use super::{C, GREET, Host};

fn built(session: &ExtismSession) -> Plugin {
    let manifest = Manifest::new([Wasm::data(C.as_slice())]);
    PluginBuilder::new(manifest).with_functions(session.functions()).build().unwrap()
}

#[test]
fn session_of_one_plugin_answers_internal_to_another() {
    let host = Host::new();
    let session = ExtismSession::open(&host.composition, "own", &Grants::none().allow(&GREET)).unwrap();
    let (mut first, mut second) = (built(&session), built(&session));
    assert_eq!(session.call(&mut first, "hello", b"Ada").unwrap(), b"Hello, Ada!");
    // a plugin that is called without the session, by which it gets at the functions all the same
    let error = second.call::<&str, &str>("hello", "Eve").unwrap_err();
    assert!(format!("{error:#}").contains("internal"), "{error:#}");
    assert_eq!(session.call(&mut second, "hello", b"Eve").unwrap_err().code(), Code::BadArguments);
    // the first one goes on
    assert_eq!(session.call(&mut first, "hello", b"Ada").unwrap(), b"Hello, Ada!");
    assert_eq!(host.lines(), ["greet granted OK", "greet granted INTERNAL", "greet granted OK"]);
}

#[test]
fn ungranted_function_is_missing_from_the_builder() {
    let host = Host::new();
    let session = ExtismSession::open(&host.composition, "own", &Grants::none()).unwrap();
    let manifest = Manifest::new([Wasm::data(C.as_slice())]);
    let error = PluginBuilder::new(manifest).with_functions(session.functions()).build().unwrap_err();
    assert!(format!("{error:#}").contains("greet"), "{error:#}");
}
