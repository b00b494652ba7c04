//! The imports that always exist: section 2 of the ABI.

use hostfn_abi::{LogLevel, Status, names};
use wasmtime::{AsContextMut, Caller, Linker, Memory};

use super::guest::{Guest, Window, alloc, alloc_waiting, find_exports, range};

pub(super) fn define(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let host = names::HOST;
    linker.func_wrap(host, names::HOST_ALLOC, host_alloc)?;
    define_common(linker)
}

/// The same, for guests that wait.
pub(super) fn define_waiting(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap_async(names::HOST, names::HOST_ALLOC, |caller, (len,)| {
        Box::new(host_alloc_waiting(caller, len))
    })?;
    define_common(linker)
}

fn define_common(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let host = names::HOST;
    linker.func_wrap(host, names::HOST_LOG, host_log)?;
    linker.func_wrap(host, names::HOST_SET_RESULT, host_set_result)?;
    linker.func_wrap(host, names::HOST_SET_WINDOW, host_set_window)?;
    linker
        .func_wrap(host, names::HOST_RESULT_PTR, |caller: Caller<'_, Guest>| caller.data().frame.reply_ptr)?;
    Ok(())
}

fn memory_of(caller: &mut Caller<'_, Guest>) -> Option<Memory> {
    match caller.data().memory {
        Some(memory) => Some(memory),
        None => find_exports(caller),
    }
}

fn host_log(mut caller: Caller<'_, Guest>, level: i32, ptr: u32, len: u32) -> wasmtime::Result<()> {
    let Some(memory) = memory_of(&mut caller) else {
        return Ok(caller.data_mut().session.bad_log(len, "the guest exports no memory")?);
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    match range(bytes, ptr, len) {
        Some(line) => guest.session.log(LogLevel::from_i32(level), line)?,
        None => guest.session.bad_log(len, "the line's range is not inside the memory")?,
    }
    Ok(())
}

fn host_alloc(mut caller: Caller<'_, Guest>, len: u32) -> wasmtime::Result<u32> {
    memory_of(&mut caller);
    Ok(alloc(caller.as_context_mut(), len)?.unwrap_or(0))
}

async fn host_alloc_waiting(mut caller: Caller<'_, Guest>, len: u32) -> wasmtime::Result<u32> {
    memory_of(&mut caller);
    Ok(alloc_waiting(caller.as_context_mut(), len).await?.unwrap_or(0))
}

fn host_set_result(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) {
    caller.data_mut().frame.result = Some((ptr, len));
}

fn host_set_window(mut caller: Caller<'_, Guest>, ptr: u32, cap: u32) -> i32 {
    let Some(memory) = memory_of(&mut caller) else {
        return Status::INTERNAL.code();
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut caller);
    guest.window = match range(bytes, ptr, cap) {
        _ if cap == 0 => Window::default(),
        Some(_) => Window { ptr, cap },
        None => return Status::BAD_INPUT.code(),
    };
    Status::OK.code()
}
