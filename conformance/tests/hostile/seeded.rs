//! Host functions with one deliberate fault each, which the kit has to find.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use hostfn::scope::ScopeKind;
use hostfn::spec::{Param, ReplyShape, reply_shape};
use hostfn::testing::hostile::{self, HostileCheck, Invariant};
use hostfn::{Capability, HostError, HostFnSpec, Registry, Status};

static NAMES: Capability = Capability::new("hostile.names", "Use names.").scoped(ScopeKind::Name);

const NUMBER: ReplyShape = reply_shape!(u64);

#[derive(Debug)]
struct Reserved;

impl std::fmt::Display for Reserved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a status that belongs to later versions of the ABI")
    }
}

impl std::error::Error for Reserved {}

impl HostError for Reserved {
    fn status(&self) -> Status {
        Status::new(-100)
    }

    fn code(&self) -> &'static str {
        "reserved"
    }
}

static PANICS_ON_EMPTY: HostFnSpec = HostFnSpec::new("seeded", "panics_on_empty", |call| {
    let mut call = call.authorize()?;
    let (text,) = call.args::<(&str,)>()?;
    let first = text.chars().next().expect("a text is never empty");
    call.reply(&u64::from(u32::from(first)))
})
.always_available()
.with_params(&[Param::new::<&str>("text")])
.with_reply(NUMBER);

static PANICS_ON_INDEX: HostFnSpec = HostFnSpec::new("seeded", "panics_on_index", |call| {
    let mut call = call.authorize()?;
    let (at,) = call.args::<(u32,)>()?;
    call.reply(&[1_u64; 8][at as usize])
})
.always_available()
.with_params(&[Param::new::<u32>("at")])
.with_reply(NUMBER);

static BLOCKS: HostFnSpec = HostFnSpec::new("seeded", "blocks", |call| {
    let mut call = call.authorize()?;
    let (text,) = call.args::<(&str,)>()?;
    if text == "*" {
        thread::sleep(Duration::from_secs(4));
    }
    call.reply(&1_u64)
})
.always_available()
.with_params(&[Param::new::<&str>("text")])
.with_reply(NUMBER);

static IGNORES_ARGUMENTS: HostFnSpec =
    HostFnSpec::new("seeded", "ignores_arguments", |call| call.authorize()?.reply(&1_u64))
        .always_available()
        .with_params(&[Param::new::<&str>("text")])
        .with_reply(NUMBER);

static REPLIES_TEXT: HostFnSpec = HostFnSpec::new("seeded", "replies_text", |call| {
    let mut call = call.authorize()?;
    let (text,) = call.args::<(&str,)>()?;
    call.reply(text)
})
.always_available()
.with_params(&[Param::new::<&str>("text")])
.with_reply(NUMBER);

static MATCHES_ANOTHER: HostFnSpec = HostFnSpec::new("seeded", "matches_another", |call| {
    let mut call = call.authorize()?;
    let (_, label) = call.args_within::<(&str, &str), _>(|(_, label)| label)?;
    call.reply(&(label.len() as u64))
})
.requires_on(&NAMES, "name")
.with_params(&[Param::new::<&str>("name"), Param::new::<&str>("label")])
.with_reply(NUMBER);

static MATCHES_A_CONSTANT: HostFnSpec = HostFnSpec::new("seeded", "matches_a_constant", |call| {
    let mut call = call.authorize()?;
    let (name,) = call.args_within::<(&str,), str>(|_| "hostile-constant")?;
    call.reply(&(name.len() as u64))
})
.requires_on(&NAMES, "name")
.with_params(&[Param::new::<&str>("name")])
.with_reply(NUMBER);

static FORGETS_THE_SCOPE: HostFnSpec = HostFnSpec::new("seeded", "forgets_the_scope", |call| {
    let mut call = call.authorize()?;
    let (name,) = call.args::<(&str,)>()?;
    call.reply(&(name.len() as u64))
})
.requires_on(&NAMES, "name")
.with_params(&[Param::new::<&str>("name")])
.with_reply(NUMBER);

static USES_A_RESERVED_STATUS: HostFnSpec = HostFnSpec::new("seeded", "uses_a_reserved_status", |call| {
    let mut call = call.authorize()?;
    let (n,) = call.args::<(i32,)>()?;
    call.reply_result(&if n < 0 { Err(Reserved) } else { Ok(1_u64) })
})
.always_available()
.with_params(&[Param::new::<i32>("n")])
.with_reply(NUMBER);

static DECODES_MORE: HostFnSpec = HostFnSpec::new("seeded", "decodes_more", |call| {
    let mut call = call.authorize()?;
    let (a, b) = call.args::<(u32, u32)>()?;
    call.reply(&(u64::from(a) + u64::from(b)))
})
.always_available()
.with_params(&[Param::new::<u32>("a")])
.with_reply(NUMBER);

static TAKES_MEMORY: HostFnSpec = HostFnSpec::new("seeded", "takes_memory", |call| {
    let mut call = call.authorize()?;
    let (bytes,) = call.args::<(u32,)>()?;
    let held = black_box(vec![1_u8; (bytes as usize).min(400 << 20)]);
    call.reply(&(held.len() as u64))
})
.always_available()
.with_params(&[Param::new::<u32>("bytes")])
.with_reply(NUMBER);

static CALLS: AtomicU32 = AtomicU32::new(0);

static PANICS_LATER: HostFnSpec = HostFnSpec::new("seeded", "panics_later", |call| {
    let mut call = call.authorize()?;
    call.args::<()>()?;
    let before = CALLS.fetch_add(1, Ordering::Relaxed);
    assert!(before < 100, "more calls than anyone makes");
    call.reply(&u64::from(before))
})
.always_available()
.with_reply(NUMBER);

static CORRECT: HostFnSpec = HostFnSpec::new("seeded", "correct", |call| {
    let mut call = call.authorize()?;
    let (name,) = call.args_within::<(&str,), _>(|(name,)| name)?;
    call.reply(&(name.len() as u64))
})
.requires_on(&NAMES, "name")
.with_params(&[Param::new::<&str>("name")])
.with_reply(NUMBER);

#[test]
fn kit_finds_each_seeded_fault_by_name() {
    let seeded: [(&'static HostFnSpec, Invariant); 12] = [
        (&PANICS_ON_EMPTY, Invariant::Panic),
        (&PANICS_ON_INDEX, Invariant::Panic),
        (&PANICS_LATER, Invariant::Panic),
        (&BLOCKS, Invariant::Hang),
        (&IGNORES_ARGUMENTS, Invariant::Input),
        (&REPLIES_TEXT, Invariant::Reply),
        (&MATCHES_ANOTHER, Invariant::Record),
        (&MATCHES_A_CONSTANT, Invariant::Record),
        (&FORGETS_THE_SCOPE, Invariant::HostFailure),
        (&USES_A_RESERVED_STATUS, Invariant::Status),
        (&DECODES_MORE, Invariant::Arguments),
        (&TAKES_MEMORY, Invariant::HostMemory),
    ];
    let registry = Registry::builder().add_all(seeded.map(|(spec, _)| spec)).add(&CORRECT).build().unwrap();
    let report = HostileCheck::new(&registry).process_memory(256 << 20).run().unwrap();
    for (spec, invariant) in seeded {
        let found = report.functions().iter().find(|function| function.name == spec.name()).unwrap();
        assert!(found.breaks(invariant), "expected `{invariant}`:\n{found}");
        assert!(found.to_string().contains(invariant.as_str()), "{found}");
    }
    let correct = report.functions().iter().find(|function| function.name == "correct").unwrap();
    assert!(correct.findings.is_empty(), "{correct}");
    assert!(!report.is_clean());
}

#[test]
#[should_panic(expected = "seeded.replies_text")]
fn assertion_names_the_faulty_function() {
    let registry = Registry::builder().add(&REPLIES_TEXT).add(&CORRECT).build().unwrap();
    hostile::check(&registry).unwrap().assert_clean();
}
