//! Values in both directions; the cases are in `plugin.js`.

use std::collections::BTreeMap;

use crate::support::{call, calls_of, start};

#[test]
fn values_come_back_as_they_were() {
    assert_eq!(call("values"), "");
}

#[test]
fn arguments_from_the_host_are_values() {
    let mut plugin = start();
    let map = BTreeMap::from([("a", 9)]);
    let seen: String = plugin
        .call("taken", ("t", 5, u64::MAX, [1, 2], map, None::<u8>, serde_bytes::Bytes::new(&[1, 2, 3])))
        .unwrap();
    assert_eq!(seen, "t,number,bigint,1+2,9,true,3");
    let given: hostfn::abi::Value = plugin.call("given", ()).unwrap();
    assert!(format!("{given:?}").contains("1099511627776"), "{given:?}");
    plugin.call::<_, ()>("nothing", ()).unwrap();
}

/// Each is a `TypeError` or a `RangeError` that names the function and the argument, before the host is called.
#[test]
fn what_does_not_fit_is_refused_before_the_call() {
    let mut plugin = start();
    assert_eq!(plugin.call::<_, String>("misfits", ()).unwrap(), "");
    for function in ["add_up", "add_small", "birthday", "turn", "echo", "lengths", "greet"] {
        assert!(calls_of(&plugin, function).is_empty(), "{function}");
    }
}
