//! The same rule in guests. One guest per language has every type, in two directions: it receives a value as a reply
//! and passes it back as an argument, and it receives one as an argument and returns it as a result.

mod argument;
mod assemblyscript;
mod c;
mod zig;

use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use hostfn::{Grants, Host, Instance};
use hostfn_abi::codec;
use hostfn_bindgen::{Language, generate};
use hostfn_core::{
    Call, ContractSpec, Error, HostFnSpec, MethodSpec, Param, Registry, Reply, ReplyShape, passed,
    reply_shape,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::leaves::{Any, Source};
use crate::{CASES, Case};

const SEEDS: u64 = 12;

thread_local! {
    /// The index of the type, and the seed of its value.
    static CURRENT: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
}

/// The host's side of a type.
pub(crate) struct InGuests {
    /// `make_N`, which replies a value, and `is_same_N`, which compares its argument with it.
    functions: [&'static HostFnSpec; 2],
    /// The parameter of the guest's `echo_N`, and its reply.
    passed: Param,
    reply: ReplyShape,
    /// Calls the guest's `echo_N`: whether it returns its argument.
    echo: fn(&mut Instance, &str) -> Result<bool, Error>,
    encode: fn() -> Vec<u8>,
    is_encoded: fn(&[u8]) -> bool,
}

impl InGuests {
    pub(crate) fn new<T>(index: usize, reply: ReplyShape) -> Self
    where
        T: Any + PartialEq + Serialize + DeserializeOwned + 'static,
    {
        let name = |prefix: &str| &*format!("{prefix}_{index}").leak();
        let params = vec![Param::new::<T>("value")].leak();
        let functions = [
            HostFnSpec::new("host", name("make"), make::<T>).always_available().with_reply(reply),
            HostFnSpec::new("host", name("is_same"), is_same::<T>)
                .always_available()
                .with_params(params)
                .with_reply(reply_shape!(bool)),
        ];
        InGuests {
            functions: functions.map(|spec| &*Box::leak(Box::new(spec))),
            passed: passed!("value", T),
            reply,
            echo: echo::<T>,
            encode: || {
                // the value follows the head of an array of one
                codec::to_vec(&(value::<T>(),)).unwrap().split_off(1)
            },
            is_encoded: |bytes| codec::decode::<T>(bytes).is_ok_and(|given| given == value::<T>()),
        }
    }
}

fn value<T: Any>() -> T {
    T::any(&mut Source::new(CURRENT.get().1))
}

fn make<T: Any + Serialize>(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    call.args::<()>()?;
    call.reply(&value::<T>())
}

fn is_same<T: Any + PartialEq + DeserializeOwned>(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    let (given,) = call.args::<(T,)>()?;
    call.reply(&(given == value::<T>()))
}

fn echo<T: Any + PartialEq + Serialize + DeserializeOwned>(
    instance: &mut Instance,
    entry: &str,
) -> Result<bool, Error> {
    Ok(instance.call::<_, T>(entry, (value::<T>(),))? == value::<T>())
}

fn make_bytes(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    call.args::<()>()?;
    call.reply(&CASES.with(|cases| {
        let case = &cases[CURRENT.get().0];
        argument::as_argument(&(case.in_guests.encode)(), &case.argument)
    }))
}

fn is_same_bytes(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    let (given,) = call.args::<(Vec<u8>,)>()?;
    call.reply(&CASES.with(|cases| (cases[CURRENT.get().0].in_guests.is_encoded)(&given)))
}

/// The value as bytes, for types that are one type in replies and another in arguments.
static MAKE_BYTES: HostFnSpec =
    HostFnSpec::new("host", "make_bytes", make_bytes).always_available().with_reply(reply_shape!(Vec<u8>));
static IS_SAME_BYTES: HostFnSpec = HostFnSpec::new("host", "is_same_bytes", is_same_bytes)
    .always_available()
    .with_params(&[Param::new::<Vec<u8>>("value")])
    .with_reply(reply_shape!(bool));

/// A language with a compiler.
trait Compiler {
    const LANGUAGE: Language;

    fn is_available(&self) -> bool;

    /// Returns what the guest has beside its bindings: it exports `run_N` and `echo_N` for each index. `run_N` returns a
    /// status, 0 where the value is the same.
    fn program(&self, bindings: &str, indices: &[usize]) -> String;

    /// Writes the guest to `dir` and compiles it.
    fn compile(&self, dir: &Path, source: &str, indices: &[usize]) -> Result<Vec<u8>, String>;
}

/// Runs a command in `dir` that writes `main.wasm`.
fn compiled(command: &mut Command, dir: &Path) -> Result<Vec<u8>, String> {
    let ran = command.current_dir(dir).output().unwrap();
    if ran.status.success() {
        return Ok(std::fs::read(dir.join("main.wasm")).unwrap());
    }
    Err([ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
}

/// The generated function that begins with `head`, up to its end.
fn function<'b>(bindings: &'b str, head: &str) -> &'b str {
    let at = bindings.find(head).unwrap_or_else(|| panic!("no `{head}`"));
    let end = bindings[at..].find("\n}").unwrap();
    &bindings[at..at + end]
}

/// The text between `before` and `after`.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no `{before}` with `{after}`")).0
}

fn registry(cases: &[Case], indices: &[usize]) -> Registry {
    let methods = indices.iter().map(|index| {
        let name = &*format!("echo_{index}").leak();
        let InGuests { passed, reply, .. } = &cases[*index].in_guests;
        MethodSpec::new(name, name).with_params(vec![*passed].leak()).with_reply(*reply)
    });
    let contract = ContractSpec::new("all").with_methods(methods.collect::<Vec<_>>().leak());
    let builder = Registry::builder().contract(Box::leak(Box::new(contract)));
    let functions = indices.iter().flat_map(|index| cases[*index].in_guests.functions);
    let all = [&MAKE_BYTES, &IS_SAME_BYTES].into_iter().chain(functions);
    builder.add_all(all).build().unwrap()
}

/// Each `chosen` type that a registry accepts, opaque ones included, arrives as it is, or is one of the `refused` types
/// that the language has no bindings for.
fn round_trip<C: Compiler>(compiler: &C, chosen: fn(&Case) -> bool, refused: usize) {
    if !compiler.is_available() {
        eprintln!("skipped: no compiler of {:?} found", C::LANGUAGE);
        return;
    }
    CASES.with(|cases| {
        let accepted = (0..cases.len()).filter(|index| {
            let case = &cases[*index];
            chosen(case) && case.nil_option().is_none()
        });
        let is_bound = |index: &usize| generate(&registry(cases, &[*index]).listing(), C::LANGUAGE).is_ok();
        let (bound, unbound): (Vec<_>, Vec<_>) = accepted.partition(is_bound);
        let registry = registry(cases, &bound);
        let bindings = generate(&registry.listing(), C::LANGUAGE).unwrap();
        let source = bindings.clone() + &compiler.program(&bindings, &bound);
        let dir = tempfile::tempdir().unwrap();
        let wasm = compiler.compile(dir.path(), &source, &bound).unwrap_or_else(|error| panic!("{error}"));
        let plugin = Host::builder(registry).build().unwrap().load("guest", &wasm).unwrap();
        let instance = || plugin.instantiate(&Grants::none()).unwrap();
        let wrong = bound.iter().filter_map(|index| differs(instance(), *index, &cases[*index]));
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), bound.len(), wrong.join("\n"));
        assert_eq!(unbound.len(), refused, "refused of {}", bound.len() + unbound.len());
    });
}

fn differs(mut instance: Instance, index: usize, case: &Case) -> Option<String> {
    // some opaque types decode to no value in Rust either
    let seeds = (0..SEEDS).filter(|seed| (case.round_trip)(*seed).is_ok());
    let failed = |seed, what: &str| Some(format!("{} ({index}), seed {seed}: {what}", case.name));
    for seed in seeds {
        CURRENT.set((index, seed));
        if let Err(error) = instance.call::<_, ()>(&format!("run_{index}"), ()) {
            return failed(seed, &error.to_string());
        }
        match (case.in_guests.echo)(&mut instance, &format!("echo_{index}")) {
            Ok(true) => {}
            Ok(false) => return failed(seed, "echo: another value"),
            Err(error) => return failed(seed, &format!("echo: {error}")),
        }
    }
    None
}
