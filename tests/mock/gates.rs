//! Refusals of a mock host, and their records.

use std::time::Duration;

use hostfn::abi::Value;
use hostfn::abi::codec;
use hostfn::error::Code;
use hostfn::observe::Decision;
use hostfn::testing::{MockFailure, MockHost};
use hostfn::{Grants, HostFn, Limits, Registry, Status};

use crate::books::{Books, Entry, Kind, READ, Receipt, WRITE, ledger_later, ledger_post, ledger_timed};
use crate::{mock, registry};

fn income(account: &str, cents: i64) -> (Entry,) {
    (Entry { account: account.to_owned(), cents, kind: Kind::Income, note: None },)
}

fn post(host: &MockHost, entry: (Entry,)) -> Result<Receipt, MockFailure> {
    host.call("host", "ledger_post", entry)
}

fn find(host: &MockHost, account: &str) -> Result<Vec<Entry>, MockFailure> {
    host.call("host", "ledger_find", (account,))
}

fn message(failure: MockFailure) -> (Status, String) {
    (
        failure.status,
        failure.reply.map_or_else(String::new, |reply| format!("{}: {}", reply.code, reply.message)),
    )
}

#[test]
fn the_functions_themselves_run_with_their_states() {
    let host = mock();
    assert_eq!(post(&host, income("a", 5)), Ok(Receipt { number: 1, balance: 5 }));
    assert_eq!(post(&host, income("a", 7)), Ok(Receipt { number: 2, balance: 12 }));
    assert_eq!(find(&host, "a").unwrap().len(), 2);
    assert_eq!(
        message(post(&host, income("a", -20)).unwrap_err()),
        (Status::FAILED, "overdrawn: 8 cents are missing".to_owned())
    );
    assert_eq!(host.with_state(|books: &mut Books| books.0.len()), Some(2));
    assert_eq!(host.with_state(|_: &mut String| ()), None);
    assert_eq!(host.call("host", "ledger_owner", ()), Ok("mock, at depth 1".to_owned()));
    assert_eq!(host.call("host", "ledger_later", (9,)), Ok(9_u64));
}

#[test]
fn a_capability_is_denied_and_allowed_again() {
    let host = mock();
    post(&host, income("a", 5)).unwrap();
    host.deny(&WRITE);
    let denied =
        (Status::NO_CAPABILITY, "no_capability: the capability `ledger.write` is not granted".to_owned());
    assert_eq!(message(post(&host, income("a", 5)).unwrap_err()), denied);
    assert_eq!(find(&host, "a").unwrap().len(), 1);
    host.allow(&WRITE);
    post(&host, income("a", 5)).unwrap();

    let decisions: Vec<_> = host.calls().iter().map(|call| (call.name, call.decision, call.status)).collect();
    assert_eq!(
        decisions,
        [
            ("ledger_post", Decision::Granted, Status::OK),
            ("ledger_post", Decision::NotGranted, Status::NO_CAPABILITY),
            ("ledger_find", Decision::Granted, Status::OK),
            ("ledger_post", Decision::Granted, Status::OK),
        ]
    );
}

#[test]
fn grants_are_those_of_the_operator() {
    let grants = Grants::none().allow_within(&READ, ["mine-*"]).unwrap();
    let host =
        MockHost::builder(registry()).grants(&grants).state("books", |_| Books::open()).build().unwrap();
    assert_eq!(post(&host, income("mine-1", 5)).unwrap_err().status, Status::NO_CAPABILITY);
    host.allow(&WRITE); // what was never granted is not given back
    assert_eq!(post(&host, income("mine-1", 5)).unwrap_err().status, Status::NO_CAPABILITY);

    host.replies("host", "ledger_find", Vec::<Entry>::new());
    assert_eq!(find(&host, "mine-1"), Ok(Vec::new()));
    let outside = message(find(&host, "yours").unwrap_err());
    let said = "no_capability: the capability `ledger.read` is not granted for this `account`";
    assert_eq!(outside, (Status::NO_CAPABILITY, said.to_owned()));
    assert_eq!(host.calls().last().unwrap().decision, Decision::OutOfScope);
}

#[test]
fn quotas_and_limits_hold_for_scripts_too() {
    let host = mock();
    host.replies("host", "ledger_post", Receipt { number: 1, balance: 2 });
    for _ in 0..4 {
        post(&host, income("a", 1)).unwrap();
    }
    let used_up = (Status::QUOTA_EXCEEDED, "quota_exceeded: more than 4 calls".to_owned());
    assert_eq!(message(post(&host, income("a", 1)).unwrap_err()), used_up);
    host.begin();
    post(&host, income("a", 1)).unwrap();

    let long = message(post(&host, income(&"a".repeat(300), 1)).unwrap_err());
    assert_eq!(long, (Status::QUOTA_EXCEEDED, "quota_exceeded: more than 256 bytes of arguments".to_owned()));
    host.replies("host", "ledger_find", vec![income("a", 1).0; 100]);
    let long = message(find(&host, "a").unwrap_err());
    assert_eq!(long, (Status::QUOTA_EXCEEDED, "quota_exceeded: more than 512 bytes of reply".to_owned()));

    let mut limits = Limits::default();
    limits.calls = 1;
    let host = MockHost::builder(registry()).limits(limits).build().unwrap();
    host.call::<_, String>("host", "ledger_owner", ()).unwrap();
    let used_up = host.call::<_, String>("host", "ledger_owner", ()).unwrap_err();
    assert_eq!(used_up.status, Status::QUOTA_EXCEEDED);
}

#[test]
fn arguments_are_those_that_the_function_takes() {
    let host = mock();
    host.replies("host", "ledger_find", Vec::<Entry>::new()).replies("host", "ledger_owner", "me");
    let call = |name: &str, args: &[u8]| {
        let (status, reply) = host.call_bytes("host", name, args);
        assert_eq!(status, Status::BAD_INPUT);
        codec::decode::<hostfn::ErrorReply>(&reply).unwrap().message
    };
    assert_eq!(
        call("ledger_find", b"\x91\x05"),
        "argument `account`: expected a string, found an integer at byte 1"
    );
    assert_eq!(call("ledger_find", b"\x90"), "arguments: expected 1 argument, found 0");
    assert_eq!(call("ledger_find", b"what"), "arguments: arguments must be one array");
    assert_eq!(call("ledger_owner", b"\x91\x05"), "arguments: expected 0 arguments, found 1");

    let args: Vec<Value> = host.calls().into_iter().map(|call| call.args).collect();
    let array = |items: &[u64]| Value::Array(items.iter().map(|n| Value::Unsigned(*n)).collect());
    assert_eq!(args, [array(&[5]), array(&[]), Value::Bytes(b"what".to_vec()), array(&[5])]);
}

/// As it poisons an instance.
#[test]
fn after_a_panic_nothing_is_called_any_more() {
    let host = mock();
    let failed = post(&host, income("panic", 1)).unwrap_err();
    assert_eq!(message(failed), (Status::INTERNAL, String::new()));
    let shut = host.call::<_, String>("host", "ledger_owner", ()).unwrap_err();
    assert_eq!(message(shut), (Status::INTERNAL, String::new()));
    host.deny(&WRITE).allow(&WRITE);
    assert_eq!(post(&host, income("a", 1)).unwrap_err().status, Status::INTERNAL);

    let calls = host.take_calls();
    assert_eq!(calls[0].message, "the books are on fire");
    assert_eq!((calls[1].decision, calls[2].decision), (Decision::Shut, Decision::Shut));
    assert!(host.calls().is_empty());
}

#[test]
fn what_does_not_fit_together_is_told_when_it_is_built() {
    let mut limits = Limits::default();
    limits.calls = 0;
    let host = MockHost::builder(registry())
        .state("a", |_| Books::open())
        .state("a", |_| Books::open())
        .limits(limits)
        .build();
    let codes: Vec<Code> = host.unwrap_err().problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [Code::DuplicateStateId, Code::DuplicateStateType, Code::BadLimit]);
    let failing = MockHost::builder(registry()).state("books", |_| Err::<Books, _>("no paper")).build();
    assert_eq!(failing.unwrap_err().code(), Code::StateFailed);
}

#[test]
#[should_panic(
    expected = "H0303 the host has no function `ledger_pots` of module `host`; did you mean `ledger_post`"
)]
fn a_function_that_there_is_not() {
    let _ = mock().call_bytes("host", "ledger_pots", &[]);
}

#[test]
#[should_panic(
    expected = "H0111 `host.ledger_post` asks for a state of type `mock::books::Books`; provide it with `state` \
                           or `shared`, or script the function"
)]
fn a_state_that_there_is_not() {
    let host = MockHost::new(Registry::builder().add(ledger_post::SPEC).build().unwrap()).unwrap();
    host.replies("host", "ledger_post", Receipt { number: 1, balance: 2 });
    post(&host, income("a", 1)).unwrap();
    host.runs("host", "ledger_post");
    let _ = post(&host, income("a", 1));
}

/// By another thread than the one that waits.
#[test]
fn an_async_function_is_waited_for() {
    let host = MockHost::new(Registry::builder().add(ledger_later::SPEC).build().unwrap()).unwrap();
    assert_eq!(host.call("host", "ledger_later", (1,)), Ok(1_u64));
    host.answers("host", "ledger_later", |(n,): (u64,)| n + 1);
    assert_eq!(host.call("host", "ledger_later", (1,)), Ok(2_u64));
}

fn timed(time: Duration) -> MockHost {
    let registry = Registry::builder().add(ledger_timed::SPEC).build().unwrap();
    let mut limits = Limits::default();
    limits.time = time;
    MockHost::builder(registry).limits(limits).build().unwrap()
}

/// The runtime of the test has one thread, which waits for the mock host.
#[tokio::test]
#[should_panic(expected = "H0411 `host.ledger_timed` has not answered within 200ms, the limit `time`")]
async fn async_function_that_waits_for_the_blocked_runtime_is_given_up() {
    let _: Result<u64, _> = timed(Duration::from_millis(200)).call("host", "ledger_timed", (1,));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn async_function_waits_for_another_thread_of_the_runtime() {
    let host = timed(Duration::from_mins(1));
    assert_eq!(host.call("host", "ledger_timed", (7,)), Ok(7_u64));
}
