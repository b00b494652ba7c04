//! Errors of scripts, as the host receives them.

use hostfn::Error;

use crate::support::{grants, host, pack, registry, start};

#[test]
fn thrown_error_has_its_class_message_and_stack() {
    let error = start().call::<_, ()>("throws", ()).unwrap_err().to_string();
    assert!(error.contains("FAILED (-6)") && error.contains("RangeError: too much"), "{error}");
    assert!(error.contains("at throws (plugin.js:"), "{error}");
    assert!(error.contains("js_error"), "{error}");
}

#[test]
fn odd_things_can_be_thrown() {
    let mut plugin = start();
    for which in 0..8 {
        let error = plugin.call::<_, ()>("odd", (which,)).unwrap_err();
        assert!(matches!(error, Error::Guest { .. }), "{which}: {error:?}");
        assert_eq!(plugin.call::<_, u8>("again", ()).unwrap(), 7, "{which}");
    }
}

#[test]
fn error_of_a_host_function_goes_on_with_its_code() {
    let error = start().call::<_, ()>("passing", ("Ada",)).unwrap_err().to_string();
    assert!(error.contains("Ada may not pass") && error.contains("not_you"), "{error}");
    assert_eq!(
        start().call::<_, String>("detail", ("Ada",)).unwrap(),
        "HostError|not_you|-6|Ada|Ada may not pass"
    );
}

#[test]
fn error_while_starting_is_told_to_the_embedder() {
    let script = "const settings = undefined;\nexport const run = settings.value;";
    let plugin = host().0.load("script", &pack(script)).unwrap();
    let error = plugin.instantiate(&grants()).unwrap_err().to_string();
    assert!(error.contains("TypeError") && error.contains("plugin.js:2"), "{error}");
}

#[test]
fn instance_that_was_stopped_says_so() {
    let script = "export function run() { for (;;) {} } export const again = () => 7;";
    let mut limits = hostfn_js::limits();
    limits.time = std::time::Duration::from_millis(200);
    let host = hostfn::Host::builder(registry()).limits(limits).cut_off(hostfn::engine::CutOff::Keep);
    let mut plugin =
        host.build().unwrap().load("script", &pack(script)).unwrap().instantiate(&grants()).unwrap();
    plugin.call::<_, ()>("run", ()).unwrap_err();
    let error = plugin.call::<_, u8>("again", ()).unwrap_err().to_string();
    assert!(error.contains("js_stopped"), "{error}");
}
