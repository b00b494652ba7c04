//! The same calls of both, and what they leave.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use hostfn::abi::codec;
use hostfn::observe::{Event, EventKind};
use hostfn::spec::Param;
use hostfn::{Grants, HostFnSpec, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use test_support::session::{Answer, Caller};

use crate::pairs::{
    ALWAYS, Counter, Diary, ECHO, FALLIBLE, FS_READ, GREET, PLAIN, Pair, SCOPED, SHELF, STATEFUL, TWO_STATES,
    fs_read,
};

/// The way an instance is granted the function's capability.
#[derive(Clone, Copy, Debug)]
enum Granted {
    No,
    Everything,
    Narrowed,
    Revoked,
    /// The grant of some other capability.
    Other,
    /// The instance is closed.
    Closed,
}

/// One call: the bytes, and by how many the guest's range leaves its memory.
type Attempt = (Vec<u8>, u32);

/// An instance, and the calls it makes.
#[derive(Clone, Debug)]
struct Input {
    granted: Granted,
    window: usize,
    max_args: u32,
    max_reply: u32,
    calls: Vec<Attempt>,
}

/// The effect of a call: what the guest gets, and why it failed.
#[derive(Debug, PartialEq)]
struct Outcome {
    answer: Answer,
    fault: Option<(Status, String, bool)>,
}

fn grants(spec: &'static HostFnSpec, granted: Granted) -> Grants {
    let Some(capability) = spec.capability() else { return Grants::none() };
    match granted {
        Granted::No => Grants::none(),
        Granted::Narrowed if capability.is_scoped() => {
            Grants::none().allow_within(&FS_READ, ["/data/**"]).unwrap()
        }
        Granted::Other if capability.name() == SHELF.name() => Grants::none().allow(&GREET),
        Granted::Other => Grants::none().allow(&SHELF),
        _ => Grants::none().allow(capability),
    }
}

/// Makes the calls of one instance, and returns what each left and the states afterwards.
fn run(spec: &'static HostFnSpec, input: &Input) -> (Vec<Outcome>, Option<Counter>, Option<Diary>) {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&faults);
    let observer = move |event: &Event<'_>| {
        if let EventKind::HostCall(call) = event.what {
            let fault =
                call.fault.map(|fault| (fault.status(), fault.message().to_owned(), fault.is_panic()));
            seen.lock().unwrap().push(fault);
        }
    };
    let limits = (input.max_args, input.max_reply);
    let mut caller = Caller::new(spec, limits, &grants(spec, input.granted), |builder| {
        let builder = builder.state("counter", |_| Ok::<_, Infallible>(Counter::default()));
        builder.state("diary", |_| Ok::<_, Infallible>(Diary::default())).observer(observer)
    });
    if let (Granted::Revoked, Some(capability)) = (input.granted, spec.capability()) {
        caller.session.grants().revoke(capability);
    }
    if let Granted::Closed = input.granted {
        caller.session.close().unwrap();
    }
    let outcomes = input.calls.iter().map(|(bytes, beyond)| {
        let args: &[u8] = if *beyond == 0 { bytes } else { &[] };
        let answer = caller.call_of(args, u32::try_from(bytes.len()).unwrap() + beyond, input.window);
        Outcome { answer, fault: faults.lock().unwrap().pop().flatten() }
    });
    let outcomes = outcomes.collect();
    (outcomes, caller.session.state().cloned(), caller.session.state().cloned())
}

fn encoded(args: &impl serde::Serialize) -> Vec<u8> {
    codec::to_vec(args).unwrap()
}

/// Arguments of every function here, of no function, and malformed bytes.
fn some_args() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        Just(encoded(&())),
        Just(b"\x90".to_vec()),
        (any::<u64>(), any::<u64>()).prop_map(|args| encoded(&args)),
        any::<(u64, String)>().prop_map(|args| encoded(&args)),
        any::<(String,)>().prop_map(|args| encoded(&args)),
    ]
    .boxed()
}

/// As they are, or with a byte that is changed, missing or added.
fn damaged(good: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damage = |(mut bytes, at, to): (Vec<u8>, prop::sample::Index, u8)| {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            match to % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] = to,
                _ => bytes.insert(at, to),
            }
        }
        bytes
    };
    prop_oneof![
        3 => good.clone(),
        1 => (good, any::<prop::sample::Index>(), any::<u8>()).prop_map(damage),
        1 => some_args(),
    ]
}

/// Calls with these arguments, some of them damaged.
fn calls<T: serde::Serialize + std::fmt::Debug>(
    good: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Input> {
    input(good.prop_map(|args| encoded(&args)).boxed())
}

fn input(good: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Input> {
    let granted = prop_oneof![
        4 => Just(Granted::Everything),
        4 => Just(Granted::Narrowed),
        1 => Just(Granted::No),
        1 => Just(Granted::Revoked),
        1 => Just(Granted::Other),
        1 => Just(Granted::Closed),
    ];
    let beyond = prop_oneof![9 => Just(0), 1 => 1..100_u32];
    let calls = vec((damaged(good), beyond), 1..5);
    let limit = || prop_oneof![2 => Just(1 << 20), 1 => 1..40_u32];
    let window = prop_oneof![0..64_usize, Just(4096)];
    (granted, window, limit(), limit(), calls).prop_map(|(granted, window, max_args, max_reply, calls)| {
        Input { granted, window, max_args, max_reply, calls }
    })
}

fn agree((made, written): Pair, input: &Input) -> Result<(), TestCaseError> {
    prop_assert_eq!(run(made, input), run(written, input));
    Ok(())
}

/// Paths within the narrowed grant and outside of it.
fn path() -> impl Strategy<Value = String> {
    prop_oneof!["/data/[a-z]{0,20}", "(/|/etc/|/data/\\.\\./|data/|)[a-z./]{0,10}", any::<String>()]
}

/// Bytes as the ABI wants them, and as an array of integers.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(untagged)]
enum Bytes {
    Bin(#[serde(with = "serde_bytes")] Vec<u8>),
    Array(Vec<u16>),
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(any::<u8>(), 0..100).prop_map(Bytes::Bin), vec(0..256_u16, 0..60).prop_map(Bytes::Array)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_plain_function_behaves_the_same(input in calls((".{0,40}",))) {
        agree(PLAIN, &input)?;
    }

    #[test]
    fn a_fallible_function_behaves_the_same(input in calls((0..30_u32,))) {
        agree(FALLIBLE, &input)?;
    }

    #[test]
    fn a_stateful_function_behaves_the_same(input in calls((any::<u64>(),))) {
        agree(STATEFUL, &input)?;
    }

    #[test]
    fn a_function_of_two_states_that_may_panic_behaves_the_same(input in calls(("!?.{0,20}",))) {
        agree(TWO_STATES, &input)?;
    }

    #[test]
    fn a_scoped_function_behaves_the_same(input in calls((any::<u64>(), path()))) {
        agree(SCOPED, &input)?;
    }

    #[test]
    fn an_always_available_function_behaves_the_same(input in calls(any::<(u64, u64)>())) {
        agree(ALWAYS, &input)?;
    }

    #[test]
    fn a_borrowed_reply_behaves_the_same(input in calls((bytes(),))) {
        agree(ECHO, &input)?;
    }
}

fn these(granted: Granted, calls: &[&[u8]]) -> Input {
    let calls = calls.iter().map(|bytes| (bytes.to_vec(), 0)).collect();
    Input { granted, window: 16, max_args: 1 << 20, max_reply: 1 << 20, calls }
}

/// The comparison would be worth little if all of its calls failed.
#[test]
fn the_compared_calls_end_in_every_way() {
    let statuses = |(made, written): Pair, granted: Granted, calls: &[&[u8]]| {
        let input = these(granted, calls);
        let (outcomes, ..) = run(made, &input);
        assert_eq!(outcomes, run(written, &input).0);
        outcomes.iter().map(|outcome| (outcome.answer.status, outcome.answer.is_spilled)).collect::<Vec<_>>()
    };
    let all = Granted::Everything;
    assert_eq!(
        statuses(PLAIN, all, &[b"\x91\xa1x", b"\x91\xabFloccinauci", b"\x91\x01"]),
        [(Status::OK, false), (Status::OK, true), (Status::BAD_INPUT, true)]
    );
    assert_eq!(
        statuses(FALLIBLE, all, &[b"\x91\x05", b"\x91\x0f", b"\x91\x19"]),
        [(Status::OK, false), (Status::NOT_FOUND, true), (Status::FAILED, true)]
    );
    assert_eq!(
        statuses(STATEFUL, all, &[b"\x91\x05", b"\x91\xcf\x01\0\0\0\0\0\0\0", b"\x91\x05"]),
        [(Status::OK, false), (Status::QUOTA_EXCEEDED, true), (Status::QUOTA_EXCEEDED, true)]
    );
    assert_eq!(
        statuses(TWO_STATES, all, &[b"\x91\xa1x", b"\x91\xa0", b"\x91\xa1!"]),
        [(Status::OK, false), (Status::FAILED, true), (Status::INTERNAL, false)]
    );
    assert_eq!(
        statuses(SCOPED, Granted::Narrowed, &[b"\x92\0\xa7/data/x", b"\x92\0\xa6/etc/x"]),
        [(Status::OK, false), (Status::NO_CAPABILITY, true)]
    );
    assert_eq!(statuses(ALWAYS, Granted::No, &[b"\x92\x01\x02"]), [(Status::OK, false)]);
    assert_eq!(statuses(ECHO, Granted::Closed, &[b"\x91\xc4\x01x"]), [(Status::INTERNAL, false)]);
}

thread_local! {
    static RAN: Cell<bool> = const { Cell::new(false) };
}

/// The one check that a call function could leave out is the match of its argument: it cannot.
#[test]
fn a_scoped_function_whose_match_was_forgotten_never_runs() {
    static FORGETFUL: HostFnSpec = HostFnSpec::new("host", "fs_read", |call| {
        let mut call = call.authorize()?;
        let (offset, path) = call.args::<(u64, &str)>()?;
        RAN.set(true);
        call.reply(&fs_read(offset, path))
    })
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<u64>("offset"), Param::new::<&str>("path")]);
    for granted in [Granted::Everything, Granted::Narrowed] {
        let input = these(granted, &[b"\x92\0\xa7/data/x"]);
        let (outcomes, ..) = run(&FORGETFUL, &input);
        let [Outcome { answer, fault }] = &*outcomes else { panic!("one call: {outcomes:?}") };
        assert_eq!((answer.status, answer.bytes.len()), (Status::INTERNAL, 0), "{granted:?}");
        let (_, message, panicked) = fault.as_ref().unwrap();
        assert!(!panicked && message.contains("`args_within`"), "{message}");
        assert!(!RAN.get(), "{granted:?}");
    }
}
