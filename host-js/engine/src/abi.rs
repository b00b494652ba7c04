//! The ABI: what the host calls, and what is called of it. Imports of `hostfn` are replaced when a plugin is packed.

use std::cell::{Cell, RefCell};

use crate::engine::Engine;
use crate::table::Table;
use crate::thrown::Thrown;

mod packed {
    #[link(wasm_import_module = "hostfn")]
    unsafe extern "C" {
        /// Calls host function number `at`.
        pub(super) fn dispatch(at: i32, ptr: i32, len: i32) -> i64;
        /// Returns the length of the plugin's table.
        pub(super) fn table_len() -> i32;
        /// Copies the table, once.
        pub(super) fn table_copy(to: i32);
    }
}

mod host {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        pub(super) fn host_log(level: i32, ptr: i32, len: i32);
        pub(super) fn host_set_result(ptr: i32, len: i32);
        pub(super) fn host_set_window(ptr: i32, cap: i32) -> i32;
        pub(super) fn host_result_ptr() -> i32;
    }
}

/// The one import of the C library's part: there is no clock.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    0.0
}

/// A static of a module that has one thread.
struct Single<T>(T);

// SAFETY: a guest has one thread.
unsafe impl<T> Sync for Single<T> {}

static ENGINE: Single<RefCell<Option<Engine>>> = Single(RefCell::new(None));
/// The result of the last call, until the next one.
static RESULT: Single<RefCell<Vec<u8>>> = Single(RefCell::new(Vec::new()));
/// Blocks that `plugin_alloc` gave to the host.
static BLOCKS: Single<RefCell<Vec<Vec<u8>>>> = Single(RefCell::new(Vec::new()));
/// True while a call runs. Still true at the next one after a trap, which left everything half-done.
static IS_RUNNING: Single<Cell<bool>> = Single(Cell::new(false));

const WINDOW: usize = 128 << 10;
static WINDOW_BYTES: Single<[Cell<u8>; WINDOW]> = Single([const { Cell::new(0) }; WINDOW]);

/// The block at `ptr`, which is the engine's from now on.
fn claim(ptr: i32, len: usize) -> Vec<u8> {
    let mut blocks = BLOCKS.0.borrow_mut();
    match blocks.iter().position(|block| block.as_ptr() as i32 == ptr) {
        Some(at) => {
            let mut block = blocks.swap_remove(at);
            block.truncate(len);
            block
        }
        None => Vec::new(),
    }
}

/// Room for the host to write to.
#[unsafe(no_mangle)]
extern "C" fn plugin_alloc(len: i32) -> i32 {
    let mut block = Vec::new();
    let Ok(len) = usize::try_from(len) else { return 0 };
    if len == 0 || block.try_reserve_exact(len).is_err() {
        return 0;
    }
    block.resize(len, 0_u8);
    let ptr = block.as_ptr() as i32;
    BLOCKS.0.borrow_mut().push(block);
    ptr
}

/// Calls a host function. `f` sees status and reply, and must not call the host: the reply may lie in the window.
pub(crate) fn call<R>(at: u32, args: &[u8], f: impl FnOnce(i32, &[u8]) -> R) -> R {
    // SAFETY: the function is one that the packer generates; it reads the arguments and writes to the window or to
    // a block of `plugin_alloc`.
    let word = unsafe { packed::dispatch(at as i32, args.as_ptr() as i32, args.len() as i32) };
    let (status, len) = (word as i32, (word as u64 >> 32) as usize);
    if len <= WINDOW {
        let window = WINDOW_BYTES.0.as_ptr().cast::<u8>();
        // SAFETY: the window is that long; only the host writes to it, in calls, and `f` makes none.
        return f(status, unsafe { std::slice::from_raw_parts(window, len) });
    }
    // SAFETY: it takes nothing and answers a number.
    let ptr = unsafe { host::host_result_ptr() };
    f(status, &claim(ptr, len))
}

pub(crate) fn log(level: i32, text: &str) {
    // SAFETY: the host reads the text and keeps nothing.
    unsafe { host::host_log(level, text.as_ptr() as i32, text.len() as i32) }
}

fn answer(status: i32, bytes: Vec<u8>) -> i64 {
    // SAFETY: the bytes stay where they are until the next call.
    unsafe { host::host_set_result(bytes.as_ptr() as i32, bytes.len() as i32) };
    let word = (bytes.len() as i64) << 32 | i64::from(status as u32);
    RESULT.0.replace(bytes);
    word
}

/// Makes the engine, without anything of a plugin: the state that a snapshot is taken of.
#[unsafe(export_name = "wizer-initialize")]
extern "C" fn warm() {
    match Engine::new() {
        Ok(engine) => {
            ENGINE.0.replace(Some(engine));
        }
        Err(error) => log(4, &format!("the engine does not start: {error}")),
    }
}

/// Reads the table and runs the plugin's modules.
#[unsafe(no_mangle)]
extern "C" fn plugin_init() -> i32 {
    IS_RUNNING.0.set(true);
    // SAFETY: the packer generates both; they copy that many bytes.
    let bytes = unsafe {
        let mut bytes = vec![0_u8; packed::table_len() as usize];
        packed::table_copy(bytes.as_mut_ptr() as i32);
        host::host_set_window(WINDOW_BYTES.0.as_ptr() as i32, WINDOW as i32);
        bytes
    };
    if ENGINE.0.borrow().is_none() {
        warm();
    }
    let outcome = match (hostfn_abi::codec::decode::<Table>(&bytes), ENGINE.0.borrow_mut().as_mut()) {
        (Ok(table), Some(engine)) => engine.start(table),
        _ => Err(Thrown::new(-4, "js_engine", "the engine does not start")),
    };
    IS_RUNNING.0.set(false);
    match outcome {
        Ok(()) => 0,
        Err(thrown) => {
            log(4, &thrown.text);
            thrown.status
        }
    }
}

/// Every export of the plugin is a generated function that calls this.
#[unsafe(no_mangle)]
extern "C" fn hostfn_call(at: i32, ptr: i32, len: i32) -> i64 {
    let args = if len == 0 { Vec::new() } else { claim(ptr, len as usize) };
    if IS_RUNNING.0.replace(true) {
        let text = "a call was stopped in the middle of the script; make a new instance";
        return answer(-4, Thrown::new(-4, "js_stopped", text).reply());
    }
    let outcome = match ENGINE.0.borrow().as_ref() {
        Some(engine) => engine.call(at as usize, &args),
        None => Err(Thrown::new(-4, "js_engine", "the engine does not start")),
    };
    IS_RUNNING.0.set(false);
    match outcome {
        Ok(bytes) => answer(0, bytes),
        Err(thrown) => answer(thrown.status, thrown.reply()),
    }
}

/// Returns the imports and exports of a module: the arguments are its name and its source. Only the packer calls it.
#[unsafe(no_mangle)]
extern "C" fn hostfn_names(ptr: i32, len: i32) -> i64 {
    let args = claim(ptr, len as usize);
    if ENGINE.0.borrow().is_none() {
        warm();
    }
    let engine = ENGINE.0.borrow();
    let outcome = match (hostfn_abi::codec::decode::<(String, String)>(&args), engine.as_ref()) {
        (Ok((name, source)), Some(engine)) => crate::names::names(engine, &name, &source),
        _ => Err((String::new(), "the engine does not start".to_owned())),
    };
    match hostfn_abi::codec::to_vec(&outcome) {
        Ok(bytes) => answer(0, bytes),
        Err(error) => answer(-4, Thrown::new(-4, "js_engine", &error.to_string()).reply()),
    }
}
