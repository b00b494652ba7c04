//! The vectors of the ABI, on the guest's side.

use hostfn_abi::codec;
use hostfn_abi::{Status, Value, Word};
use hostfn_guest::serde::{Serialize, de::DeserializeOwned};

use crate::host::{Choice, Record};

/// Takes arguments apart and puts them together again, in the form that is written.
pub fn again(params: &str, args: &[u8]) -> Option<Vec<u8>> {
    match params {
        "()" => of::<()>(args),
        "(name: str)" => of::<(String,)>(args),
        "(a: u64)" => of::<(u64,)>(args),
        "(a: u8)" => of::<(u8,)>(args),
        "(a: any)" => of::<(Value,)>(args),
        "(a: u64, b: u64)" => of::<(u64, u64)>(args),
        "(a: i64)" => of::<(i64,)>(args),
        "(x: f64)" => of::<(f64,)>(args),
        "(b: bytes)" => of::<(Vec<u8>,)>(args),
        "(v: seq<u64>)" => of::<(Vec<u64>,)>(args),
        "(o: option<u32>)" => of::<(Option<u32>,)>(args),
        "(r: struct{id: u64, name: str})" => of::<(Record,)>(args),
        "(e: enum{A, B(u32), C{x: i16}})" => of::<(Choice,)>(args),
        other => panic!("no type for the parameters `{other}`"),
    }
}

fn of<T: Serialize + DeserializeOwned>(args: &[u8]) -> Option<Vec<u8>> {
    let value: T = codec::decode_args(args).ok()?;
    codec::to_vec(&value).ok()
}

pub fn word(status: i32, len: u32) -> i64 {
    Word::new(Status::new(status), len).to_i64()
}

pub fn parts(word: i64) -> (i32, u32) {
    let word = Word::from_i64(word);
    (word.status().code(), word.len())
}
