//! The states of an instance.

use hostfn::abi::Value;
use hostfn::error::Code;
use hostfn::{Error, Grants, Host, HostFn, HostFnSpec, Instance, host_fn};
use test_support::probe::{Probe, Record, answer, guest, registry};

use crate::{instance, start};

/// A state that writes down its end.
struct Noted {
    name: &'static str,
    record: Record,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.record.add(format!("end of {}", self.name));
    }
}

struct First(Noted);
struct Second(#[expect(dead_code, reason = "for its end")] Noted);
struct Third;

/// Write down that code runs.
#[host_fn(capability = none)]
fn ran(#[state] first: &First) {
    first.0.record.add("code runs");
}

const RUNS_AT_ITS_START: &str = r"
    (func $start (drop (call $ran (i32.const 0) (i32.const 0))))
    (start $start)";

/// A host whose third initialiser fails on request.
fn noting(record: &Record, fail: bool) -> Host {
    let note = |name: &'static str| {
        let record = record.clone();
        move |plugin: &str| {
            record.add(format!("{name} for {plugin}"));
            Noted { name, record: record.clone() }
        }
    };
    let (first, second) = (note("first"), note("second"));
    Host::builder(registry(&[ran::SPEC]))
        .state("first", move |cx| Ok::<_, Error>(First(first(cx.plugin()))))
        .state("second", move |cx| Ok::<_, Error>(Second(second(cx.plugin()))))
        .state("third", move |_| if fail { Err("the disk is full") } else { Ok(Third) })
        .build()
        .unwrap()
}

#[test]
fn initialisers_run_in_order_before_the_plugins_code_and_for_each_instance() {
    let record = Record::default();
    let host = noting(&record, false);
    let plugin = host.load("probe", &guest(&["ran"], RUNS_AT_ITS_START)).unwrap();
    assert_eq!(record.take(), [""; 0], "loading makes nothing");
    for _ in 0..2 {
        let instance = plugin.instantiate(&Grants::none()).unwrap();
        assert_eq!(record.take(), ["first for probe", "second for probe", "code runs"]);
        drop(instance);
        assert_eq!(record.take(), ["end of second", "end of first"]);
    }
}

#[test]
fn when_an_initialiser_fails_those_before_it_are_undone_and_no_code_runs() {
    let record = Record::default();
    let error = instance(&noting(&record, true), &guest(&["ran"], RUNS_AT_ITS_START)).unwrap_err();
    assert_eq!(record.take(), ["first for probe", "second for probe", "end of second", "end of first"]);
    assert_eq!(error.code(), Code::StateFailed);
    let text = error.to_string();
    assert!(text.starts_with("H0401 state `third` of plugin `probe`: its"), "{text}");
    assert!(text.contains("its initialiser failed: the disk is full; "), "{text}");
}

#[test]
fn an_initialiser_sees_the_grants() {
    hostfn::capabilities! {
        /// Greet people.
        GREET = "greet";
    }
    let host = Host::builder(registry(&[]))
        .state("allowed", |cx| Ok::<_, Error>(cx.grants().allows(&GREET)))
        .build()
        .unwrap();
    let plugin = host.load("probe", &guest(&[], "")).unwrap();
    let allowed = |grants: &Grants| *plugin.instantiate(grants).unwrap().state::<bool>().unwrap();
    assert!(allowed(&Grants::none().allow(&GREET)));
    assert!(!allowed(&Grants::none()));
}

#[derive(Debug, Default, PartialEq)]
struct Counter(u64);

struct Step(u64);

/// Count on.
#[host_fn(capability = none)]
fn count(#[state] counter: &mut Counter, #[state] step: &Step, times: u64) -> u64 {
    counter.0 += step.0 * times;
    counter.0
}

/// Returns how far it was counted.
#[host_fn(capability = none)]
fn counted(#[state] counter: &Counter) -> u64 {
    counter.0
}

fn counting(step: u64) -> Host {
    Host::builder(registry(&[count::SPEC, counted::SPEC]))
        .state("counter", |_| Ok::<_, Error>(Counter::default()))
        .state("step", move |_| Ok::<_, Error>(Step(step)))
        .build()
        .unwrap()
}

fn number(instance: &mut Instance) -> Option<Value> {
    answer(instance).1
}

#[test]
fn a_function_reads_one_state_and_changes_another() {
    let host = counting(10);
    let mut instance = Probe::with("count", (3,)).start(&host, &Grants::none());
    assert_eq!(number(&mut instance), Some(Value::Unsigned(30)));
    assert_eq!(number(&mut instance), Some(Value::Unsigned(60)));
    assert_eq!(instance.state(), Some(&Counter(60)));
    let mut reader = Probe::new("counted", b"").start(&host, &Grants::none());
    reader.state_mut::<Counter>().unwrap().0 = 7;
    assert_eq!(number(&mut reader), Some(Value::Unsigned(7)));
    assert_eq!(reader.state::<String>(), None);
}

#[test]
fn each_instance_has_states_of_its_own() {
    let plugin = counting(1).load("probe", &Probe::with("count", (1,)).wasm()).unwrap();
    let mut a = plugin.instantiate(&Grants::none()).unwrap();
    let mut b = plugin.instantiate(&Grants::none()).unwrap();
    assert_eq!(number(&mut a), Some(Value::Unsigned(1)));
    assert_eq!(number(&mut a), Some(Value::Unsigned(2)));
    assert_eq!(number(&mut b), Some(Value::Unsigned(1)));
}

#[test]
fn two_hosts_of_one_registry_share_nothing() {
    let (ones, tens) = (counting(1), counting(10));
    let probe = Probe::with("count", (1,));
    let mut a = probe.start(&ones, &Grants::none());
    let mut b = probe.start(&tens, &Grants::none());
    for i in 1..4 {
        assert_eq!(number(&mut a), Some(Value::Unsigned(i)));
        assert_eq!(number(&mut b), Some(Value::Unsigned(10 * i)));
    }
}

#[test]
fn everything_that_is_wrong_with_states_comes_at_once_with_its_places() {
    let kv = |_: &hostfn::state::StateCx<'_>| Ok::<_, Error>(String::new());
    let builder = Host::builder(registry(&[count::SPEC, counted::SPEC]));
    let (builder, first) = (builder.state("kv", kv), line!());
    let (builder, second) = (builder.state("kv", |_| Ok::<_, Error>(0_u8)), line!());
    let (builder, third) = (builder.state(" ", |_| Ok::<_, Error>(0_u16)), line!());
    let (builder, fourth) = (builder.state("text", kv), line!());
    let error = builder.build().unwrap_err();
    let found: Vec<_> = error.problems().iter().map(|p| (p.code(), p.location(), p.message())).collect();

    let at = |line: u32| format!("tests/host/states.rs:{line}:");
    let missing = |spec: &HostFnSpec, param: &str, state: &str| {
        let place = format!("host.{} ({})", spec.name(), spec.location());
        let what = format!("its parameter `{param}` asks for a state of type `host::states::{state}`");
        assert!(found.contains(&(Code::StateMissing, place.as_str(), what.as_str())), "{error}");
    };
    missing(count::SPEC, "counter", "Counter");
    missing(count::SPEC, "step", "Step");
    missing(counted::SPEC, "counter", "Counter");
    let twice = |code: Code, line: u32, what: &str| {
        let is = |(found, place, said): &&(Code, &str, &str)| {
            *found == code && place.contains(&at(line)) && said.starts_with(what)
        };
        assert!(found.iter().any(|problem| is(&problem)), "{error}");
    };
    twice(
        Code::DuplicateStateId,
        second,
        &format!("there is a state of this id already, from {}", at(first)),
    );
    twice(Code::BlankStateId, third, "its id is blank");
    twice(
        Code::DuplicateStateType,
        fourth,
        &format!("there is a state of type `alloc::string::String` already, from {}", at(first)),
    );
    assert_eq!(found.len(), 6, "{error}");
    assert!(error.problems().is_sorted(), "{error}");
}

/// A spec that keeps quiet about its state is not checked when the host is built, and fails safely.
#[test]
fn a_state_that_nobody_declared_is_a_failure_of_the_host() {
    static QUIET: HostFnSpec = HostFnSpec::new("host", "quiet", |call| {
        let mut call = call.authorize()?;
        let (counter,) = call.states::<(&Counter,)>()?;
        call.reply(&counter.0)
    })
    .always_available();
    let mut instance = start(&[&QUIET], &Probe::new("quiet", b"").wasm());
    assert_eq!(answer(&mut instance), (hostfn::Status::INTERNAL, None));
    assert_eq!(instance.poison(), None);
}
