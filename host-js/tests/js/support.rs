//! A host with functions for scripts, and scripts on it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hostfn::observe::{Record, Recorder};
use hostfn::spec::ErrorKind;
use hostfn::{
    Grants, Host, HostError, Instance, Plugin, Registry, Status, capabilities, guest_contract, host_fn,
};
use hostfn_js::Packer;
use hostfn_modules::{fs, kv, sql};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Greet people.
    pub GREET = "greet" in name;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub age: u8,
    pub balance: u64,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Nothing,
    Circle(f64),
    Rect(u32, u32),
    Named { name: String, at: i64 },
}

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0} may not pass")]
    NotYou(String),
}

impl HostError for Refusal {
    const KINDS: &'static [ErrorKind] =
        &[ErrorKind { code: "not_you", status: Status::FAILED, docs: "Somebody may not pass." }];

    fn code(&self) -> &'static str {
        "not_you"
    }

    fn detail(&self) -> Option<hostfn::abi::Value> {
        let Refusal::NotYou(name) = self;
        Some(hostfn::abi::Value::String(name.clone()))
    }
}

/// Greets.
#[host_fn(capability = GREET(name))]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Adds.
#[host_fn(capability = none)]
pub fn add_up(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Adds small numbers.
#[host_fn(capability = none)]
pub fn add_small(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

/// Makes somebody a year older.
#[host_fn(capability = none)]
pub fn birthday(person: Person) -> Person {
    Person { age: person.age + 1, ..person }
}

/// Turns a shape round.
#[host_fn(capability = none)]
pub fn turn(shape: Shape) -> Shape {
    match shape {
        Shape::Rect(a, b) => Shape::Rect(b, a),
        other => other,
    }
}

/// Counts bytes.
#[host_fn(capability = none)]
pub fn histogram(data: Vec<u8>) -> BTreeMap<u8, u32> {
    let mut counts = BTreeMap::new();
    for byte in data {
        *counts.entry(byte).or_default() += 1;
    }
    counts
}

/// Gives back bytes.
#[host_fn(capability = none)]
pub fn echo(data: Vec<u8>) -> Vec<u8> {
    data
}

/// Gives back words and their lengths.
#[host_fn(capability = none)]
pub fn lengths(words: Vec<String>) -> BTreeMap<String, u32> {
    words.into_iter().map(|word| (word.clone(), u32::try_from(word.len()).unwrap())).collect()
}

/// Lets nobody pass.
#[host_fn(capability = none)]
pub fn pass(name: &str) -> Result<(), Refusal> {
    Err(Refusal::NotYou(name.to_owned()))
}

/// Sums, later.
#[host_fn(capability = none, module = "math")]
pub async fn sum_later(numbers: Vec<f64>) -> f64 {
    std::future::ready(()).await;
    numbers.iter().sum()
}

/// Guests that greet.
#[guest_contract(id = "greeter.v1")]
pub trait Greeter {
    /// Greets somebody who has come so often.
    fn greet_back(&mut self, name: String, times: u64) -> String;
    /// Makes somebody a year older.
    fn older(&mut self, person: Person) -> Person;
}

/// Guests that count.
#[guest_contract(id = "counter.v1")]
pub trait Counter {
    /// The number after this one.
    fn next(&mut self, number: u64) -> u64;
}

pub fn registry() -> Registry {
    let stores = kv::module().memory("notes").memory(":memory:").open().unwrap();
    let collected = Registry::collect().unwrap();
    let builder = Registry::builder()
        .add_all(collected.iter())
        .module(stores)
        .module(fs::module())
        .module(sql::module());
    collected.contracts().fold(builder, hostfn::spec::RegistryBuilder::contract).build().unwrap()
}

pub fn host() -> (Host, Recorder) {
    let recorder = Recorder::new();
    let host = Host::builder(registry()).limits(hostfn_js::limits()).observer(recorder.clone());
    (host.build().unwrap(), recorder)
}

pub fn grants() -> Grants {
    let toml = "greet = { allow = [\"A*\"] }\n\"kv.read\" = { allow = [\"*\"] }\n\"kv.write\" = { allow = [\"*\"] }\n\"sql.read\" = { allow = [\"/var/db/*\"] }\n\"sql.write\" = { allow = [\"/var/db/*\"] }";
    registry().read_grants(toml).unwrap()
}

pub fn pack(script: &str) -> Vec<u8> {
    Packer::new(&registry())
        .module("plugin.js", script)
        .pack()
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// The plugin of `plugin.js`, compiled once, and what its instances did.
fn compiled() -> &'static (Plugin, Recorder) {
    static PLUGIN: OnceLock<(Plugin, Recorder)> = OnceLock::new();
    PLUGIN.get_or_init(|| {
        let (host, recorder) = host();
        let packer =
            Packer::new(&registry()).module("plugin.js", include_str!("plugin.js")).contract("greeter.v1");
        (host.load("script", &packer.pack().unwrap()).unwrap(), recorder)
    })
}

pub fn shared() -> &'static Plugin {
    &compiled().0
}

/// An instance of [`shared`].
pub fn start() -> Instance {
    shared().instantiate(&grants()).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the reply of that function of [`shared`].
pub fn call(function: &str) -> String {
    start().call(function, ()).unwrap_or_else(|error| panic!("{error}"))
}

/// Records of the instance's calls of that host function.
pub fn calls_of(instance: &Instance, function: &str) -> Vec<Record> {
    let is_of = |record: &Record| record.instance == Some(instance.id()) && record.function == Some(function);
    compiled().1.records().into_iter().filter(is_of).collect()
}

/// Lines that the instance logged.
pub fn logs_of(instance: &Instance) -> Vec<String> {
    let records = compiled().1.records().into_iter().filter(|record| record.instance == Some(instance.id()));
    records.filter_map(|record| record.text).collect()
}

/// Lines of the log.
pub fn logs(recorder: &Recorder) -> Vec<String> {
    recorder.records().into_iter().filter_map(|record| record.text).collect()
}
