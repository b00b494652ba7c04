//! The rows of a query, which wait until they are asked for.

use hostfn::state::MemoryReservation;
use hostfn::{MemoryBudget, Resource};
use serde::{Deserialize, Serialize};

use super::error::SqlError;
use super::options::Limits;
use super::value::Value;

/// Some rows of a query, and the handle on those that follow.
#[derive(Debug, Serialize, Deserialize)]
pub struct Page {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Value>>,
    /// The rows that follow, for `sql_next`; nil when these are the last ones.
    pub cursor: Option<Resource<Cursor>>,
    /// Until the reply is written.
    #[serde(skip)]
    #[expect(dead_code, reason = "it holds memory, and is dropped with the reply")]
    held: Option<MemoryReservation>,
}

/// The rows of a query that its guest has not asked for yet. They are those of the moment that the query was run.
#[derive(Debug)]
pub struct Cursor {
    columns: Vec<String>,
    rows: std::vec::IntoIter<Vec<Value>>,
    held: MemoryReservation,
}

/// The rows of a query, while they are read.
pub(super) struct Reading<'l> {
    limits: &'l Limits,
    rows: Vec<Vec<Value>>,
    held: MemoryReservation,
}

/// Bytes that an allocator adds to each block.
const BLOCK: usize = 16;

impl<'l> Reading<'l> {
    pub fn new(limits: &'l Limits, memory: &MemoryBudget) -> Result<Self, SqlError> {
        Ok(Self { limits, rows: Vec::new(), held: memory.take(0)? })
    }

    /// Adds a row, if there is room for it.
    pub fn add(&mut self, row: &rusqlite::Row<'_>, columns: usize) -> Result<(), SqlError> {
        if self.rows.len() >= self.limits.rows {
            return Err(SqlError::TooManyRows(self.limits.rows));
        }
        let mut size = row_size(columns);
        for column in 0..columns {
            size = size.saturating_add(value_size(row.get_ref(column).map_err(SqlError::from_sqlite)?));
        }
        let size = self.held.bytes().saturating_add(size);
        if size > self.limits.result {
            return Err(SqlError::ResultTooLarge(self.limits.result));
        }
        self.held.resize(size)?;
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(Value::from(row.get_ref(column).map_err(SqlError::from_sqlite)?));
        }
        self.rows.push(values);
        Ok(())
    }

    /// All rows were read, of these columns.
    pub fn done(mut self, names: &[&str]) -> Result<Cursor, SqlError> {
        // twice: the page that is replied has them too
        let size: usize = names.iter().map(|name| 2 * (name.len() + size_of::<String>() + BLOCK)).sum();
        self.held.resize(self.held.bytes().saturating_add(size))?;
        let columns = names.iter().map(|&name| name.to_owned()).collect();
        Ok(Cursor { columns, rows: self.rows.into_iter(), held: self.held })
    }
}

/// Returns what a row takes up, but for its values' texts and blobs: its place in a list that doubles as it grows, and its own.
fn row_size(columns: usize) -> usize {
    (2 * size_of::<Vec<Value>>() + BLOCK).saturating_add(columns.saturating_mul(size_of::<Value>()))
}

/// Returns what a value's text or blob takes up.
fn value_size(value: rusqlite::types::ValueRef<'_>) -> usize {
    Value::bytes_of(value).map_or(0, |bytes| bytes.saturating_add(BLOCK))
}

impl Cursor {
    /// The next page, without the handle on those that follow.
    pub(super) fn next(&mut self, limits: &Limits, memory: &MemoryBudget) -> Result<Page, SqlError> {
        if self.rows.len() <= limits.page_rows && self.held.bytes() <= limits.page_bytes {
            let columns = std::mem::take(&mut self.columns);
            let rows = std::mem::take(&mut self.rows).collect();
            let held = Some(std::mem::replace(&mut self.held, memory.take(0)?));
            return Ok(Page { columns, rows, cursor: None, held });
        }
        let (mut count, mut bytes) = (0, 0_usize);
        for row in self.rows.as_slice().iter().take(limits.page_rows.max(1)) {
            let size = row
                .iter()
                .fold(row_size(row.len()), |sum, value| sum.saturating_add(value_size(value.as_ref())));
            // a row that is larger than a page has one of its own
            if count > 0 && bytes.saturating_add(size) > limits.page_bytes {
                break;
            }
            count += 1;
            bytes = bytes.saturating_add(size);
        }
        let rows = self.rows.by_ref().take(count).collect();
        // the cursor holds so much less, and so the page can hold it
        self.held.resize(self.held.bytes().saturating_sub(bytes))?;
        let held = Some(memory.take(bytes)?);
        Ok(Page { columns: self.columns.clone(), rows, cursor: None, held })
    }

    pub(super) fn is_over(&self) -> bool {
        self.rows.len() == 0
    }
}
