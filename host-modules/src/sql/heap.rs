//! `SQLite`'s heap. What `SQLite` allocates for an instance is charged to that instance's memory before it is allocated,
//! and given back when it is freed: statements, schemas, caches, what is sorted and grouped, databases in memory.
//!
//! `SQLite` has one allocator for the process, so this one serves everybody in it. What is allocated outside of [`enter`]
//! is charged to nobody.

use std::alloc::{self, Layout};
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use hostfn::state::MemoryReservation;
use rusqlite::ffi;

use super::watch::Seen;

/// The header of each block: its size, and the budget that it is charged to.
#[repr(C)]
struct Header {
    bytes: usize,
    held: Option<MemoryReservation>,
}

const HEADER: usize = size_of::<Header>();
const ALIGN: usize = 8;
const _: () = assert!(HEADER.is_multiple_of(ALIGN) && align_of::<Header>() <= ALIGN);

thread_local! {
    /// The instance that `SQLite` works for on this thread.
    static WORK: RefCell<Option<Arc<Seen>>> = const { RefCell::new(None) };
}

/// As long as it exists, this thread's allocations are an instance's.
pub(super) struct Work(Option<Arc<Seen>>);

/// Charges `SQLite`'s allocations on this thread to the instance of `seen`, starting now.
pub(super) fn enter(seen: &Arc<Seen>) -> Work {
    Work(WORK.replace(Some(Arc::clone(seen))))
}

impl Drop for Work {
    fn drop(&mut self) {
        WORK.set(self.0.take());
    }
}

/// Makes this `SQLite`'s allocator, unless that was done when the process began.
pub(super) fn install() -> Result<(), &'static str> {
    if *CONFIGURED.get_or_init(configure) { Ok(()) } else { Err("SQLite has another allocator") }
}

static CONFIGURED: OnceLock<bool> = OnceLock::new();

/// `SQLite` takes an allocator until it is first used, and the host may use it for itself before it adds this module: so
/// it is given one before `main`.
#[used]
#[cfg_attr(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    unsafe(link_section = ".init_array")
)]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
#[expect(unsafe_code, reason = "it is where the linker collects what runs before `main`")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    let _ = install();
}

#[expect(unsafe_code, reason = "SQLite is given an allocator by its C interface alone")]
fn configure() -> bool {
    let mut methods = ffi::sqlite3_mem_methods {
        xMalloc: Some(allocate),
        xFree: Some(free),
        xRealloc: Some(reallocate),
        xSize: Some(size),
        xRoundup: Some(round_up),
        xInit: Some(begin),
        xShutdown: Some(end),
        pAppData: ptr::null_mut(),
    };
    // SAFETY: `SQLITE_CONFIG_MALLOC` takes a pointer to this structure, which SQLite copies. SQLite refuses it once it is
    // initialised, so no block of another allocator comes to this one.
    let taken = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw mut methods) };
    taken == ffi::SQLITE_OK
}

/// Returns what a block is charged to: nothing outside of [`enter`]; `Err` when the instance may have no more.
fn charge(bytes: usize) -> Result<Option<MemoryReservation>, ()> {
    let charged = WORK.try_with(|work| match work.try_borrow().as_deref() {
        Ok(Some(seen)) => seen.charge(bytes).map(Some),
        _ => Ok(None),
    });
    // the thread ends
    charged.unwrap_or(Ok(None))
}

/// Returns whether the instance's time lets it have a block of this size.
fn is_late(bytes: usize) -> bool {
    let late = WORK.try_with(|work| match work.try_borrow().as_deref() {
        Ok(Some(seen)) => seen.is_late(bytes),
        _ => false,
    });
    late.unwrap_or(false)
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_add(HEADER)?, ALIGN).ok()
}

#[expect(unsafe_code, reason = "an allocator hands out raw memory")]
unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Some((bytes, layout)) = usize::try_from(bytes).ok().and_then(|bytes| Some((bytes, layout(bytes)?)))
    else {
        return ptr::null_mut();
    };
    let Ok(held) = charge(layout.size()) else { return ptr::null_mut() };
    // SAFETY: the layout has a header's size at least, so it is not empty
    let block = unsafe { alloc::alloc(layout) }.cast::<c_void>().cast::<Header>();
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block begins with room for a header, and is aligned for one; what comes after it is inside the block
    unsafe {
        block.write(Header { bytes, held });
        block.add(1).cast()
    }
}

#[expect(unsafe_code, reason = "an allocator takes raw memory back")]
unsafe extern "C" fn free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    // SAFETY: SQLite frees what it got from `allocate` or `reallocate`, once; a header precedes it
    let (block, Header { bytes, held }) = unsafe {
        let block = memory.cast::<Header>().sub(1);
        (block, block.read())
    };
    if let Some(layout) = layout(bytes) {
        // SAFETY: the block was allocated with the layout of its size
        unsafe { alloc::dealloc(block.cast(), layout) };
    }
    drop(held);
}

#[expect(unsafe_code, reason = "an allocator hands out raw memory")]
unsafe extern "C" fn reallocate(memory: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some((bytes, wanted)) = usize::try_from(bytes).ok().and_then(|bytes| Some((bytes, layout(bytes)?)))
    else {
        return ptr::null_mut();
    };
    // SAFETY: SQLite passes what it got from `allocate` or `reallocate` and has not freed; a header precedes it, and
    // nobody else uses it meanwhile
    let (block, header) = unsafe {
        let block = memory.cast::<Header>().sub(1);
        (block, &mut *block)
    };
    let old = header.bytes;
    let Some(layout) = layout(old) else { return ptr::null_mut() };
    if bytes > old && is_late(bytes) {
        return ptr::null_mut();
    }
    if let Some(held) = &mut header.held
        && held.resize(wanted.size()).is_err()
    {
        starved();
        return ptr::null_mut();
    }
    // SAFETY: the block was allocated with this layout; the new size is not 0, and valid with this alignment
    let moved = unsafe { alloc::realloc(block.cast(), layout, wanted.size()) };
    let moved = moved.cast::<c_void>().cast::<Header>();
    if moved.is_null() {
        if let Some(held) = &mut header.held {
            let _ = held.resize(layout.size());
        }
        return ptr::null_mut();
    }
    // SAFETY: as in `allocate`; the header was moved with the block
    unsafe {
        (*moved).bytes = bytes;
        moved.add(1).cast()
    }
}

fn starved() {
    let _ = WORK.try_with(|work| {
        if let Ok(Some(seen)) = work.try_borrow().as_deref() {
            seen.starve();
        }
    });
}

#[expect(unsafe_code, reason = "the size is in front of the block")]
unsafe extern "C" fn size(memory: *mut c_void) -> c_int {
    if memory.is_null() {
        return 0;
    }
    // SAFETY: SQLite asks for what it got from `allocate` or `reallocate` and has not freed; a header precedes it
    let bytes = unsafe { (*memory.cast::<Header>().sub(1)).bytes };
    c_int::try_from(bytes).unwrap_or(c_int::MAX)
}

extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.checked_add(7).map_or(bytes, |bytes| bytes & !7)
}

extern "C" fn begin(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

extern "C" fn end(_: *mut c_void) {}
