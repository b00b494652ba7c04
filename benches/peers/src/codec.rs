//! rmp-serde alone: decodes the arguments, runs the function and encodes its reply, without a guest.

use std::hint::black_box;

use crate::Peer;
use crate::glue;
use crate::guest::{Function, Person, Row};

struct Alone {
    row: &'static Row,
    args: Vec<u8>,
    reply: Vec<u8>,
    lines: u64,
}

pub(crate) fn new(row: &'static Row) -> Option<Box<dyn Peer>> {
    Some(Box::new(Alone { row, args: glue::args(row), reply: Vec::new(), lines: 0 }))
}

macro_rules! coded {
    ($alone:ident, $args:ty, $run:expr) => {{
        let args: $args = rmp_serde::from_slice(black_box(&$alone.args)).expect("the arguments are sound");
        rmp_serde::encode::write(&mut $alone.reply, &($run)(args)).expect("there is room");
    }};
}

impl Alone {
    fn once(&mut self) {
        let alone = self;
        alone.reply.clear();
        match alone.row.function {
            Function::Add => coded!(alone, (u64, u64), |(a, b): (u64, u64)| a.wrapping_add(b)),
            Function::Greet => coded!(alone, (&str,), |(name,): (&str,)| format!("Hello, {name}!")),
            Function::Person => coded!(alone, (Person,), |(person,): (Person,)| person),
            Function::BytesIn => {
                coded!(alone, (&serde_bytes::Bytes,), |(data,): (&serde_bytes::Bytes,)| data.len());
            }
            Function::Echo => coded!(alone, (&serde_bytes::Bytes,), |(data,)| data),
            Function::Log => {
                let (line,): (&str,) =
                    rmp_serde::from_slice(black_box(&alone.args)).expect("the arguments are sound");
                alone.lines += line.len() as u64;
            }
        }
        black_box(&alone.reply);
    }
}

impl Peer for Alone {
    fn run(&mut self) {
        (0..self.row.calls).for_each(|_| self.once());
    }

    fn verify(&mut self) {
        self.once();
        assert_eq!(self.reply, glue::reply(self.row));
    }
}
