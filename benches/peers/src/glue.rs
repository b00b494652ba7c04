//! Careful hand-written glue with rmp-serde: cached handles, arguments decoded in place, and a reply
//! in a kept buffer or straight in a window. Structs are arrays, which is rmp-serde's default.

use serde::Serialize;
use wasmtime::{Caller, Engine, Linker, Memory, Module, Store, TypedFunc};

use crate::Peer;
use crate::guest::{self, BLOCK, Function, GREETED, Person, Row, WINDOW};

pub(crate) struct Kept {
    memory: Option<Memory>,
    alloc: Option<TypedFunc<u32, u32>>,
    scratch: Vec<u8>,
    window: (usize, usize),
    lines: u64,
}

type Glue = fn(Caller<'_, Kept>, u32, u32) -> wasmtime::Result<u64>;

const OUT_OF_RANGE: u64 = 0xffff_fffd;

/// Encodes to a kept buffer, and copies that to a block of the guest's allocator.
macro_rules! alloc_glue {
    ($args:ty, $run:expr) => {
        |mut caller, ptr, len| {
            let memory = caller.data().memory.expect("the handle is kept");
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let Some(args) = bytes.get(ptr as usize..ptr as usize + len as usize) else {
                return Ok(OUT_OF_RANGE);
            };
            let Ok(args) = rmp_serde::from_slice::<$args>(args) else {
                return Ok(OUT_OF_RANGE);
            };
            kept.scratch.clear();
            let reply = ($run)(args);
            rmp_serde::encode::write(&mut kept.scratch, &reply)?;
            let len = u32::try_from(kept.scratch.len())?;
            let alloc = kept.alloc.take().expect("the handle is kept");
            let scratch = std::mem::take(&mut kept.scratch);
            let ptr = alloc.call(&mut caller, len)? as usize;
            caller.data_mut().alloc = Some(alloc);
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let Some(block) = bytes.get_mut(ptr..ptr + scratch.len()) else {
                return Ok(OUT_OF_RANGE);
            };
            block.copy_from_slice(&scratch);
            kept.scratch = scratch;
            Ok(u64::from(len) << 32)
        }
    };
}

/// Encodes straight into the window.
macro_rules! window_glue {
    ($args:ty, $run:expr) => {
        |mut caller, ptr, len| {
            let memory = caller.data().memory.expect("the handle is kept");
            let (bytes, kept) = memory.data_and_store_mut(&mut caller);
            let (start, cap) = kept.window;
            let (ptr, len) = (ptr as usize, len as usize);
            if ptr + len > start || start + cap > bytes.len() {
                return Ok(OUT_OF_RANGE);
            }
            let (low, high) = bytes.split_at_mut(start);
            let Ok(args) = rmp_serde::from_slice::<$args>(&low[ptr..ptr + len]) else {
                return Ok(OUT_OF_RANGE);
            };
            let reply = ($run)(args);
            let mut window = &mut high[..cap];
            rmp_serde::encode::write(&mut window, &reply)?;
            let written = cap - window.len();
            Ok((written as u64) << 32)
        }
    };
}

/// A function that returns nothing: no reply, with a window or without.
fn log(mut caller: Caller<'_, Kept>, ptr: u32, len: u32) -> wasmtime::Result<u64> {
    let memory = caller.data().memory.expect("the handle is kept");
    let (bytes, kept) = memory.data_and_store_mut(&mut caller);
    let Some(args) = bytes.get(ptr as usize..ptr as usize + len as usize) else {
        return Ok(OUT_OF_RANGE);
    };
    let Ok((line,)) = rmp_serde::from_slice::<(&str,)>(args) else {
        return Ok(OUT_OF_RANGE);
    };
    kept.lines += line.len() as u64;
    Ok(0)
}

type Bytes<'a> = &'a serde_bytes::Bytes;

struct ByHand {
    row: &'static Row,
    store: Store<Kept>,
    run: TypedFunc<(u32, u32), i64>,
    once: TypedFunc<(u32, u32), i64>,
    window: bool,
}

pub(crate) fn alloc(row: &'static Row) -> Option<Box<dyn Peer>> {
    let glue: Glue = match row.function {
        Function::Add => alloc_glue!((u64, u64), |(a, b): (u64, u64)| a.wrapping_add(b)),
        Function::Greet => alloc_glue!((&str,), |(name,): (&str,)| format!("Hello, {name}!")),
        Function::Person => alloc_glue!((Person,), |(person,): (Person,)| person),
        Function::BytesIn => alloc_glue!((Bytes<'_>,), |(data,): (Bytes<'_>,)| data.len()),
        Function::Echo => alloc_glue!((Bytes<'_>,), |(data,)| data),
        Function::Log => log,
    };
    Some(Box::new(by_hand(row, false, glue)))
}

pub(crate) fn window(row: &'static Row) -> Option<Box<dyn Peer>> {
    let glue: Glue = match row.function {
        Function::Add => window_glue!((u64, u64), |(a, b): (u64, u64)| a.wrapping_add(b)),
        Function::Greet => window_glue!((&str,), |(name,): (&str,)| format!("Hello, {name}!")),
        Function::Person => window_glue!((Person,), |(person,): (Person,)| person),
        Function::BytesIn => window_glue!((Bytes<'_>,), |(data,): (Bytes<'_>,)| data.len()),
        Function::Echo => window_glue!((Bytes<'_>,), |(data,)| data),
        Function::Log => log,
    };
    Some(Box::new(by_hand(row, true, glue)))
}

fn encoded(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec(value).expect("it can be encoded")
}

/// The arguments of a row as `MessagePack`.
pub(crate) fn args(row: &Row) -> Vec<u8> {
    match row.function {
        Function::Add => encoded(&(5_u64, 7_u64)),
        Function::Greet | Function::Log => encoded(&(GREETED,)),
        Function::Person => encoded(&(Person::ada(),)),
        Function::BytesIn | Function::Echo => encoded(&(guest::data(row),)),
    }
}

/// The reply of a row as `MessagePack`; nothing for a function that returns nothing.
pub(crate) fn reply(row: &Row) -> Vec<u8> {
    match row.function {
        Function::Add => encoded(&12_u64),
        Function::Greet => encoded(&format!("Hello, {GREETED}!")),
        Function::Person => encoded(&Person::ada()),
        Function::BytesIn => encoded(&row.size),
        Function::Echo => encoded(&guest::data(row)),
        Function::Log => Vec::new(),
    }
}

/// An engine that interrupts guests as hostfn's does.
pub(crate) fn engine() -> Engine {
    Engine::new(wasmtime::Config::new().epoch_interruption(true)).expect("the engine starts")
}

fn by_hand(row: &'static Row, window: bool, glue: Glue) -> ByHand {
    let engine = engine();
    let module = guest::packed("f", &args(row), row.calls, window);
    let module = Module::new(&engine, module).expect("the guest compiles");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", glue).expect("the name is free");
    linker
        .func_wrap("host", "host_set_window", |mut caller: Caller<'_, Kept>, ptr: u32, cap: u32| -> u32 {
            caller.data_mut().window = (ptr as usize, cap as usize);
            0
        })
        .expect("the name is free");
    linker.func_wrap("host", "host_set_result", |_: u32, _: u32| ()).expect("the name is free");
    linker.func_wrap("host", "host_result_ptr", || 0_u32).expect("the name is free");
    let kept = Kept { memory: None, alloc: None, scratch: Vec::new(), window: (0, 0), lines: 0 };
    let mut store = Store::new(&engine, kept);
    store.set_epoch_deadline(1 << 40);
    let instance = linker.instantiate(&mut store, &module).expect("the guest starts");
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    store.data_mut().alloc = instance.get_typed_func(&mut store, "plugin_alloc").ok();
    let [run, once] =
        ["run", "once"].map(|name| instance.get_typed_func(&mut store, name).expect("the guest exports it"));
    ByHand { row, store, run, once, window }
}

impl Peer for ByHand {
    fn run(&mut self) {
        self.run.call(&mut self.store, (0, 0)).expect("the guest runs");
    }

    fn verify(&mut self) {
        let word = self.once.call(&mut self.store, (0, 0)).expect("the guest runs");
        assert_eq!(word as u32, 0, "the call failed");
        let (start, len) = (if self.window { WINDOW } else { BLOCK }, (word >> 32) as usize);
        let memory = self.store.data().memory.expect("the handle is kept").data(&self.store);
        assert_eq!(memory[start..start + len], reply(self.row)[..]);
        if self.row.function == Function::Log {
            assert_eq!(self.store.data().lines, GREETED.len() as u64);
        }
    }
}
