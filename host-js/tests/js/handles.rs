//! Handles are objects; the cases are in `plugin.js`.

use crate::support::{call, calls_of, start};

#[test]
fn handles_have_methods_and_a_class() {
    assert_eq!(call("methods"), "[object Store],1,1,no_such_handle");
}

#[test]
fn handles_cannot_be_made_up() {
    // `Object` is what an object without a class of its own has as its constructor
    assert_eq!(call("forgeries"), "() => new store.constructor()");
}

#[test]
fn ten_thousand_dropped_handles_are_closed() {
    let mut plugin = start();
    // a host holds at most 1,024
    plugin.call::<_, ()>("dropped", ()).unwrap();
    plugin.call::<_, ()>("closed", ()).unwrap();
    // all but the one that the script keeps, and none twice
    let (opened, closed) = (calls_of(&plugin, "kv_open_to_write"), calls_of(&plugin, "kv_close"));
    assert_eq!(opened.len(), 15_001);
    assert_eq!(closed.iter().filter(|call| call.status == Some(0)).count(), 15_000);
    assert_eq!(closed.len(), 15_000);
}
