//! The functions that SQL may call. Each takes a time that grows with its arguments alone, or looks at the clock.

use std::sync::Arc;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result, ffi};

use super::text::{self, Pattern};
use super::watch::Seen;

/// `SQLite`'s own that stay as they are, and those that [`replace`] has others for.
#[rustfmt::skip]
const ALLOWED: &[&str] = &[
    "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg", "ceil", "ceiling",
    "changes", "char", "coalesce", "concat", "concat_ws", "cos", "cosh", "count", "cume_dist", "current_date",
    "current_time", "current_timestamp", "date", "datetime", "degrees", "dense_rank", "exp", "first_value",
    "floor", "format", "glob", "group_concat", "hex", "if", "ifnull", "iif", "instr", "json", "json_array",
    "json_array_insert", "json_array_length", "json_each", "json_error_position", "json_extract",
    "json_group_array", "json_group_object", "json_insert", "json_object", "json_pretty", "json_quote",
    "json_remove", "json_replace", "json_set", "json_tree", "json_type", "json_valid", "jsonb", "jsonb_array",
    "jsonb_array_insert", "jsonb_extract", "jsonb_group_array", "jsonb_group_object", "jsonb_insert",
    "jsonb_object", "jsonb_remove", "jsonb_replace", "jsonb_set", "julianday", "lag", "last_insert_rowid",
    "last_value", "lead", "length", "like", "likelihood", "likely", "ln", "log", "log10", "log2", "lower",
    "ltrim", "max", "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "pi", "pow",
    "power", "printf", "quote", "radians", "random", "randomblob", "rank", "replace", "round", "row_number",
    "rtrim", "sign", "sin", "sinh", "soundex", "sqlite_version", "sqrt", "strftime", "string_agg", "substr",
    "substring", "sum", "tan", "tanh", "time", "timediff", "total", "total_changes", "trim", "trunc", "typeof",
    "unhex", "unicode", "unistr", "unistr_quote", "unixepoch", "unlikely", "upper", "zeroblob",
];

/// Those that `SQLite` calls to alter a table. No statement of a guest's can name them.
const INTERNAL: &[&str] = &[
    "sqlite_add_constraint",
    "sqlite_drop_column",
    "sqlite_drop_constraint",
    "sqlite_fail",
    "sqlite_find_constraint",
    "sqlite_rename_column",
    "sqlite_rename_quotefix",
    "sqlite_rename_table",
    "sqlite_rename_test",
];

pub(super) const REFUSED: &str = "a function whose time is not bounded, or that reaches out of the database";

pub(super) fn is_allowed(name: &str) -> bool {
    let one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    one_of(ALLOWED) || one_of(INTERNAL)
}

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Takes every function that is not allowed from the connection, and gives it others in place of those of `SQLite` that
/// look at every character of one text for every one of another.
///
/// The authorizer refuses what a statement names. What a schema names, in a constraint or an index, it is not asked
/// about, and a guest may have written the file.
pub(super) fn replace(connection: &Connection, seen: &Arc<Seen>, longest: usize) -> Result<()> {
    for name in refused_of(connection)? {
        let refuse = |_: &Context<'_>| -> Result<Option<i64>> { Err(failed(REFUSED)) };
        connection.create_scalar_function(name.as_str(), -1, FunctionFlags::SQLITE_UTF8, refuse)?;
    }
    for (name, start, end) in [("trim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
        let seen = Arc::clone(seen);
        connection.create_scalar_function(name, 2, PURE, move |call| {
            let [Some(text), Some(without)] = texts(call, &seen)? else { return Ok(None) };
            Ok(Some(text::trim(utf8(&text)?, utf8(&without)?, start, end)))
        })?;
    }
    connection.create_scalar_function("unhex", 2, PURE, |_| -> Result<Option<String>> {
        Err(failed("unhex() takes one argument here"))
    })?;

    let watch = Arc::clone(seen);
    connection.create_scalar_function("instr", 2, PURE, move |call| {
        let [Some(text), Some(part)] = texts(call, &watch)? else { return Ok(None) };
        let are_blobs = (0..2).all(|i| matches!(call.get_raw(i), ValueRef::Blob(_)));
        Ok(Some(text::position(&text, &part, are_blobs)))
    })?;

    let watch = Arc::clone(seen);
    connection.create_scalar_function("replace", 3, PURE, move |call| {
        let [Some(text), Some(part), Some(with)] = texts(call, &watch)? else { return Ok(None) };
        let length = text::replaced_length(&text, &part, &with);
        let length = length.filter(|&length| length <= longest).ok_or_else(|| raised(ffi::SQLITE_TOOBIG))?;
        let _held = watch.charge(length).map_err(|()| raised(ffi::SQLITE_NOMEM))?;
        let replaced = text::replace(&text, &part, &with, length);
        Ok(Some(
            String::from_utf8(replaced).map_or_else(|error| Value::Blob(error.into_bytes()), Value::Text),
        ))
    })?;

    for (name, arguments) in [("like", 2), ("like", 3), ("glob", 2)] {
        let watch = Arc::clone(seen);
        connection.create_scalar_function(name, arguments, PURE, move |call| {
            let [Some(pattern), Some(text)] = texts(call, &watch)? else { return Ok(None) };
            if pattern.len() > LONGEST_PATTERN {
                return Err(failed("LIKE or GLOB pattern too complex"));
            }
            let pattern = match arguments {
                _ if name == "glob" => Pattern::glob(&pattern),
                2 => Pattern::like(&pattern, None),
                _ => {
                    let Some(escape) = text::text(call.get_raw(2)) else { return Ok(None) };
                    let mut escape = utf8(&escape)?.chars();
                    let (Some(escape), None) = (escape.next(), escape.next()) else {
                        return Err(failed("ESCAPE expression must be a single character"));
                    };
                    Pattern::like(&pattern, Some(escape.into()))
                }
            };
            let matches = pattern.matches(&text, &mut || watch.is_over());
            matches.map(Some).ok_or_else(|| raised(ffi::SQLITE_INTERRUPT))
        })?;
    }
    Ok(())
}

/// Bytes of the pattern of a `LIKE` or a `GLOB`.
const LONGEST_PATTERN: usize = 500;

/// The functions of a connection that are not allowed.
fn refused_of(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT DISTINCT name FROM pragma_function_list")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.filter(|name| name.as_ref().is_ok_and(|name| !is_allowed(name))).collect()
}

fn failed(why: &str) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(why.to_owned()))
}

fn raised(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// The first arguments as texts, if the statement has time for another function.
fn texts<'a, const N: usize>(call: &'a Context<'_>, seen: &Seen) -> Result<[Option<text::Text<'a>>; N]> {
    if seen.is_over() {
        return Err(raised(ffi::SQLITE_INTERRUPT));
    }
    Ok(std::array::from_fn(|index| text::text(call.get_raw(index))))
}

fn utf8(text: &[u8]) -> Result<&str> {
    str::from_utf8(text).map_err(|_| failed("an argument is not UTF-8"))
}
