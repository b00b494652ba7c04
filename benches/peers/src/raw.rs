//! Raw wasmtime: numbers as they are, text and bytes copied between host and guest, nothing encoded.

use wasmtime::{Caller, Linker, Memory, Module, Store, TypedFunc};

use crate::Peer;
use crate::glue::engine;
use crate::guest::{self, ARGS, Function, GREETED, Row, WINDOW, WINDOW_LEN};

#[derive(Default)]
struct Kept {
    memory: Option<Memory>,
    lines: u64,
}

struct Raw {
    row: &'static Row,
    store: Store<Kept>,
    run: TypedFunc<(), ()>,
    once: TypedFunc<(), i64>,
}

/// The bytes of the argument, and the window for the reply.
fn cut<'a>(
    caller: &'a mut Caller<'_, Kept>,
    ptr: u32,
    len: u32,
) -> Option<(&'a [u8], &'a mut [u8], &'a mut u64)> {
    let memory = caller.data().memory?;
    let (bytes, kept) = memory.data_and_store_mut(caller);
    let (low, high) = bytes.split_at_mut_checked(WINDOW)?;
    let end = (ptr as usize).checked_add(len as usize)?;
    Some((low.get(ptr as usize..end)?, high.get_mut(..WINDOW_LEN)?, &mut kept.lines))
}

const BROKEN: i64 = -1;

fn greet(mut caller: Caller<'_, Kept>, ptr: u32, len: u32) -> i64 {
    let Some((name, window, _)) = cut(&mut caller, ptr, len) else { return BROKEN };
    let Ok(name) = std::str::from_utf8(name) else { return BROKEN };
    let reply = format!("Hello, {name}!");
    let Some(room) = window.get_mut(..reply.len()) else { return BROKEN };
    room.copy_from_slice(reply.as_bytes());
    reply.len() as i64
}

fn bytes_in(mut caller: Caller<'_, Kept>, ptr: u32, len: u32) -> i64 {
    cut(&mut caller, ptr, len).map_or(BROKEN, |(data, ..)| data.len() as i64)
}

fn echo(mut caller: Caller<'_, Kept>, ptr: u32, len: u32) -> i64 {
    let Some((data, window, _)) = cut(&mut caller, ptr, len) else { return BROKEN };
    let Some(room) = window.get_mut(..data.len()) else { return BROKEN };
    room.copy_from_slice(data);
    data.len() as i64
}

fn log(mut caller: Caller<'_, Kept>, ptr: u32, len: u32) -> i64 {
    let Some((line, _, lines)) = cut(&mut caller, ptr, len) else { return BROKEN };
    let Ok(line) = std::str::from_utf8(line) else { return BROKEN };
    *lines += line.len() as u64;
    0
}

pub(crate) fn new(row: &'static Row) -> Option<Box<dyn Peer>> {
    let engine = engine();
    let mut linker = Linker::new(&engine);
    match row.function {
        Function::Add => linker.func_wrap("host", "f", |a: u64, b: u64| a.wrapping_add(b)),
        Function::Greet => linker.func_wrap("host", "f", greet),
        Function::Person => return None,
        Function::BytesIn => linker.func_wrap("host", "f", bytes_in),
        Function::Echo => linker.func_wrap("host", "f", echo),
        Function::Log => linker.func_wrap("host", "f", log),
    }
    .expect("the name is free");
    let (args, ty, call) = match row.function {
        Function::Add => (Vec::new(), "i64 i64", "(i64.const 5) (i64.const 7)".to_owned()),
        _ => {
            let args = match row.function {
                Function::Greet | Function::Log => GREETED.as_bytes().to_vec(),
                _ => guest::data(row).into_vec(),
            };
            let call = format!("(i32.const {ARGS}) (i32.const {})", args.len());
            (args, "i32 i32", call)
        }
    };
    let module = guest::text(
        &format!(r#"(import "host" "f" (func $f (param {ty}) (result i64)))"#),
        &args,
        &format!(
            r#"(func (export "run")
                (local $n i32)
                (local.set $n (i32.const {calls}))
                (loop $again
                    (if (i64.lt_s (call $f {call}) (i64.const 0)) (then unreachable))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (func (export "once") (result i64) (call $f {call}))"#,
            calls = row.calls,
        ),
    );
    let module = Module::new(&engine, module).expect("the guest compiles");
    let mut store = Store::new(&engine, Kept::default());
    store.set_epoch_deadline(1 << 40);
    let instance = linker.instantiate(&mut store, &module).expect("the guest starts");
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    let run = instance.get_typed_func(&mut store, "run").expect("the guest exports it");
    let once = instance.get_typed_func(&mut store, "once").expect("the guest exports it");
    Some(Box::new(Raw { row, store, run, once }))
}

impl Peer for Raw {
    fn run(&mut self) {
        self.run.call(&mut self.store, ()).expect("the guest runs");
    }

    fn verify(&mut self) {
        let value = self.once.call(&mut self.store, ()).expect("the guest runs");
        let memory = self.store.data().memory.expect("the handle is kept").data(&self.store);
        let reply = |len: usize| &memory[WINDOW..WINDOW + len];
        match self.row.function {
            Function::Add => assert_eq!(value, 12),
            Function::Greet => assert_eq!(reply(value as usize), format!("Hello, {GREETED}!").as_bytes()),
            Function::Person => {}
            Function::BytesIn => assert_eq!(value as usize, self.row.size),
            Function::Echo => assert_eq!(reply(value as usize), &guest::data(self.row)[..]),
            Function::Log => assert_eq!(self.store.data().lines, GREETED.len() as u64),
        }
    }
}
