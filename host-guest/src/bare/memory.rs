//! The memory of a guest that has no allocator.

#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use super::{Pack, Unpack};
use crate::raw;
use crate::{Status, Word};

/// All the memory that a guest without an allocator has for what it passes and gets: `N` bytes each for arguments from
/// the host, for a result, for arguments to the host, and for replies. [`bare_guest!`](crate::bare_guest) makes the one
/// that there is.
#[derive(Debug)]
pub struct Memory<const N: usize> {
    args: UnsafeCell<[u8; N]>,
    result: UnsafeCell<[u8; N]>,
    passed: UnsafeCell<[u8; N]>,
    window: UnsafeCell<[u8; N]>,
    /// True if `args` and `result` are in use.
    answering: AtomicBool,
    /// True if `passed` and `window` are in use.
    calling: AtomicBool,
    /// True if the host knows the window.
    named: AtomicBool,
}

// SAFETY: `args` and `result` are used by the code that has set `answering`, `passed` and `window` by the code that has set `calling`,
// and by nobody else at the same time.
unsafe impl<const N: usize> Sync for Memory<N> {}

impl<const N: usize> Memory<N> {
    /// Memory that nothing is in.
    #[expect(clippy::new_without_default, reason = "a static takes a constant")]
    pub const fn new() -> Self {
        const { assert!(N <= i32::MAX as usize, "a guest's memory is smaller") };
        Self {
            args: UnsafeCell::new([0; N]),
            result: UnsafeCell::new([0; N]),
            passed: UnsafeCell::new([0; N]),
            window: UnsafeCell::new([0; N]),
            answering: AtomicBool::new(false),
            calling: AtomicBool::new(false),
            named: AtomicBool::new(false),
        }
    }

    /// Returns what `plugin_alloc` answers: the room for arguments, if that many fit and none are being read.
    pub fn block(&'static self, len: i32) -> i32 {
        let fits = size(len.cast_unsigned()) <= N && len != 0 && !self.answering.load(Ordering::Relaxed);
        if fits { raw::address(self.args.get()) } else { 0 }
    }

    /// Calls the host function that `import` is with the arguments that `write` puts down, and reads its reply.
    ///
    /// # Errors
    /// The status of a call that failed; `BAD_INPUT` for arguments that have no room and for a reply that is not what
    /// `read` takes, `NO_ROOM` for a reply that has none, and `INTERNAL` for a call that is made while another is written or read.
    pub fn call<R>(
        &'static self,
        import: impl FnOnce(i32, i32) -> i64,
        write: impl FnOnce(&mut Pack<'_>),
        read: impl FnOnce(&mut Unpack<'_>) -> R,
    ) -> Result<R, Status> {
        if self.calling.swap(true, Ordering::Acquire) {
            return Err(Status::INTERNAL);
        }
        // SAFETY: `calling` was false.
        let called = unsafe { self.do_call(import, write, read) };
        self.calling.store(false, Ordering::Release);
        called
    }

    /// # Safety
    /// The caller has set `calling`.
    unsafe fn do_call<R>(
        &'static self,
        import: impl FnOnce(i32, i32) -> i64,
        write: impl FnOnce(&mut Pack<'_>),
        read: impl FnOnce(&mut Unpack<'_>) -> R,
    ) -> Result<R, Status> {
        if !self.named.swap(true, Ordering::Relaxed) {
            // SAFETY: it is static, and borrowed below only, after the import has returned.
            unsafe { raw::host_set_window(raw::address(self.window.get()), narrow(N)) };
        }
        // SAFETY: the caller has set `calling`.
        let mut args = Pack::new(unsafe { &mut *self.passed.get() });
        write(&mut args);
        let (ptr, len) = raw::range(args.bytes().ok_or(Status::BAD_INPUT)?);
        let word = Word::from_i64(import(ptr, len));
        if !word.status().is_ok() {
            return Err(word.status());
        }
        // SAFETY: as above, and a host function that `read` may call by other ways finds a window that is not its own.
        let window: &[u8] = unsafe { &*self.window.get() };
        let reply = window.get(..size(word.len()));
        // what does not fit the window is elsewhere
        let mut reply = Unpack::new(reply.ok_or(Status::NO_ROOM)?);
        let value = read(&mut reply);
        reply.end().map(|()| value)
    }

    /// Answers a call of the host: `run` puts down the result of its arguments.
    pub fn answer(
        &'static self,
        ptr: i32,
        len: i32,
        run: impl FnOnce(Unpack<'_>, &mut Pack<'_>) -> Result<(), Status>,
    ) -> i64 {
        if self.answering.swap(true, Ordering::Acquire) {
            return Word::new(Status::INTERNAL, 0).to_i64();
        }
        // SAFETY: `answering` was false, and `block` gives the room out only while it is.
        let (args, mut result): (&[u8], _) =
            unsafe { (&*self.args.get(), Pack::new(&mut *self.result.get())) };
        let here = len == 0 || ptr == raw::address(self.args.get());
        let args = args.get(..size(len.cast_unsigned())).filter(|_| here);
        let ran = args.map_or(Err(Status::BAD_INPUT), |args| run(Unpack::new(args), &mut result));
        let ran = ran.and_then(|()| result.bytes().ok_or(Status::INTERNAL));
        let (status, (ptr, len)) = match ran {
            Ok(bytes) => (Status::OK, raw::range(bytes)),
            Err(status) => (if status.code() < 0 { status } else { Status::FAILED }, (0, 0)),
        };
        raw::host_set_result(ptr, len);
        self.answering.store(false, Ordering::Release);
        Word::new(status, len.cast_unsigned()).to_i64()
    }
}

fn size(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "`new` sees to it that it fits"
)]
const fn narrow(len: usize) -> i32 {
    len as i32
}

/// An allocator that never has anything: some crate may want one to be there.
#[derive(Debug)]
pub struct NoAllocator;

// SAFETY: nothing is ever given out.
unsafe impl GlobalAlloc for NoAllocator {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
