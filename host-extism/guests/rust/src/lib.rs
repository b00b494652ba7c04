//! A guest as Extism's documentation has it.

use extism_pdk::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Book {
    pub title: String,
    pub pages: u32,
    pub price: f64,
    pub cover: Vec<u8>,
    pub tags: Vec<String>,
}

/// The reply of a function in a namespace that ends with `:try`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Try<T> {
    Ok(T),
    Err(Refused),
}

#[derive(Serialize, Deserialize)]
pub struct Refused {
    pub code: String,
    pub status: i32,
    pub message: String,
}

#[host_fn]
extern "ExtismHost" {
    fn greet(name: String) -> String;
    fn add(a: u64, b: u64) -> u64;
    fn flip(data: Vec<u8>) -> Vec<u8>;
    fn small(a: u32, b: i32, c: f32, d: f64, e: bool) -> f64;
    fn shelve(book: Json<Book>) -> Json<Book>;
    fn find(title: String) -> Option<String>;
    fn note(line: String);
    fn count() -> u64;
    fn never() -> String;
}

mod own {
    use extism_pdk::*;
    #[host_fn("shop")]
    extern "ExtismHost" {
        pub fn price(title: String) -> u64;
    }
}

mod attempt {
    use super::{Json, Try};
    use extism_pdk::*;
    #[host_fn("host:try")]
    extern "ExtismHost" {
        pub fn greet(name: String) -> Json<Try<String>>;
        pub fn fail(kind: String) -> Json<Try<()>>;
        pub fn read(path: String) -> Json<Try<Vec<u8>>>;
    }
}

mod plain {
    use extism_pdk::*;
    #[host_fn("host")]
    extern "ExtismHost" {
        pub fn fail(kind: String);
        pub fn read(path: String) -> Vec<u8>;
    }
}

#[plugin_fn]
pub fn hello(name: String) -> FnResult<String> {
    unsafe { Ok(greet(name)?) }
}

#[plugin_fn]
pub fn sum(n: u64) -> FnResult<u64> {
    let mut sum = 0;
    for i in 0..n {
        sum = unsafe { add(sum, i)? };
    }
    Ok(sum)
}

#[plugin_fn]
pub fn echo(data: Vec<u8>) -> FnResult<Vec<u8>> {
    unsafe { Ok(flip(data)?) }
}

#[plugin_fn]
pub fn scalars(_: ()) -> FnResult<f64> {
    unsafe { Ok(small(7, -3, 0.5, 0.25, true)?) }
}

#[plugin_fn]
pub fn book(_: ()) -> FnResult<Json<Book>> {
    let book = Book { title: "Emma".into(), pages: 474, price: 8.0, cover: vec![1, 255], tags: vec!["a\"b".into()] };
    unsafe { Ok(shelve(Json(book))?) }
}

#[plugin_fn]
pub fn found(title: String) -> FnResult<String> {
    unsafe { Ok(find(title)?.unwrap_or_else(|| "none".into())) }
}

#[plugin_fn]
pub fn notes(n: u64) -> FnResult<u64> {
    for i in 0..n {
        unsafe { note(format!("line {i}"))? };
    }
    unsafe { Ok(count()?) }
}

#[plugin_fn]
pub fn cost(title: String) -> FnResult<u64> {
    unsafe { Ok(own::price(title)?) }
}

#[plugin_fn]
pub fn ungranted(_: ()) -> FnResult<String> {
    unsafe { Ok(never()?) }
}

fn said<T>(reply: Json<Try<T>>) -> String {
    match reply.0 {
        Try::Ok(_) => "ok".into(),
        Try::Err(error) => format!("{} {} {}", error.code, error.status, error.message),
    }
}

/// Goes on after each error.
#[plugin_fn]
pub fn recovers(path: String) -> FnResult<String> {
    unsafe {
        let all = [
            said(attempt::greet("Ada".into())?),
            said(attempt::fail("own".into())?),
            said(attempt::fail("panic".into())?),
            said(attempt::read(path)?),
        ];
        Ok(all.join("; "))
    }
}

#[plugin_fn]
pub fn tries(path: String) -> FnResult<String> {
    unsafe { Ok([said(attempt::fail("own".into())?), said(attempt::read(path)?)].join("; ")) }
}

#[plugin_fn]
pub fn fails(kind: String) -> FnResult<String> {
    unsafe { plain::fail(kind)? };
    Ok("it went on".into())
}

#[plugin_fn]
pub fn reads(path: String) -> FnResult<Vec<u8>> {
    unsafe { Ok(plain::read(path)?) }
}

#[plugin_fn]
pub fn refuses(_: ()) -> FnResult<String> {
    Err(WithReturnCode::new(Error::msg("the guest says no"), 7))
}

#[plugin_fn]
pub fn spins(_: ()) -> FnResult<()> {
    loop {
        std::hint::black_box(0);
    }
}

#[plugin_fn]
pub fn traps(_: ()) -> FnResult<()> {
    core::arch::wasm32::unreachable()
}

#[plugin_fn]
pub fn grows(bytes: u64) -> FnResult<u64> {
    let block = vec![1u8; bytes as usize];
    Ok(std::hint::black_box(block).len() as u64)
}
