//! The guests on a real host: fixed calls, generated values, the ABI's vectors, errors that are passed on.
//!
//! `HOSTFN_GUESTS` names a folder of freshly built guests to test instead of the committed ones.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use conformance::{BANK, BankError, ECHO, EchoClient, PLACE, registry};
use hostfn::engine::MissingCapability;
use hostfn::spec::{Call, Reply, reply_shape};
use hostfn::{Error, Grants, Host, HostFnSpec, Instance, Limits, Plugin, Registry};
use serde_json::Value as Json;

use crate::common::{for_each_echo, guest, languages};
use crate::made::{Made, Numbers};

/// The number of items of each type.
const VALUES: u64 = 60;

/// An instance in the suite's host, which compiles the guest of each language once.
fn start(language: &'static str) -> Instance {
    static PLUGINS: Mutex<BTreeMap<&str, Plugin>> = Mutex::new(BTreeMap::new());
    let mut plugins = PLUGINS.lock().unwrap_or_else(PoisonError::into_inner);
    let plugin =
        plugins.entry(language).or_insert_with(|| load(registry().unwrap(), Limits::default(), language));
    instantiate(plugin, language)
}

fn start_with(registry: Registry, language: &str) -> Instance {
    instantiate(&load(registry, Limits::default(), language), language)
}

fn load(registry: Registry, limits: Limits, language: &str) -> Plugin {
    let host = Host::builder(registry).limits(limits).missing(MissingCapability::Deny).build().unwrap();
    host.load_file(guest(language)).unwrap_or_else(|error| panic!("{language}: {error}"))
}

fn instantiate(plugin: &Plugin, language: &str) -> Instance {
    let grants = Grants::none().allow(&ECHO).allow(&BANK).allow_within(&PLACE, ["/data/**"]).unwrap();
    plugin.instantiate(&grants).unwrap_or_else(|error| panic!("{language}: {error}"))
}

#[test]
fn fixed_calls_are_answered_as_they_should_be() {
    for language in languages() {
        let mut guest = start(language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        for _ in 0..3 {
            let failures = echo.fixed().unwrap_or_else(|error| panic!("{language}: {error}"));
            assert!(failures.is_empty(), "{language}: {failures:?}");
        }
    }
}

/// A unit in a box is nil, and `()` is no bytes: a guest takes both for the reply `unit`.
#[test]
fn unit_reply_written_as_nil_is_read() {
    fn boxed(call: Call<'_>) -> Reply {
        call.authorize()?.reply(&Box::new(()))
    }
    static NOTHING: HostFnSpec =
        HostFnSpec::new("host", "nothing", boxed).always_available().with_reply(reply_shape!(Box<()>));

    assert_eq!(hostfn_abi::codec::to_vec(&Box::new(())).unwrap(), [0xc0]);
    let specs: Vec<_> = registry().unwrap().iter().filter(|spec| spec.name() != NOTHING.name()).collect();
    for language in languages() {
        let registry = Registry::builder().add_all(specs.iter().copied()).add(&NOTHING);
        let mut guest = start_with(registry.build().unwrap(), language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        let failures = echo.fixed().unwrap_or_else(|error| panic!("{language}: {error}"));
        assert!(failures.is_empty(), "{language}: {failures:?}");
    }
}

#[test]
fn generated_values_come_back_as_they_were() {
    for language in languages() {
        let mut guest = start(language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        macro_rules! echoes {
            ($name:ident) => {
                for number in 0..VALUES {
                    let value = Made::made(&mut Numbers(number), 3);
                    let said = format!("{value:?}");
                    let heard = echo
                        .$name(value)
                        .unwrap_or_else(|e| panic!("{language}, {}({said}): {e}", stringify!($name)));
                    assert_eq!(format!("{heard:?}"), said, "{language}, {}", stringify!($name));
                }
            };
        }
        for_each_echo!(echoes);
    }
}

#[test]
fn what_nests_deep_comes_back() {
    for language in languages() {
        let mut guest = start(language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        let node = |levels| conformance::Node {
            value: 0,
            next: (1..levels).fold(None, |next, value| Some(Box::new(conformance::Node { value, next }))),
        };
        // as deep as values may be inside the array of the arguments
        assert_eq!(echo.echo_node(node(63)).unwrap(), node(63), "{language}");
        let error = echo.echo_node(node(64)).unwrap_err().to_string();
        assert!(error.contains("deep"), "{language}: {error}");
        assert_eq!(echo.echo_u8(7).unwrap(), 7, "{language} works no more");
    }
}

#[test]
fn errors_of_the_host_are_passed_on() {
    for language in languages() {
        let mut guest = start(language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        let mut pass_on = |account: &str, amount| echo.pass_on(account.to_owned(), amount).unwrap();
        assert_eq!(pass_on("rich", 1), Ok((1 << 60) - 1), "{language}");
        assert_eq!(pass_on("poor", 7), Err(BankError::Insufficient { missing: 2 }), "{language}");
        assert_eq!(pass_on("cold", 7), Err(BankError::Frozen), "{language}");
        assert_eq!(pass_on("nobody", 7), Err(BankError::NoSuchAccount), "{language}");
    }
}

/// A plugin that forgot to name its implementation learns what is missing, and does not trap.
#[test]
fn assemblyscript_without_an_implementation_says_so() {
    let mut guest = start("as-unexported");
    let error = guest.call::<_, u8>("echo_v1_echo_u8", (7_u8,)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0404 as-unexported.echo_v1_echo_u8: the guest returned INTERNAL (-4): the plugin has not called \
         `exportEchoV1`; call it where the main file begins (no_guest)"
    );
}

/// Without a hook or a handler in the guest's own code.
#[test]
fn panic_of_a_rust_guest_reaches_the_host() {
    let error = start("rust").call::<_, ()>("panics", ("no digits",)).unwrap_err();
    let Error::Trapped { trap, .. } = &error else { panic!("{error:?}") };
    assert_eq!(trap.kind, "unreachable");
    let log = trap.log.as_deref().unwrap();
    assert!(log.starts_with("panicked at ") && log.ends_with(": no digits"), "{log}");
    assert!(log.contains("src/lib.rs:"), "{log}");
    assert!(error.to_string().ends_with(log), "{error}");
}

/// By one line of its main file.
#[test]
fn panic_of_a_zig_guest_reaches_the_host() {
    if languages().contains(&"zig") {
        let error = start("zig").call::<_, ()>("panics", ("no digits",)).unwrap_err();
        assert!(error.to_string().ends_with(": no digits"), "{error}");
    }
}

#[test]
fn the_memory_of_a_call_is_used_again() {
    // small, because the guest has to receive more than it
    const MEMORY: usize = 8 << 20;
    // the other runtime of AssemblyScript frees nothing
    for language in languages().into_iter().filter(|language| *language != "as-stub") {
        let mut limits = Limits::default();
        (limits.memory, limits.reply) = (MEMORY, 1 << 20);
        let mut guest = instantiate(&load(registry().unwrap(), limits, language), language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        for _ in 0..MEMORY / 50_000 + 50 {
            let bytes = vec![7; 50_000];
            assert_eq!(echo.echo_bytes(bytes.clone()).unwrap(), bytes, "{language}");
        }
    }
}

fn vectors() -> Json {
    serde_json::from_str(include_str!("../../../host-abi/tests/vectors/abi-v1.json")).unwrap()
}

fn cases<'v>(vectors: &'v Json, section: &str) -> &'v [Json] {
    let cases = vectors[section].as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

fn params(case: &Json) -> String {
    case["params"].as_str().unwrap().to_owned()
}

fn hex(case: &Json) -> Vec<u8> {
    let digits = case["hex"].as_str().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn the_vectors_hold_in_the_guests() {
    let vectors = vectors();
    for language in languages() {
        let mut guest = start(language);
        let mut echo: EchoClient<'_> = guest.contract().unwrap();
        for case in cases(&vectors, "words") {
            let status = i32::try_from(case["status"].as_i64().unwrap()).unwrap();
            let len = u32::try_from(case["len"].as_u64().unwrap()).unwrap();
            let word: i64 = case["word_i64"].as_str().unwrap().parse().unwrap();
            assert_eq!(echo.word(status, len).unwrap(), word, "{language}: {case}");
            assert_eq!(echo.parts(word).unwrap(), (status, len), "{language}: {case}");
        }
        for case in cases(&vectors, "arguments") {
            let again = echo.again(params(case), hex(case)).unwrap();
            // a note says that it is not the form that is written: that is the one of the same value without one
            let same = |other: &&Json| {
                other["params"] == case["params"]
                    && other["value"] == case["value"]
                    && other.get("note").is_none()
            };
            let written = cases(&vectors, "arguments").iter().find(same).map(hex);
            let written = if case["params"] == "()" { Some(vec![]) } else { written };
            assert!(again.is_some(), "{language}: {case}");
            assert!(written.is_none() || again == written, "{language}: {case} is written {again:02x?}");
        }
        for case in cases(&vectors, "bad_arguments") {
            assert_eq!(echo.again(params(case), hex(case)).unwrap(), None, "{language}: {case}");
        }
    }
}
