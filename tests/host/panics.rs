//! A host function that panics.

use std::panic::panic_any;

use hostfn::abi::Value;
use hostfn::error::Code;
use hostfn::{Error, Grants, Host, HostError, HostFn, Instance, Plugin, Status, capabilities, host_fn};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use test_support::probe::{Record, expect_word, export, guest, registry};

capabilities! {
    /// Write things down.
    pub NOTE = "note";
}

/// Break, with a literal, a text, or something else for a message.
#[host_fn(capability = none)]
fn broken(how: u32) -> u32 {
    match how {
        0 => panic!("a literal"),
        1 => panic!("number {how}"),
        2 => panic_any(String::from("a string")),
        3 => panic_any(how),
        4 => panic_any(DropBomb),
        _ => how,
    }
}

/// A panic's payload that panics when it is dropped.
struct DropBomb;

impl Drop for DropBomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// Add two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Write something down.
#[host_fn(capability = NOTE)]
fn note(#[state] record: &Record) {
    record.add("noted");
}

/// Breaks on its way in, on its way out, or as an error.
struct Fragile(u32);

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        assert_ne!(number, 0, "broken on the way in");
        Ok(Fragile(number))
    }
}

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, 1, "broken on the way out");
        self.0.serialize(serializer)
    }
}

impl std::fmt::Display for Fragile {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("broken as an error")
    }
}

impl HostError for Fragile {
    fn code(&self) -> &'static str {
        "fragile"
    }
}

/// Hand something fragile around.
#[host_fn(capability = none)]
fn fragile(what: Fragile) -> Result<Fragile, Fragile> {
    if what.0 == 2 { Err(what) } else { Ok(what) }
}

/// Arguments at 16, 18, ..: the numbers from 0 on.
const NUMBERS: &str = r#"(data (i32.const 16) "\91\00\91\01\91\02\91\03\91\04\91\05")
    (data (i32.const 64) "\92\01\02")"#;

/// A guest that calls the functions and traps unless they answer as they should.
fn body() -> String {
    let breaking = |name: &str, how: u32| {
        let call = format!("(call ${name} (i32.const {}) (i32.const 2))", 16 + 2 * how);
        let internal = expect_word(&call, Status::INTERNAL);
        let no_reply = "(if (call $result_ptr) (then unreachable))";
        let window = "(if (i64.ne (i64.load (i32.const 4096)) (i64.const 0)) (then unreachable))";
        export(&format!("{name}{how}"), &format!("{internal} {no_reply} {window}"), "(i64.const 0)")
    };
    let others = [
        expect_word("(call $broken (i32.const 26) (i32.const 2))", Status::INTERNAL),
        expect_word("(call $add (i32.const 64) (i32.const 3))", Status::INTERNAL),
        expect_word("(call $note (i32.const 0) (i32.const 0))", Status::INTERNAL),
    ];
    let first = expect_word("(call $broken (i32.const 16) (i32.const 2))", Status::INTERNAL);
    let five = "(if (i64.ne (call $broken (i32.const 26) (i32.const 2)) (i64.const 0x100000000)) (then unreachable))";
    [
        NUMBERS.to_owned(),
        "(func $start (drop (call $set_window (i32.const 4096) (i32.const 64)))) (start $start)".to_owned(),
        (0..5).map(|how| breaking("broken", how)).collect(),
        (0..3).map(|how| breaking("fragile", how)).collect(),
        export("then_others", &(first + &others.concat()), "(i64.const 0)"),
        export("fine", five, "(i64.const 0)"),
    ]
    .concat()
}

fn plugin(record: &Record) -> Plugin {
    let state = record.clone();
    let specs = [broken::SPEC, add::SPEC, note::SPEC, fragile::SPEC];
    Host::builder(registry(&specs))
        .state("record", move |_| Ok::<_, Error>(state.clone()))
        .observer(record.clone())
        .build()
        .unwrap()
        .load("probe", &guest(&["broken", "add", "note", "fragile"], &body()))
        .unwrap()
}

fn running(plugin: &Plugin) -> Instance {
    plugin.instantiate(&Grants::none().allow(&NOTE)).unwrap()
}

#[test]
fn the_guest_learns_nothing_and_the_host_keeps_the_message() {
    let record = Record::default();
    let plugin = plugin(&record);
    for (export, function, message) in [
        ("broken0", "broken", "a literal"),
        ("broken1", "broken", "number 1"),
        ("broken2", "broken", "a string"),
        ("broken3", "broken", "a panic without a message"),
        ("broken4", "broken", "a panic without a message"),
    ] {
        let mut instance = running(&plugin);
        instance.call::<_, ()>(export, ()).unwrap();
        assert_eq!(instance.poison(), Some(format!("{function}: {message}").as_str()));
        assert_eq!(record.take(), [format!("probe {function} panicked: {message}")]);
    }
}

#[test]
fn a_panic_in_a_type_is_a_panic_of_the_function() {
    let record = Record::default();
    let plugin = plugin(&record);
    for (export, message) in [
        ("fragile0", "broken on the way in"),
        ("fragile1", "broken on the way out"),
        ("fragile2", "broken as an error"),
    ] {
        let mut instance = running(&plugin);
        instance.call::<_, ()>(export, ()).unwrap();
        let poison = instance.poison().unwrap();
        assert!(poison.starts_with("fragile: ") && poison.contains(message), "{poison}");
        assert_eq!(record.take().len(), 1);
    }
}

#[test]
fn every_later_call_of_the_run_is_refused_and_nothing_runs() {
    let record = Record::default();
    let mut instance = running(&plugin(&record));
    instance.call::<_, ()>("then_others", ()).unwrap();
    let refused = |name: &str| {
        format!("probe host.{name} INTERNAL (-4): the instance takes no more calls after a panic")
    };
    assert_eq!(
        record.take(),
        ["probe broken panicked: a literal".to_owned(), refused("broken"), refused("add"), refused("note")]
    );
    assert_eq!(instance.poison(), Some("broken: a literal"));
}

#[test]
fn a_poisoned_instance_takes_no_more_calls_and_others_do() {
    let plugin = plugin(&Record::default());
    let (mut poisoned, mut other) = (running(&plugin), running(&plugin));
    poisoned.call::<_, ()>("broken1", ()).unwrap();
    for export in ["fine", "no such export"] {
        let error = poisoned.call::<_, ()>(export, ()).unwrap_err();
        assert_eq!(error.code(), Code::Poisoned);
        assert_eq!(
            error.to_string(),
            "H0408 plugin `probe`: a host function panicked, so its state cannot be trusted: broken: number 1; \
             drop the instance and create another"
        );
    }
    assert!(poisoned.state::<Record>().is_some(), "the embedder can still look");
    other.call::<_, ()>("fine", ()).unwrap();
    assert_eq!(other.poison(), None);
    running(&plugin).call::<_, ()>("fine", ()).unwrap();
}

#[test]
fn an_initialiser_that_panics_leaves_nothing_behind() {
    struct Noted(Record);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.add("end");
        }
    }
    let record = Record::default();
    let state = record.clone();
    let host = Host::builder(registry(&[]))
        .state("first", move |_| Ok::<_, Error>(Noted(state.clone())))
        .state("second", |_| -> Result<Value, Error> { panic!("an initialiser broke") })
        .build()
        .unwrap();
    let plugin = host.load("probe", &guest(&[], "")).unwrap();
    let error = plugin.instantiate(&Grants::none()).unwrap_err();
    assert_eq!(error.code(), Code::StateFailed);
    assert!(
        error.to_string().contains("state `second`") && error.to_string().contains("an initialiser broke")
    );
    assert_eq!(record.take(), ["end"]);
}
