//! Extism guests on a host of hostfn.

mod basics;
mod errors;
mod gates;
mod hostile;
mod life;
mod parity;
mod separate;

use std::sync::LazyLock;
use std::time::Duration;

use hostfn::engine::{Composition, CompositionBuilder};
use hostfn::observe::{Record, Recorder};
use hostfn::{Grants, HostError, Limits, Registry, Result, capabilities, host_fn};
use hostfn_extism::ExtismPlugin;
use serde::{Deserialize, Serialize};

static RUST: LazyLock<Vec<u8>> = LazyLock::new(|| guest_file("rust.wasm"));
static C: LazyLock<Vec<u8>> = LazyLock::new(|| guest_file("c.wasm"));

/// A committed guest, or one that was built from source just now.
fn guest_file(name: &str) -> Vec<u8> {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/guests");
    let folder = std::env::var("HOSTFN_EXTISM_GUESTS").unwrap_or_else(|_| committed.to_owned());
    std::fs::read(std::path::Path::new(&folder).join(name)).unwrap()
}

capabilities! {
    /// Greet people.
    pub GREET = "greet";
    /// Read files.
    pub READ = "files.read" in path;
    /// Do what only some tests grant.
    pub NEVER = "never";
}

/// Greets someone.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Adds two numbers.
#[host_fn(capability = none)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Reverses bytes.
#[host_fn(capability = none)]
fn flip(data: &[u8]) -> serde_bytes::ByteBuf {
    data.iter().rev().copied().collect::<Vec<u8>>().into()
}

/// Adds numbers of all kinds.
#[host_fn(capability = none)]
fn small(tiny: u8, short: i16, single: f32, double: f64, flag: bool) -> f64 {
    f64::from(tiny) + f64::from(short) + f64::from(single) + double + f64::from(u8::from(flag))
}

#[derive(Serialize, Deserialize)]
struct Book {
    title: String,
    pages: u32,
    price: f64,
    #[serde(with = "serde_bytes")]
    cover: Vec<u8>,
    tags: Vec<String>,
}

/// Changes each field of a book.
#[host_fn(capability = none)]
fn shelve(book: Book) -> Book {
    let mut tags = book.tags;
    tags.push("shelved".to_owned());
    let cover = book.cover.iter().rev().copied().collect();
    Book { title: book.title.to_uppercase(), pages: book.pages + 1, price: book.price / 2.0, cover, tags }
}

/// Finds a book.
#[host_fn(capability = none)]
fn find(title: &str) -> Option<String> {
    (title == "Emma").then(|| "shelf 3".to_owned())
}

#[derive(Default)]
struct Notes(Vec<String>);

/// Keeps a line.
#[host_fn(capability = none, quota = 5)]
fn note(#[state] notes: &mut Notes, line: &str) {
    notes.0.push(line.to_owned());
}

/// Counts the lines.
#[host_fn(capability = none)]
fn count(#[state] notes: &Notes) -> u64 {
    notes.0.len() as u64
}

/// Is not called.
#[host_fn(capability = NEVER)]
fn never() -> String {
    "called".to_owned()
}

/// Returns a price.
#[host_fn(capability = none, module = "shop")]
fn price(title: &str) -> u64 {
    title.len() as u64 * 100
}

#[derive(Debug, HostError)]
enum Broken {
    /// It is broken.
    #[status(-1024)]
    Own,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is broken")
    }
}

impl std::error::Error for Broken {}

/// Fails.
#[host_fn(capability = none)]
fn fail(kind: &str) -> Result<(), Broken> {
    assert!(kind != "panic", "a secret of the host");
    if kind == "own" { Err(Broken::Own) } else { Ok(()) }
}

/// Reads a file.
#[host_fn(capability = READ(path))]
fn read(path: &str) -> serde_bytes::ByteBuf {
    path.as_bytes().to_vec().into()
}

/// Is async.
#[host_fn(capability = none)]
async fn later(n: u64) -> u64 {
    std::future::ready(n).await
}

/// A host, and what it recorded.
struct Host {
    composition: Composition,
    records: Recorder,
}

impl Host {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(build: impl FnOnce(CompositionBuilder) -> CompositionBuilder) -> Self {
        let mut limits = Limits::default();
        limits.time = Duration::from_secs(20);
        let records = Recorder::new();
        let builder = Composition::builder(Registry::collect().unwrap())
            .state("notes", |_| Ok::<_, std::io::Error>(Notes::default()))
            .limits(limits)
            .observer(records.clone());
        Host { composition: build(builder).build().unwrap(), records }
    }

    fn load(&self, wasm: &[u8], grants: &Grants) -> Result<ExtismPlugin> {
        ExtismPlugin::load(&self.composition, wasm, grants)
    }

    /// `greet granted OK`, a line for each call of a host function.
    fn lines(&self) -> Vec<String> {
        self.records.take().iter().filter_map(line).collect()
    }
}

fn line(record: &Record) -> Option<String> {
    let (name, decision, status) = (record.function?, record.decision?, record.status?);
    let status = record.status_name.map_or_else(|| status.to_string(), str::to_owned);
    Some(format!("{name} {} {status}", decision.as_str()))
}

/// All that the guest in Rust imports, but for `never`.
fn grants() -> Grants {
    Grants::none().allow(&GREET).allow(&NEVER).allow_within(&READ, ["/data/**"]).unwrap()
}

/// A guest of WAT. `imports` are host functions; `body` is that of the export `run`, which returns a status.
fn guest(imports: &str, body: &str) -> Vec<u8> {
    let env = "
        (import \"extism:host/env\" \"alloc\" (func $alloc (param i64) (result i64)))
        (import \"extism:host/env\" \"store_u8\" (func $store_u8 (param i64 i32)))
        (import \"extism:host/env\" \"store_u64\" (func $store_u64 (param i64 i64)))
        (import \"extism:host/env\" \"length\" (func $length (param i64) (result i64)))
        (import \"extism:host/env\" \"output_set\" (func $output_set (param i64 i64)))";
    let text = format!("(module {env} {imports} (func (export \"run\") (result i32) {body} (i32.const 0)))");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
