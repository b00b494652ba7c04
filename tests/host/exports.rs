//! Exports that are found once and called often.

use hostfn::error::Code;
use hostfn::{Grants, Host, Instance, Plugin};
use test_support::probe::{export, guest, registry};

/// A guest with an export that counts its calls, one that traps and one of another type.
fn plugin() -> Plugin {
    let body = "(global $calls (mut i64) (i64.const 0)) (func (export \"odd\"))".to_owned()
        + &export(
            "count",
            "(global.set $calls (i64.add (global.get $calls) (i64.const 1)))",
            "(i64.const 0)",
        )
        + &export("trap", "unreachable", "(i64.const 0)")
        + &export("none", "", "(i64.const 0)");
    Host::builder(registry(&[])).build().unwrap().load("probe", &guest(&[], &body)).unwrap()
}

fn start() -> Instance {
    plugin().instantiate(&Grants::none()).unwrap()
}

#[test]
fn export_found_once_is_called_again() {
    let mut instance = start();
    let (count, none) = (instance.export("count").unwrap(), instance.export("none").unwrap());
    assert_eq!((count.name(), none.name()), ("count", "none"));
    for _ in 0..3 {
        count.call::<_, ()>(&mut instance, ()).unwrap();
        none.call::<_, ()>(&mut instance, (1, "two")).unwrap();
        instance.call::<_, ()>("count", ()).unwrap();
    }
    // a name that was found before has the same place
    instance.export("count").unwrap().call::<_, ()>(&mut instance, ()).unwrap();
}

#[test]
fn export_that_is_missing_or_odd_is_refused() {
    let mut instance = start();
    for name in ["missing", "odd"] {
        assert_eq!(instance.export(name).unwrap_err().code(), Code::NoSuchExport, "{name}");
    }
}

#[test]
fn export_of_another_instance_is_refused() {
    let plugin = plugin();
    let (mut first, mut second) =
        (plugin.instantiate(&Grants::none()).unwrap(), plugin.instantiate(&Grants::none()).unwrap());
    let none = first.export("none").unwrap();
    let error = none.call::<_, ()>(&mut second, ()).unwrap_err();
    assert_eq!(error.code(), Code::WrongCall);
    let found = format!("it was found in instance {}, and this is instance {}", first.id(), second.id());
    assert!(error.to_string().contains(&found), "{error}");
    none.call::<_, ()>(&mut first, ()).unwrap();
}

#[test]
fn export_of_an_ended_instance_is_refused() {
    let mut instance = start();
    let (trap, none) = (instance.export("trap").unwrap(), instance.export("none").unwrap());
    assert_eq!(trap.call::<_, ()>(&mut instance, ()).unwrap_err().code(), Code::Trapped);
    assert_eq!(none.call::<_, ()>(&mut instance, ()).unwrap_err().code(), Code::CutOff);
    instance.close().unwrap();
    assert_eq!(none.call::<_, ()>(&mut instance, ()).unwrap_err().code(), Code::Closed);
}

#[test]
fn export_of_an_instance_that_waits_is_awaited() {
    let mut instance = pollster::block_on(plugin().instantiate_async(&Grants::none())).unwrap();
    let none = instance.export("none").unwrap();
    pollster::block_on(none.call_async::<_, ()>(&mut instance, (1,))).unwrap();
    assert_eq!(none.call::<_, ()>(&mut instance, ()).unwrap_err().code(), Code::WrongCall);
    let mut other = start();
    let refused = pollster::block_on(none.call_async::<_, ()>(&mut other, ()));
    assert_eq!(refused.unwrap_err().code(), Code::WrongCall);
}
