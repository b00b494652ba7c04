//! Functions that `rusqlite` does not offer safely, or none that takes whatever bytes a database file has.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use rusqlite::{Connection, Error, Result, ffi};

use super::watch::{Asked, Seen, Verdict};

const NOT_TEXT: &str = "names that are not UTF-8";

/// The virtual tables that a guest may use. All others go: full-text search, R-Tree, dbstat.
const MODULES: [*const c_char; 3] = [c"json_each".as_ptr(), c"json_tree".as_ptr(), ptr::null()];

/// Takes every virtual table from the connection, and so from what its databases declare, but for [`MODULES`].
#[expect(unsafe_code, reason = "rusqlite has no function for it")]
pub(super) fn drop_modules(connection: &Connection) -> Result<()> {
    let mut keep = MODULES;
    // SAFETY: the connection is open, the names end with a null, and SQLite keeps none of them
    checked(unsafe { ffi::sqlite3_drop_modules(connection.handle(), keep.as_mut_ptr()) })
}

/// Lets `seen` decide what the connection's statements may do, for as long as the connection is open.
///
/// `rusqlite`'s own authorizer panics at a name that is not UTF-8, which a damaged schema has.
#[expect(unsafe_code, reason = "rusqlite's own panics at names that are not UTF-8")]
pub(super) fn authorize(connection: &Connection, seen: &Arc<Seen>) -> Result<()> {
    let kept = Box::into_raw(Box::new(Arc::clone(seen))).cast::<c_void>();
    // SAFETY: the connection is open. It owns `kept` from now on, also when this fails, and drops it when it closes.
    checked(unsafe {
        ffi::sqlite3_set_clientdata(connection.handle(), c"hostfn-sql".as_ptr(), kept, Some(drop_seen))
    })?;
    // SAFETY: the connection is open, and `kept` lives for as long as it is
    checked(unsafe { ffi::sqlite3_set_authorizer(connection.handle(), Some(decide), kept) })
}

#[expect(unsafe_code, reason = "SQLite hands back what it keeps as an address")]
unsafe extern "C" fn drop_seen(kept: *mut c_void) {
    // SAFETY: it was a box, and SQLite calls this once
    drop(unsafe { Box::from_raw(kept.cast::<Arc<Seen>>()) });
}

#[expect(unsafe_code, reason = "SQLite asks by a C function")]
unsafe extern "C" fn decide(
    kept: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    _accessor: *const c_char,
) -> c_int {
    // SAFETY: it is what `authorize` set, which the connection keeps
    let seen = unsafe { &*kept.cast::<Arc<Seen>>() };
    // SAFETY: SQLite passes texts that end with a NUL, or null, and keeps them until this returns
    let texts = unsafe { (text(first), text(second), text(database)) };
    let verdict = match texts {
        (Ok(first), Ok(second), Ok(database)) => seen.decide(&Asked { action, first, second, database }),
        _ => seen.refuse(NOT_TEXT),
    };
    match verdict {
        Verdict::Allow => ffi::SQLITE_OK,
        Verdict::OneByOne => ffi::SQLITE_IGNORE,
        Verdict::Refuse => ffi::SQLITE_DENY,
    }
}

/// # Safety
/// `text` is null, or ends with a NUL and lives for `'a`.
#[expect(unsafe_code, reason = "SQLite passes C strings")]
unsafe fn text<'a>(text: *const c_char) -> std::result::Result<Option<&'a str>, std::str::Utf8Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises it
    unsafe { CStr::from_ptr(text) }.to_str().map(Some)
}

/// A number as `SQLite` writes it when it makes text of it, which differs from version to version.
#[expect(unsafe_code, reason = "SQLite's formatting has a C interface alone")]
pub(super) fn real(x: f64) -> Vec<u8> {
    // a sign, 17 digits, a point, `0.000` before them or an exponent after them, and a NUL
    let mut text = [0_u8; 64];
    let room = c_int::try_from(text.len()).unwrap_or(0);
    // SAFETY: SQLite writes at most `room` bytes, a NUL at their end; the format takes one double, which is passed
    unsafe { ffi::sqlite3_snprintf(room, text.as_mut_ptr().cast(), c"%!.17g".as_ptr(), x) };
    CStr::from_bytes_until_nul(&text).map_or_else(|_| Vec::new(), |text| text.to_bytes().to_vec())
}

fn checked(code: c_int) -> Result<()> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(Error::SqliteFailure(ffi::Error::new(code), None)) }
}
