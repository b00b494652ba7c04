//! The rows of a query, which wait until they are asked for.

use hostfn::{Held, MemoryBudget, Resource};
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
}

/// The rows of a query that its guest has not asked for yet. They are those of the moment that the query was run.
#[derive(Debug)]
pub struct Cursor {
    columns: Vec<String>,
    rows: std::vec::IntoIter<Vec<Value>>,
    held: Held,
}

/// The rows of a query, while they are read.
pub(super) struct Reading<'l> {
    limits: &'l Limits,
    rows: Vec<Vec<Value>>,
    held: Held,
}

impl<'l> Reading<'l> {
    pub fn new(limits: &'l Limits, memory: &MemoryBudget) -> Result<Self, SqlError> {
        Ok(Self { limits, rows: Vec::new(), held: memory.take(0)? })
    }

    /// Adds a row, if there is room for it.
    pub fn add(&mut self, row: &rusqlite::Row<'_>, columns: usize) -> Result<(), SqlError> {
        if self.rows.len() >= self.limits.rows {
            return Err(SqlError::TooManyRows(self.limits.rows));
        }
        let mut size = self.held.bytes().saturating_add(size_of::<Vec<Value>>());
        for column in 0..columns {
            size = size.saturating_add(Value::size_of(row.get_ref(column).map_err(SqlError::of)?));
        }
        if size > self.limits.result {
            return Err(SqlError::ResultTooLarge(self.limits.result));
        }
        self.held.resize(size)?;
        let values = (0..columns).map(|column| Ok(Value::from(row.get_ref(column)?)));
        self.rows.push(values.collect::<rusqlite::Result<_>>().map_err(SqlError::of)?);
        Ok(())
    }

    pub fn done(self, columns: Vec<String>) -> Cursor {
        Cursor { columns, rows: self.rows.into_iter(), held: self.held }
    }
}

impl Cursor {
    /// The next page, without the handle on those that follow.
    pub(super) fn next(&mut self, limits: &Limits) -> Page {
        if self.rows.len() <= limits.page_rows && self.held.bytes() <= limits.page_bytes {
            let columns = std::mem::take(&mut self.columns);
            let rows = std::mem::take(&mut self.rows).collect();
            return Page { columns, rows, cursor: None };
        }
        let (mut count, mut bytes) = (0, 0_usize);
        for row in self.rows.as_slice().iter().take(limits.page_rows.max(1)) {
            let size =
                row.iter().fold(size_of::<Vec<Value>>(), |sum, value| sum.saturating_add(value.size()));
            // a row that is larger than a page has one of its own
            if count > 0 && bytes.saturating_add(size) > limits.page_bytes {
                break;
            }
            count += 1;
            bytes = bytes.saturating_add(size);
        }
        let rows = self.rows.by_ref().take(count).collect();
        // less than before is always there
        let _ = self.held.resize(self.held.bytes().saturating_sub(bytes));
        Page { columns: self.columns.clone(), rows, cursor: None }
    }

    pub(super) fn is_over(&self) -> bool {
        self.rows.len() == 0
    }
}
