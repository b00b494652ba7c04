//! Calls from the host into the guest, and all that can come of them.

use std::time::Duration;

use hostfn::abi::Value;
use hostfn::abi::Word;
use hostfn::error::Code;
use hostfn::wasm::CutOff;
use hostfn::{Error, Grants, Host, HostFn, Instance, Limits, Status, host_fn};
use serde::{Serialize, Serializer};
use test_support::probe::{bare_guest, causes, export, guest, problems, registry};

use crate::{instance, start};

/// Answer with so many bytes.
#[host_fn(capability = none)]
fn bytes(count: usize) -> Vec<u8> {
    vec![7; count]
}

/// A guest without host functions, with these exports.
fn exports(exports: &[String]) -> Instance {
    start(&[], &guest(&[], &exports.concat()))
}

/// A guest whose `run` says that its result is this range, and returns this word.
fn answering(ptr: u32, len: u32, word: i64) -> Instance {
    let set =
        format!("(call $set_result (i32.const {}) (i32.const {}))", ptr.cast_signed(), len.cast_signed());
    exports(&[DATA.to_owned(), export("run", &set, &format!("(i64.const {word})"))])
}

/// At 16 the number 7, at 32 an error reply with the code `c` and the message `m`, at 64 a text.
const DATA: &str = r#"
    (data (i32.const 16) "\07")
    (data (i32.const 32) "\82\a4code\a1c\a7message\a1m")
    (data (i32.const 64) "\a4text")"#;

const ERROR_LEN: u32 = 18;

const fn word(status: i32, len: u32) -> i64 {
    Word::new(Status::new(status), len).to_i64()
}

fn bad_result(instance: &mut Instance) -> String {
    let error = instance.call::<_, u32>("run", ()).unwrap_err();
    assert_eq!(error.code(), Code::BadResult, "{error}");
    let text = error.to_string();
    let what = text.strip_prefix("H0407 plugin `probe`, export `run`: invalid result: ").unwrap();
    what.split_once("; build the guest").unwrap().0.to_owned()
}

#[test]
fn arguments_go_in_and_a_result_comes_out() {
    let echo = export(
        "echo",
        "(call $set_result (local.get 0) (local.get 1))",
        "(i64.shl (i64.extend_i32_u (local.get 1)) (i64.const 32))",
    );
    let mut instance = exports(&[echo]);
    let args = (7, "text", vec![1.5, 2.5], None::<u8>);
    let back: (u32, String, Vec<f64>, Option<u8>) = instance.call("echo", &args).unwrap();
    assert_eq!(back, (7, "text".to_owned(), vec![1.5, 2.5], None));
    let back: (serde_bytes::ByteBuf,) =
        instance.call("echo", (serde_bytes::ByteBuf::from(vec![9; 100_000]),)).unwrap();
    assert_eq!(back.0.len(), 100_000);
}

#[test]
fn no_arguments_are_nothing_at_nowhere() {
    let nothing = "(if (i32.or (local.get 0) (local.get 1)) (then unreachable))";
    let body = export("run", nothing, "(i64.const 0)");
    start(&[], &bare_guest(&[], &body)).call::<_, ()>("run", ()).unwrap();
}

#[test]
fn an_export_that_is_not_there_or_of_another_type() {
    let mut instance = exports(&[
        r#"(func (export "other") (param i32) (result i32) local.get 0)"#.to_owned(),
        r#"(global (export "value") i32 (i32.const 0))"#.to_owned(),
    ]);
    let mut missing = |export: &str| {
        let error = instance.call::<_, ()>(export, ()).unwrap_err();
        assert_eq!(error.code(), Code::NoSuchExport);
        error.to_string()
    };
    let nothing = "the plugin exports no such function; export it as section 7 of the ABI says";
    assert_eq!(missing("run"), format!("H0403 plugin `probe`, export `run`: {nothing}"));
    assert_eq!(missing("value"), format!("H0403 plugin `probe`, export `value`: {nothing}"));
    assert!(missing("other").contains("and a call needs (i32, i32) -> i64"));
}

#[test]
fn an_error_of_the_guest_comes_with_its_reply() {
    for status in [-5, -6, -1024, i32::MIN, -8, 1] {
        match answering(32, ERROR_LEN, word(status, ERROR_LEN)).call::<_, u32>("run", ()) {
            Err(Error::Guest { plugin, export, status: told, reply }) => {
                assert_eq!((plugin.as_str(), export.as_str(), told), ("probe", "run", Status::new(status)));
                let reply = reply.unwrap();
                assert_eq!((reply.code.as_str(), reply.message.as_str(), reply.detail), ("c", "m", None));
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    let error = answering(32, ERROR_LEN, word(-5, ERROR_LEN)).call::<_, u32>("run", ()).unwrap_err();
    assert_eq!(error.to_string(), "H0404 probe.run: the guest returned NOT_FOUND (-5): m (c)");
}

#[test]
fn an_error_of_the_guest_comes_without_a_reply_or_with_nonsense() {
    for (ptr, len) in [(0, 0), (64, 5), (32, 3)] {
        let error = answering(ptr, len, word(-6, len)).call::<_, u32>("run", ()).unwrap_err();
        assert!(matches!(error, Error::Guest { status: Status::FAILED, reply: None, .. }), "{error:?}");
        assert_eq!(error.to_string(), "H0404 probe.run: the guest returned FAILED (-6)");
    }
}

#[test]
fn trap_ends_the_instance_and_no_other() {
    let parts = [
        DATA.to_owned(),
        export("trap", "(drop (i32.div_u (i32.const 1) (i32.const 0)))", "(i64.const 0)"),
        export(
            "run",
            "(call $set_result (i32.const 16) (i32.const 1))",
            &format!("(i64.const {})", word(0, 1)),
        ),
    ];
    let plugin = test_support::probe::host(&[]).load("probe", &guest(&[], &parts.concat())).unwrap();
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    let mut other = plugin.instantiate(&Grants::none()).unwrap();
    let error = instance.call::<_, ()>("trap", ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0405 probe.trap: the guest trapped: integer divide by zero in `function 6`"
    );
    assert!(causes(&error).contains("integer divide by zero"), "{error:?}");
    assert_eq!(instance.call::<_, u32>("run", ()).unwrap_err().code(), Code::CutOff);
    assert_eq!(other.call::<_, u32>("run", ()).unwrap(), 7);
}

fn in_a_hurry() -> Host {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(200);
    Host::builder(registry(&[bytes::SPEC])).limits(limits).cut_off(CutOff::Keep).build().unwrap()
}

const FOREVER: &str = "(loop $again (br $again))";

#[test]
fn a_guest_that_never_returns_is_stopped() {
    let body = export("run", FOREVER, "(i64.const 0)") + &export("other", "", "(i64.const 0)");
    let mut instance = instance(&in_a_hurry(), &guest(&[], &body)).unwrap();
    for _ in 0..2 {
        let error = instance.call::<_, ()>("run", ()).unwrap_err();
        assert!(
            matches!(&error, Error::TimedOut { plugin, export, .. } if plugin == "probe" && export == "run")
        );
        assert_eq!(error.code(), Code::TimedOut);
        instance.call::<_, ()>("other", ()).unwrap();
    }
}

#[test]
fn an_allocator_that_never_returns_is_stopped() {
    let alloc = format!(r#"(func (export "plugin_alloc") (param i32) (result i32) {FOREVER} unreachable)"#);
    let data = r#"(data (i32.const 16) "\91\07")"#;
    let body = [
        alloc,
        data.to_owned(),
        export("args", "", "(i64.const 0)"),
        export("reply", "(drop (call $bytes (i32.const 16) (i32.const 2)))", "(i64.const 0)"),
        export("alloc", "(drop (call $host_alloc (i32.const 8)))", "(i64.const 0)"),
    ];
    let mut instance = instance(&in_a_hurry(), &bare_guest(&["bytes"], &body.concat())).unwrap();
    assert_eq!(instance.call::<_, ()>("args", (1,)).unwrap_err().code(), Code::TimedOut);
    assert_eq!(instance.call::<_, ()>("reply", ()).unwrap_err().code(), Code::TimedOut);
    assert_eq!(instance.call::<_, ()>("alloc", ()).unwrap_err().code(), Code::TimedOut);
}

#[test]
fn a_word_and_its_result_agree_on_the_length() {
    assert_eq!(answering(16, 1, word(0, 1)).call::<_, u32>("run", ()).unwrap(), 7);
    let says = |word: u32, set: u32| format!("its word says {word} bytes, and `host_set_result` said {set}");
    assert_eq!(bad_result(&mut answering(16, 1, word(0, 2))), says(2, 1));
    assert_eq!(bad_result(&mut answering(16, 2, word(0, 1))), says(1, 2));
    assert_eq!(bad_result(&mut answering(16, 1, word(0, 0))), says(0, 1));
    assert_eq!(bad_result(&mut answering(16, 1, word(-6, 0))), says(0, 1));
    let unsaid = export("run", "", &format!("(i64.const {})", word(0, 1)));
    assert_eq!(bad_result(&mut exports(&[unsaid])), says(1, 0));
}

#[test]
fn a_result_lies_inside_the_memory() {
    const END: u32 = 4 * 65_536;
    for (ptr, len) in [(END, 1), (END - 1, 2), (u32::MAX, 1), (u32::MAX, 2), (1, END)] {
        let what = bad_result(&mut answering(ptr, len, word(0, len)));
        assert_eq!(what, "its range is not inside the memory", "{ptr} {len}");
    }
    answering(END - 1, 1, word(0, 1)).call::<_, u8>("run", ()).unwrap();
}

#[test]
fn a_result_is_of_the_type_that_was_asked_for() {
    let what = bad_result(&mut answering(64, 5, word(0, 5)));
    assert!(what.starts_with("it is not a `u32`: "), "{what}");
    let what = bad_result(&mut answering(16, 2, word(0, 2)));
    assert!(what.starts_with("it is not a `u32`: "), "a byte too many: {what}");
    let what = bad_result(&mut answering(0, 0, word(0, 0)));
    assert!(what.starts_with("it is not a `u32`: "), "nothing at all: {what}");
    assert_eq!(answering(64, 5, word(0, 5)).call::<_, String>("run", ()).unwrap(), "text");
    assert_eq!(
        answering(64, 5, word(0, 5)).call::<_, Value>("run", ()).unwrap(),
        Value::String("text".to_owned())
    );
    answering(0, 0, word(0, 0)).call::<_, ()>("run", ()).unwrap();
}

#[test]
fn a_result_belongs_to_its_call() {
    let set = "(call $set_result (i32.const 16) (i32.const 1))";
    let one = format!("(i64.const {})", word(0, 1));
    let mut instance = exports(&[DATA.to_owned(), export("set", set, &one), export("run", "", &one)]);
    assert_eq!(instance.call::<_, u32>("set", ()).unwrap(), 7);
    assert_eq!(bad_result(&mut instance), "its word says 1 bytes, and `host_set_result` said 0");
}

#[test]
fn arguments_need_room_in_the_guest() {
    let no_room = |wasm: &[u8]| {
        let error = start(&[], wasm).call::<_, ()>("run", (1,)).unwrap_err();
        assert_eq!(error.code(), Code::BadArguments);
        let what = "the arguments could not be passed: the guest's `plugin_alloc` gave no room for them";
        assert_eq!(
            problems(&error)[0].split("; ").next().unwrap(),
            format!("H0409 plugin `probe`, export `run`: {what}")
        );
    };
    let run = export("run", "unreachable", "");
    no_room(&bare_guest(&[], &run));
    for body in ["i32.const 0", "i32.const -1", "i32.const 262143", "i32.const 262144"] {
        let alloc = format!(r#"(func (export "plugin_alloc") (param i32) (result i32) {body})"#);
        no_room(&bare_guest(&[], &(alloc + &run)));
    }
    // one that traps does not answer that there is no room
    let alloc = r#"(func (export "plugin_alloc") (param i32) (result i32) unreachable)"#;
    let error =
        start(&[], &bare_guest(&[], &(alloc.to_owned() + &run))).call::<_, ()>("run", (1,)).unwrap_err();
    assert_eq!(error.code(), Code::Trapped);
}

#[test]
fn an_allocator_may_grow_the_memory_for_the_arguments() {
    let alloc = r#"(func (export "plugin_alloc") (param i32) (result i32)
        (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))"#;
    let at_its_start = "(if (i32.ne (i32.load8_u (local.get 0)) (i32.const 0x91)) (then unreachable))";
    let wasm = bare_guest(&[], &(alloc.to_owned() + &export("run", at_its_start, "(i64.const 0)")));
    start(&[], &wasm).call::<_, ()>("run", (1,)).unwrap();
}

#[test]
fn arguments_that_cannot_be_encoded() {
    struct Unspeakable;
    impl Serialize for Unspeakable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it has no words"))
        }
    }
    let mut instance = exports(&[export("run", "unreachable", "")]);
    let error = instance.call::<_, ()>("run", (Unspeakable,)).unwrap_err();
    assert_eq!(error.code(), Code::BadArguments);
    assert!(error.to_string().contains("it has no words"), "{error}");
}

#[test]
fn every_instance_knows_its_plugin() {
    let host = test_support::probe::host(&[]);
    let plugin = host.load("weather", &guest(&[], "")).unwrap();
    assert_eq!(plugin.name(), "weather");
    assert_eq!(plugin.instantiate(&Grants::none()).unwrap().plugin(), "weather");
}
