use hostfn::Error;
use hostfn::engine::CutOff;
use hostfn::error::Code;

use super::{Host, RUST, grants};

#[test]
fn try_namespace_survives_every_error() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let told = String::from_utf8(plugin.call("tries", b"/etc/passwd").unwrap()).unwrap();
    assert!(told.starts_with("own -1024 it is broken; no_capability -1 "), "{told}");
    let told = String::from_utf8(plugin.call("tries", b"/data/a").unwrap()).unwrap();
    assert!(told.ends_with("; ok"), "{told}");
}

#[test]
fn panic_of_a_host_function_is_received_without_its_text_and_poisons() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let told = String::from_utf8(plugin.call("recovers", b"/data/a").unwrap()).unwrap();
    assert!(told.starts_with("ok; own -1024 it is broken; internal -4 ; "), "{told}");
    assert!(!told.contains("secret") && !told.ends_with("ok"), "{told}");
    let error = plugin.call("hello", b"Ada").unwrap_err();
    assert_eq!(error.code(), Code::Poisoned, "{error}");
    assert!(!plugin.session().is_usable());
}

#[test]
fn error_in_the_plain_namespace_ends_the_call_and_is_no_value() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    assert_eq!(plugin.call("fails", b"no").unwrap(), b"it went on");
    let error = plugin.call("fails", b"own").unwrap_err();
    let Error::Guest { status, reply, .. } = &error else { panic!("{error}") };
    assert_eq!(status.code(), -1024);
    assert_eq!(reply.as_ref().unwrap().code, "own");
    // the guest was cut off in the middle of its code
    assert_eq!(plugin.call("hello", b"Ada").unwrap_err().code(), Code::CutOff);
    assert_eq!(host.lines(), ["fail always OK", "fail always -1024"]);
}

#[test]
fn host_that_keeps_guests_goes_on_after_an_error() {
    let host = Host::with(|builder| builder.cut_off(CutOff::Keep));
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    for _ in 0..20 {
        assert_eq!(plugin.call("fails", b"own").unwrap_err().code(), Code::GuestError);
        assert_eq!(plugin.call("hello", b"Ada").unwrap(), b"Hello, Ada!");
    }
}

#[test]
fn error_of_the_guest_itself_ends_nothing() {
    let host = Host::new();
    let mut plugin = host.load(&RUST, &grants()).unwrap();
    let error = plugin.call("refuses", b"").unwrap_err();
    assert_eq!(error.code(), Code::GuestError);
    assert!(error.to_string().contains("the guest says no"), "{error}");
    assert_eq!(plugin.call("hello", b"Ada").unwrap(), b"Hello, Ada!");
    assert_eq!(plugin.call("nope", b"").unwrap_err().code(), Code::NoSuchExport);
}
