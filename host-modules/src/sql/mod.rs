//! `SQLite` databases: files beneath granted paths, and databases in memory.
//!
//! A guest opens a database for reading, for writing, or in memory, queries and executes SQL with values for its
//! parameters, prepares statements, and gets long results in pages.
//!
//! ```
//! use hostfn::Registry;
//! use hostfn_modules::sql;
//!
//! let registry = Registry::builder().module(sql::module().max_rows(10_000)).build()?;
//! let grants = registry.read_grants(
//!     r#"
//!     "sql.read" = { allow = ["/data/**"] }
//!     "sql.write" = { allow = ["/data/notes.db"] }
//!     "#,
//! )?;
//! assert!(grants.scope_of(&sql::SQL_WRITE).unwrap().allows("/data/notes.db"));
//! # Ok::<(), hostfn::Error>(())
//! ```
//!
//! Grants are matched against the path that a database was opened by, at every call. One in memory is the instance's
//! own: it is opened without a grant, and lies within any grant of the capabilities that it is queried and changed by.
//!
//! # What SQL may do
//! One statement at a time, with values for its parameters and no other way to pass them. It may do what `SQLite` can do
//! within the one file and those [attached](#more-than-one-database) to it, but for what follows, which fails with
//! `not_allowed`:
//! - `ATTACH` and `DETACH`, and so `VACUUM` and `VACUUM INTO`, whatever the path;
//! - a `PRAGMA` that changes something or tells of the host; those that tell of the schema are allowed;
//! - functions that are not on a list of those whose time is bounded: `json_patch`, and all that reach out of the
//!   database or belong to a virtual table;
//! - virtual tables and temporary objects;
//! - every write, and every transaction, on a database that was opened for reading.
//!
//! `json_each` and `json_tree` are the only virtual tables: a database that has others, such as full-text search or an
//! R-Tree, opens, and these tables fail with `no such module`. `unhex` takes one argument. Databases are opened with
//! `SQLite`'s defensive mode on and without trust in their schemas, because a guest may have written them.
//!
//! `sql.write` alone reads no row: a statement that names a column to read, in a `SELECT`, a condition, an expression or
//! a trigger, needs `sql.read` on the same path too. A plugin that has `sql.write` alone inserts, and updates or deletes
//! all rows of a table. It sees the schema, how many rows it changed, and whether a constraint is in its way, which tells
//! it whether a key that it inserts exists. A statement that writes and returns rows (`INSERT ... RETURNING`) is a query;
//! it needs both capabilities, and when its rows are refused, nothing of it stays.
//!
//! # More than one database
//! `sql_attach` attaches a database to an open one, by a name that SQL then finds its tables under, and `sql_attach_write`
//! one that can be written to. They are functions, and `ATTACH` is refused, because the path has to be matched against the
//! grant before anything is opened: `SQLite` shows its authorizer no path that is bound or computed, and reads some paths
//! as more than a path. What is attached must be granted still whenever a statement runs, to be read by a query, and else
//! as it was attached: otherwise every statement of the database is refused (`not_granted`) until it is detached.
//!
//! # Paths
//! Paths are opened with [`Scope::locate`], as those of `fs` are: a link on the way is followed to what the grant covers,
//! and a link that is the database itself, a directory or a FIFO is `not_found`, as if there was nothing. `SQLite` then
//! opens the resolved path. Other processes that replace directories at that very moment can lead it astray, so leave a
//! grant's directory to the host and its guests. While a database is open, `fs` does not touch its files. A database has a journal beside it, or files for a log: `SQLite` makes them also where the
//! grant covers the database alone, and plays back what it finds in them. A guest that may write files of any name there
//! may write any database there.
//!
//! # Time
//! These functions block. A statement ends when the guest's time is up, when its instance is cancelled, and after
//! [`max_time`](Sql::max_time); inside an open transaction, a write that ends so rolls the transaction back. The clock is
//! looked at by loops, by large allocations and by the functions that take long, so one that is over the largest values
//! ends at most about a second late. What `SQLite` does page by page without looking at it, such as a `DROP TABLE`, takes a
//! time that [`max_file`](Sql::max_file) bounds, and the disk takes what it takes. One that waits for a lock gives up after [`busy_timeout`](Sql::busy_timeout). A transaction locks
//! the database for all others until it ends, at the latest with its instance.
//!
//! # Memory
//! The rows of a query are read at once, of one moment, up to [`max_rows`](Sql::max_rows) and
//! [`max_result`](Sql::max_result). They wait for their guest in the instance's memory, so that no lock is held
//! for a guest that takes its time.
//!
//! All that `SQLite` allocates for an instance is that instance's memory ([`hostfn::Limits::memory`]) and charged before it
//! is allocated: compiled statements, schemas, caches, what is sorted and grouped, databases in memory. For that, this
//! crate gives `SQLite` an allocator before `main`, which serves everybody in the process and charges nobody else. Where the
//! host gives it another one (`SQLITE_CONFIG_MALLOC`) first, the module is not built.

mod attach;
mod database;
mod error;
mod functions;
mod heap;
mod options;
mod raw;
mod rights;
mod rows;
mod text;
mod transaction;
mod value;
mod watch;

use std::convert::Infallible;

use hostfn::{Caller, Capability, HostFn, HostModule, Resource, Resources, Scope, capabilities, host_fn};
use serde::{Deserialize, Serialize};

pub use self::attach::{sql_attach, sql_attach_write, sql_detach};
pub use self::database::{Database, Databases, Statement};
pub use self::error::SqlError;
pub use self::options::Sql;
pub use self::rows::{Cursor, Page};
pub use self::transaction::{sql_begin, sql_commit, sql_rollback};
pub use self::value::{Params, Value};

capabilities! {
    /// Query `SQLite` databases.
    pub SQL_READ = "sql.read" in path;
    /// Change `SQLite` databases, and make new ones.
    pub SQL_WRITE = "sql.write" in path;
}

/// The module, with the limits that [`Sql`] has by default.
pub fn module() -> Sql {
    Sql::new()
}

impl From<Sql> for HostModule {
    fn from(Sql { limits, heap }: Sql) -> HostModule {
        let module = HostModule::new("sql")
            .functions([
                sql_open::SPEC,
                sql_open_write::SPEC,
                sql_open_memory::SPEC,
                sql_close::SPEC,
                sql_attach::SPEC,
                sql_attach_write::SPEC,
                sql_detach::SPEC,
                sql_query::SPEC,
                sql_next::SPEC,
                sql_close_cursor::SPEC,
                sql_execute::SPEC,
                sql_prepare::SPEC,
                sql_rows::SPEC,
                sql_run::SPEC,
                sql_close_statement::SPEC,
                sql_begin::SPEC,
                sql_commit::SPEC,
                sql_rollback::SPEC,
            ])
            .state("sql", move |cx| {
                let (interrupt, memory) = (cx.interrupt().clone(), cx.memory().clone());
                let reads = cx.grants().scope_of(&SQL_READ).cloned();
                Ok::<_, Infallible>(Databases { limits, interrupt, memory, reads })
            })
            .state("sql databases", move |cx| {
                Ok::<_, Infallible>(Resources::<Database>::from_cx(cx).at_most(limits.open))
            })
            .state("sql statements", move |cx| {
                Ok::<_, Infallible>(Resources::<Statement>::from_cx(cx).at_most(limits.statements))
            })
            .state("sql cursors", move |cx| {
                Ok::<_, Infallible>(Resources::<Cursor>::from_cx(cx).at_most(limits.cursors))
            });
        match heap {
            Ok(()) => module,
            Err(what) => module.require_config(
                what,
                "set no `SQLITE_CONFIG_MALLOC`, or call `hostfn_modules::sql::module()` before SQLite is used",
            ),
        }
    }
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Rows that it inserted, updated or deleted itself, without those of triggers and foreign keys.
    pub rows: u64,
    /// The rowid of the row that was inserted last through this handle; 0 before any.
    pub last_rowid: i64,
}

/// Open the database at a path, for reading. It has to be there.
#[host_fn(capability = SQL_READ(path), collect = false)]
pub fn sql_open(
    #[state] sql: &Databases,
    #[state] databases: &mut Resources<Database>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<Database>, SqlError> {
    Ok(databases.insert_on(path, sql.open(grant, path, false)?)?)
}

/// Open the database at a path, for reading and writing. One that is not there is made, in a directory that is.
#[host_fn(capability = SQL_WRITE(path), collect = false)]
pub fn sql_open_write(
    #[state] sql: &Databases,
    #[state] databases: &mut Resources<Database>,
    #[grant] grant: &Scope,
    path: &str,
) -> Result<Resource<Database>, SqlError> {
    Ok(databases.insert_on(path, sql.open(grant, path, true)?)?)
}

/// Open a new database in memory, which is gone when it is closed.
#[host_fn(capability = none, collect = false)]
pub fn sql_open_memory(
    #[state] sql: &Databases,
    #[state] databases: &mut Resources<Database>,
) -> Result<Resource<Database>, SqlError> {
    Ok(databases.insert_private(sql.open_memory()?)?)
}

/// Close a database, with its statements. An open transaction is rolled back; cursors stay.
#[host_fn(capability = none, collect = false)]
pub fn sql_close(
    #[state] databases: &mut Resources<Database>,
    #[state] statements: &mut Resources<Statement>,
    database: Resource<Database>,
) -> Result<(), SqlError> {
    databases.remove(database)?;
    statements.retain(|_, statement| statement.database != database);
    Ok(())
}

/// Query a database: the first page of the rows, and a cursor when there are more. Values are for the parameters `?1`,
/// `?2` and so on: nil, integers, floats, text and bytes. A statement that also writes, such as `INSERT ... RETURNING`, needs
/// `sql.write` too. Blocks.
#[host_fn(capability = SQL_READ(database), collect = false)]
pub fn sql_query(
    #[state] sql: &Databases,
    #[state] databases: &Resources<Database>,
    #[state] cursors: &mut Resources<Cursor>,
    #[caller] caller: &Caller,
    database: Resource<Database>,
    query: &str,
    values: Params,
) -> Result<Page, SqlError> {
    let cursor = granted(sql, (databases, database), caller, &SQL_READ)?.query(query, values, sql, caller)?;
    first_page(sql, (databases, database), cursors, cursor)
}

/// The next page of a query's rows. With the last one, the cursor is closed.
#[host_fn(capability = SQL_READ(cursor), collect = false)]
pub fn sql_next(
    #[state] sql: &Databases,
    #[state] cursors: &mut Resources<Cursor>,
    cursor: Resource<Cursor>,
) -> Result<Page, SqlError> {
    let rest = cursors.get_mut(cursor)?;
    let mut page = rest.next(&sql.limits, &sql.memory)?;
    if rest.is_over() {
        cursors.remove(cursor)?;
    } else {
        page.cursor = Some(cursor);
    }
    Ok(page)
}

/// Close a cursor before its last page.
#[host_fn(capability = none, collect = false)]
pub fn sql_close_cursor(
    #[state] cursors: &mut Resources<Cursor>,
    cursor: Resource<Cursor>,
) -> Result<(), SqlError> {
    cursors.remove(cursor)?;
    Ok(())
}

/// Run a statement that returns no rows. Values are as in `sql_query`. One that reads rows needs `sql.read` too. Blocks.
#[host_fn(capability = SQL_WRITE(database), collect = false)]
pub fn sql_execute(
    #[state] sql: &Databases,
    #[state] databases: &Resources<Database>,
    #[caller] caller: &Caller,
    database: Resource<Database>,
    statement: &str,
    values: Params,
) -> Result<Changes, SqlError> {
    execute(granted(sql, (databases, database), caller, &SQL_WRITE)?, statement, values)
}

/// Prepare a statement, of any kind, to run it more than once.
#[host_fn(capability = SQL_READ(database), collect = false)]
pub fn sql_prepare(
    #[state] sql: &Databases,
    #[state] databases: &Resources<Database>,
    #[state] statements: &mut Resources<Statement>,
    #[caller] caller: &Caller,
    database: Resource<Database>,
    statement: &str,
) -> Result<Resource<Statement>, SqlError> {
    let held = sql.memory.take(statement.len())?;
    granted(sql, (databases, database), caller, &SQL_READ)?.check(statement)?;
    let statement = Statement { database, sql: statement.into(), _held: held };
    Ok(statements.insert_like((databases, database), statement)?)
}

/// Query a database by a prepared statement, as `sql_query` does. Blocks.
#[host_fn(capability = SQL_READ(statement), collect = false)]
pub fn sql_rows(
    #[state] sql: &Databases,
    #[state] databases: &Resources<Database>,
    #[state] statements: &Resources<Statement>,
    #[state] cursors: &mut Resources<Cursor>,
    #[caller] caller: &Caller,
    statement: Resource<Statement>,
    values: Params,
) -> Result<Page, SqlError> {
    let Statement { database, sql: query, .. } = statements.get(statement)?;
    let cursor =
        granted(sql, (databases, *database), caller, &SQL_READ)?.query(query, values, sql, caller)?;
    first_page(sql, (databases, *database), cursors, cursor)
}

/// Run a prepared statement that returns no rows, as `sql_execute` does. Blocks.
#[host_fn(capability = SQL_WRITE(statement), collect = false)]
pub fn sql_run(
    #[state] sql: &Databases,
    #[state] databases: &Resources<Database>,
    #[state] statements: &Resources<Statement>,
    #[caller] caller: &Caller,
    statement: Resource<Statement>,
    values: Params,
) -> Result<Changes, SqlError> {
    let Statement { database, sql: text, .. } = statements.get(statement)?;
    execute(granted(sql, (databases, *database), caller, &SQL_WRITE)?, text, values)
}

/// Close a prepared statement.
#[host_fn(capability = none, collect = false)]
pub fn sql_close_statement(
    #[state] statements: &mut Resources<Statement>,
    statement: Resource<Statement>,
) -> Result<(), SqlError> {
    statements.remove(statement)?;
    Ok(())
}

/// The database, for a statement whose own capability is `by`.
fn granted<'d>(
    sql: &Databases,
    (databases, database): (&'d Resources<Database>, Resource<Database>),
    caller: &Caller,
    by: &Capability,
) -> Result<&'d Database, SqlError> {
    let database = databases.get(database)?;
    database.refuse_revoked(caller, by)?;
    database.admit(sql, caller);
    Ok(database)
}

fn first_page(
    sql: &Databases,
    database: (&Resources<Database>, Resource<Database>),
    cursors: &mut Resources<Cursor>,
    mut cursor: Cursor,
) -> Result<Page, SqlError> {
    let mut page = cursor.next(&sql.limits, &sql.memory)?;
    if !cursor.is_over() {
        page.cursor = Some(cursors.insert_like(database, cursor)?);
    }
    Ok(page)
}

fn execute(database: &Database, sql: &str, values: Params) -> Result<Changes, SqlError> {
    let rows = database.execute(sql, values)?;
    Ok(Changes { rows, last_rowid: database.last_rowid() })
}
