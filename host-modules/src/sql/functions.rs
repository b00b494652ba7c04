//! Functions in place of those of `SQLite` that look at every character of one text for every one of another, and cannot
//! be interrupted meanwhile.

use std::borrow::Cow;
use std::collections::HashSet;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result, ffi};

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

pub(super) fn replace(connection: &Connection) -> Result<()> {
    for (name, start, end) in [("trim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
        connection.create_scalar_function(name, 2, PURE, move |call| trim(call, start, end))?;
    }
    connection.create_scalar_function("unhex", 2, PURE, |_| -> Result<Option<String>> {
        Err(refused("unhex() takes one argument here"))
    })
}

fn refused(why: &str) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(why.to_owned()))
}

fn text<'c>(call: &'c Context<'_>, argument: usize) -> Result<Option<Cow<'c, str>>> {
    let bytes = match call.get_raw(argument) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(n) => return Ok(Some(n.to_string().into())),
        // as text it is what SQLite alone knows
        ValueRef::Real(_) => return Err(refused("trim() of a REAL; cast it to TEXT before")),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
    };
    let text = str::from_utf8(bytes).map_err(|_| refused("trim() of what is not UTF-8"))?;
    Ok(Some(text.into()))
}

fn trim(call: &Context<'_>, start: bool, end: bool) -> Result<Option<String>> {
    let (Some(text), Some(without)) = (text(call, 0)?, text(call, 1)?) else { return Ok(None) };
    let without: HashSet<char> = without.chars().collect();
    let mut left = &*text;
    if start {
        left = left.trim_start_matches(|c| without.contains(&c));
    }
    if end {
        left = left.trim_end_matches(|c| without.contains(&c));
    }
    Ok(Some(left.to_owned()))
}
