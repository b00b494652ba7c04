//! An open database.

use std::fs;
use std::path::{Path, PathBuf};

use hostfn::{Held, Interrupt, MemoryBudget, Resource, Scope};
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, params_from_iter};

use super::attach::Attached;
use super::error::SqlError;
use super::functions;
use super::options::Limits;
use super::rows::{Cursor, Reading};
use super::value::Params;
use super::watch::Watch;

/// Where an instance's databases come from.
#[derive(Debug)]
pub struct Databases {
    pub(super) limits: Limits,
    pub(super) interrupt: Interrupt,
    pub(super) memory: MemoryBudget,
}

/// A database that a guest has open.
pub struct Database {
    pub(super) watch: Watch,
    pub(super) connection: Connection,
    pub(super) writable: bool,
    pub(super) attached: Vec<Attached>,
    _held: Held,
}

/// A statement that a guest has prepared. Its database keeps it compiled.
#[derive(Debug)]
pub struct Statement {
    pub(super) database: Resource<Database>,
    pub(super) sql: Box<str>,
    pub(super) _held: Held,
}

/// The file that a path leads to beneath its grant.
///
/// What the grant fixes may lead over links, which are the operator's. Beneath it `SQLite` refuses them.
pub(super) fn file(grant: &Scope, path: &str) -> Result<PathBuf, SqlError> {
    let (directory, rest) = grant.beneath(path).ok_or(SqlError::NotFound)?;
    let file = fs::canonicalize(directory).map_err(|_| SqlError::NotFound)?.join(rest);
    match fs::symlink_metadata(&file) {
        // opening a FIFO would wait for its other end
        Ok(there) if !there.is_file() => Err(SqlError::NotFound),
        _ => Ok(file),
    }
}

impl Databases {
    /// The one at a path that the grant covers.
    pub(super) fn open(&self, grant: &Scope, path: &str, writable: bool) -> Result<Database, SqlError> {
        let access = if writable {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let held = self.memory.take(self.limits.cache)?;
        let connection = connect(&file(grant, path)?, access | OpenFlags::SQLITE_OPEN_NOFOLLOW)?;
        self.prepare(connection, writable, self.limits.file, held)
    }

    /// A new one in memory.
    pub(super) fn open_memory(&self) -> Result<Database, SqlError> {
        let held = self.memory.take(self.limits.memory)?;
        // what is attached is opened as it was, so not as one in memory
        let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = connect(Path::new(":memory:"), access)?;
        self.prepare(connection, true, self.limits.memory as u64, held)
    }

    fn prepare(
        &self,
        mut connection: Connection,
        writable: bool,
        size: u64,
        held: Held,
    ) -> Result<Database, SqlError> {
        harden(&connection, &self.limits).map_err(SqlError::of)?;
        let watch = Watch::over(&mut connection, &self.interrupt, &self.limits).map_err(SqlError::of)?;
        // before the watch lets no PRAGMA pass that changes something
        set_up(&connection, &self.limits).map_err(SqlError::of)?;
        fit(&connection, MAIN, &self.limits, size).map_err(SqlError::of)?;
        if !has_text_schema(&connection, MAIN).map_err(SqlError::of)? {
            return Err(SqlError::NotADatabase);
        }
        watch.authorize(&mut connection, writable).map_err(SqlError::of)?;
        Ok(Database { watch, connection, writable, attached: Vec::new(), _held: held })
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, SqlError> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|error| {
        match error.sqlite_error_code() {
            // not there, a link, or not to be opened: its message has the path
            Some(ErrorCode::CannotOpen) | None => SqlError::NotFound,
            _ => SqlError::of(error),
        }
    })
}

/// Takes from the connection what a guest must not have.
fn harden(connection: &Connection, limits: &Limits) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for config in [
        DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
        DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE,
        DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE,
    ] {
        connection.set_db_config(config, false)?;
    }
    for (limit, most) in limits.of_sqlite() {
        connection.set_limit(limit, most)?;
    }
    connection.set_prepared_statement_cache_capacity(limits.statements);
    functions::replace(connection)
}

/// Sets what holds for all that the connection opens.
fn set_up(connection: &Connection, limits: &Limits) -> rusqlite::Result<()> {
    let pragma = |name, value| connection.pragma_update(None, name, value);
    pragma("hard_heap_limit", i64::try_from(limits.heap).unwrap_or(i64::MAX))?;
    pragma("cell_size_check", 1)?;
    pragma("mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// The name of the database that a connection was opened on.
const MAIN: &str = "main";

/// Sets how much memory and disk the database of this name takes up. It reads the file's header, which shows whether it
/// is a database.
pub(super) fn fit(connection: &Connection, name: &str, limits: &Limits, size: u64) -> rusqlite::Result<()> {
    let name = Some(name);
    let cache = -i64::try_from(limits.cache / 1024).unwrap_or(i64::MAX);
    connection.pragma_update(name, "cache_size", cache)?;
    connection.pragma_query_value(name, "schema_version", |row| row.get::<_, i64>(0))?;
    let page: u64 = connection.pragma_query_value(name, "page_size", |row| row.get::<_, u32>(0))?.into();
    let pages = u32::try_from(size / page.max(1)).unwrap_or(u32::MAX - 1).max(1);
    connection.pragma_update(name, "max_page_count", pages)
}

/// Whether the schema is text, as `rusqlite` expects of names: it panics at others.
///
/// `name` is a name that needs no quotes.
pub(super) fn has_text_schema(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = format!("SELECT sql FROM {name}.sqlite_schema WHERE sql IS NOT NULL");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if row.get_ref(0)?.as_str().is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A statement has few of them but for a trigger's, and each is looked behind for another statement.
const MOST_SEMICOLONS: usize = 100;

impl Database {
    /// Compiles `sql`, unless it was a short while ago.
    pub(super) fn compile(&self, sql: &str) -> Result<CachedStatement<'_>, SqlError> {
        if sql.contains('\0') {
            return Err(SqlError::BadSql("there is a NUL in the SQL".to_owned()));
        }
        // `rusqlite` goes one call deeper for each statement in the text
        if sql.bytes().filter(|&byte| byte == b';').nth(MOST_SEMICOLONS).is_some() {
            return Err(SqlError::SeveralStatements);
        }
        self.watch.begin();
        self.connection.prepare_cached(sql).map_err(|error| self.watch.error(error))
    }

    /// Runs a statement that only reads, and reads all its rows.
    pub(super) fn query(&self, sql: &str, params: Params, databases: &Databases) -> Result<Cursor, SqlError> {
        let failed = |error| self.watch.error(error);
        let mut statement = self.compile(sql)?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(SqlError::NotAQuery);
        }
        let mut reading = Reading::new(&databases.limits, &databases.memory)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            reading.add(row, row.as_ref().column_count())?;
        }
        drop(rows);
        Ok(reading.done(statement.column_names().map(str::to_owned).collect()))
    }

    /// Runs a statement that returns no rows; how many it changed.
    pub(super) fn execute(&self, sql: &str, params: Params) -> Result<u64, SqlError> {
        let mut statement = self.compile(sql)?;
        if statement.column_count() > 0 {
            return Err(SqlError::ReturnsRows);
        }
        let before = self.connection.total_changes();
        statement.execute(params_from_iter(params)).map_err(|error| self.watch.error(error))?;
        // SQLite tells of the last statement that changed rows, which need not be this one
        Ok(if self.connection.total_changes() == before { 0 } else { self.connection.changes() })
    }

    pub(super) fn last_rowid(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}
