//! The limits of a guest.

use std::time::Duration;

use super::heap;
use super::value::Params;

/// The module's options: what one instance, and one statement of it, may use up.
#[derive(Clone, Copy, Debug)]
#[must_use = "a registry takes it: `Registry::builder().module(sql::module())`"]
pub struct Sql {
    pub(super) limits: Limits,
    /// True if what `SQLite` allocates is charged to instances.
    pub(super) heap: Result<(), &'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub open: usize,
    pub statements: usize,
    pub cursors: usize,
    pub attached: usize,
    pub rows: usize,
    pub result: usize,
    pub page_rows: usize,
    pub page_bytes: usize,
    pub time: Duration,
    pub busy: Duration,
    pub value: u32,
    pub sql: u32,
    pub cache: usize,
    pub file: u64,
    pub memory: usize,
}

/// More than these `SQLite` is not built for.
const MOST_ATTACHED: usize = 10;

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: 8,
            statements: 64,
            cursors: 16,
            attached: 2,
            rows: 100_000,
            result: 8 << 20,
            page_rows: 1_000,
            page_bytes: 256 << 10,
            time: Duration::from_secs(5),
            busy: Duration::from_secs(1),
            value: 256 << 10,
            sql: 64 << 10,
            cache: 2 << 20,
            file: 128 << 20,
            memory: 8 << 20,
        }
    }
}

impl Sql {
    pub(super) fn new() -> Self {
        Self { limits: Limits::default(), heap: heap::install() }
    }

    /// Databases that an instance has open at once: 8.
    pub fn max_open(mut self, databases: usize) -> Self {
        self.limits.open = databases;
        self
    }

    /// Prepared statements of an instance, and compiled ones that each of its databases keeps: 64.
    pub fn max_statements(mut self, statements: usize) -> Self {
        self.limits.statements = statements;
        self
    }

    /// Cursors that an instance has open at once: 16.
    pub fn max_cursors(mut self, cursors: usize) -> Self {
        self.limits.cursors = cursors;
        self
    }

    /// Databases that are attached to one at once: 2, and 10 at most.
    pub fn max_attached(mut self, databases: usize) -> Self {
        self.limits.attached = databases.min(MOST_ATTACHED);
        self
    }

    /// Rows of one query, in all its pages: 100,000.
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.limits.rows = rows;
        self
    }

    /// Bytes that the rows of one query take up in memory, in all its pages: 8 MiB. They count against the instance's
    /// memory until they are fetched.
    pub fn max_result(mut self, bytes: usize) -> Self {
        self.limits.result = bytes;
        self
    }

    /// Rows and bytes of one page: 1,000 and 256 KiB. A row that is larger has a page of its own.
    pub fn page(mut self, rows: usize, bytes: usize) -> Self {
        (self.limits.page_rows, self.limits.page_bytes) = (rows, bytes);
        self
    }

    /// Sets how long one statement may take: 5 seconds, which is less than a call may take by default, so that the guest is
    /// told. It ends with the call's time in any case.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.limits.time = time;
        self
    }

    /// Sets how long a statement waits for a database that someone else holds locked: 1 second.
    pub fn busy_timeout(mut self, time: Duration) -> Self {
        self.limits.busy = time;
        self
    }

    /// Bytes of one value, and of one row in a table: 256 KiB. How late a statement can end grows with it.
    pub fn max_value(mut self, bytes: u32) -> Self {
        self.limits.value = bytes;
        self
    }

    /// Bytes of the SQL of one statement: 64 KiB.
    pub fn max_sql(mut self, bytes: u32) -> Self {
        self.limits.sql = bytes;
        self
    }

    /// Bytes of a database file that `SQLite` keeps in memory: 2 MiB at most.
    pub fn cache(mut self, bytes: usize) -> Self {
        self.limits.cache = bytes;
        self
    }

    /// Bytes that a guest may let a database file grow to: 128 MiB. A file that is larger already stays as it is.
    ///
    /// `SQLite` frees and counts pages without looking at the clock: dropping a table or an index takes some 12 ms for
    /// each MiB of it, undoing a transaction 4 ms, and `count(*)` 1 ms. So this bounds how late such a statement can end.
    pub fn max_file(mut self, bytes: u64) -> Self {
        self.limits.file = bytes;
        self
    }

    /// Bytes that a database in memory may grow to: 8 MiB.
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }
}

impl Limits {
    /// The limits that `SQLite` enforces.
    pub fn of_sqlite(&self) -> [(rusqlite::limits::Limit, i32); 12] {
        use rusqlite::limits::Limit;
        let int = |limit: u32| i32::try_from(limit).unwrap_or(i32::MAX);
        [
            (Limit::SQLITE_LIMIT_LENGTH, int(self.value)),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, int(self.sql)),
            (Limit::SQLITE_LIMIT_COLUMN, 500),
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
            // it doubles from 42 on: 5,376
            (Limit::SQLITE_LIMIT_VDBE_OP, 5_400),
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
            (Limit::SQLITE_LIMIT_ATTACHED, i32::try_from(self.attached).unwrap_or(0)),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500),
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, i32::try_from(Params::MOST).unwrap_or(i32::MAX)),
            (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 20),
            (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        ]
    }
}
