//! Whatever a host answers and asks, and however calls are nested, a guest without an allocator stays within its memory.

#![no_main]

use hostfn_guest::bare::{Memory, Pack, Unpack};
use hostfn::Status;
use hostfn::abi::Word;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Step {
    /// The host asks for a block.
    Block(i32),
    /// The guest calls the host, which answers with this word; meanwhile the steps happen.
    Call { write: Vec<Part>, word: i64, during: Vec<Step>, read: Vec<Kind> },
    /// The host calls the guest, with the block that it got or with any other; meanwhile the steps happen.
    Answer { ours: bool, ptr: i32, len: i32, during: Vec<Step>, read: Vec<Kind>, write: Vec<Part> },
}

/// Something that is written.
#[derive(Debug, Arbitrary)]
enum Part {
    Array(u16),
    Nil,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Text(String),
    Binary(Vec<u8>),
    Raw(Vec<u8>),
}

/// Something that is read.
#[derive(Clone, Copy, Debug, Arbitrary)]
enum Kind {
    Array,
    Nil,
    Boolean,
    Unsigned,
    Signed,
    Text,
    Binary,
    Rest,
}

const ROOM: usize = 64;

static MEMORY: Memory<ROOM> = Memory::new();

fn write(pack: &mut Pack<'_>, parts: &[Part]) {
    for part in parts {
        match part {
            Part::Array(len) => pack.array(*len),
            Part::Nil => pack.nil(),
            Part::Boolean(value) => pack.boolean(*value),
            Part::Unsigned(n) => pack.unsigned(*n),
            Part::Signed(n) => pack.signed(*n),
            Part::Text(text) => pack.text(text),
            Part::Binary(bytes) => pack.binary(bytes),
            Part::Raw(values) => pack.raw(values),
        };
    }
}

/// Reads everything that is borrowed from the memory, to its last byte.
fn read(unpack: &mut Unpack<'_>, kinds: &[Kind]) -> u64 {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum();
    let read = kinds.iter().map(|kind| match kind {
        Kind::Array => unpack.array().into(),
        Kind::Nil => unpack.nil().into(),
        Kind::Boolean => unpack.boolean().into(),
        Kind::Unsigned => unpack.unsigned(),
        Kind::Signed => unpack.signed().cast_unsigned(),
        Kind::Text => sum(unpack.text().as_bytes()),
        Kind::Binary => sum(unpack.binary()),
        Kind::Rest => sum(unpack.rest()),
    });
    read.fold(0, u64::wrapping_add)
}

/// The context of a step.
#[derive(Clone, Copy, Default)]
struct Around {
    calling: bool,
    answering: bool,
}

fn run(steps: &[Step], around: Around) {
    for step in steps {
        match step {
            Step::Block(len) => {
                let fits = (1..=ROOM).contains(&usize::try_from(len.cast_unsigned()).unwrap());
                assert_eq!(MEMORY.block(*len) != 0, fits && !around.answering);
            }
            Step::Call { write: parts, word, during, read: kinds } => {
                let mut room = [0; ROOM];
                let mut fits = Pack::new(&mut room);
                write(&mut fits, parts);
                let fits = fits.bytes().map(<[u8]>::len);
                let import = |_, len: i32| {
                    assert_eq!(Some(usize::try_from(len).unwrap()), fits);
                    run(during, Around { calling: true, ..around });
                    *word
                };
                let called = MEMORY.call(import, |pack| write(pack, parts), |reply| read(reply, kinds));
                let word = Word::from_i64(*word);
                match (around.calling, fits) {
                    (true, _) => assert_eq!(called, Err(Status::INTERNAL)),
                    (_, None) => assert_eq!(called, Err(Status::BAD_INPUT)),
                    _ if !word.status().is_ok() => assert_eq!(called, Err(word.status())),
                    _ if word.len() as usize > ROOM => assert_eq!(called, Err(Status::NO_ROOM)),
                    _ => {}
                }
            }
            Step::Answer { ours, ptr, len, during, read: kinds, write: parts } => {
                let block = MEMORY.block(1);
                let ptr = if *ours { block } else { *ptr };
                let mut ran = false;
                let word = MEMORY.answer(ptr, *len, |mut args, result| {
                    ran = true;
                    read(&mut args, kinds);
                    write(result, parts);
                    run(during, Around { answering: true, ..around });
                    Ok(())
                });
                let word = Word::from_i64(word);
                assert!(!ran || !around.answering, "it borrows twice");
                assert!(ran || !word.status().is_ok());
                assert!(word.len() as usize <= ROOM);
            }
        }
    }
}

/// Reading any bytes ends, and borrows nothing beyond them.
fn read_any(bytes: &[u8], kinds: &[Kind]) {
    let mut unpack = Unpack::new(bytes);
    read(&mut unpack, kinds);
    let _ = unpack.end();
}

fuzz_target!(|case: (Vec<Step>, Vec<u8>, Vec<Kind>)| {
    let (steps, bytes, kinds) = case;
    run(&steps, Around::default());
    read_any(&bytes, &kinds);
});
