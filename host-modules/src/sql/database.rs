//! An open database.

use std::path::Path;
use std::sync::Arc;

use hostfn::scope::{LastLink, Location};
use hostfn::state::MemoryReservation;
use hostfn::{Caller, Interrupt, MemoryBudget, Resource, Scope};
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, params_from_iter};

use super::attach::Attached;
use super::error::SqlError;
use super::functions;
use super::options::Limits;
use super::raw;
use super::rights::Rights;
use super::rows::{Cursor, Reading};
use super::value::Params;
use super::watch::Watch;
use super::{SQL_READ, SQL_WRITE};
use crate::in_use::Claim;

/// The source of an instance's databases.
#[derive(Debug)]
pub struct Databases {
    pub(super) limits: Limits,
    pub(super) interrupt: Interrupt,
    pub(super) memory: MemoryBudget,
    /// The scope that the instance may read, for a plugin that imports no function that reads.
    pub(super) reads: Option<Arc<Scope>>,
}

/// A database that a guest has open.
pub struct Database {
    pub(super) connection: Connection,
    pub(super) watch: Watch,
    /// The path that it was granted by; none of one in memory.
    path: Option<String>,
    pub(super) writable: bool,
    pub(super) attached: Vec<Attached>,
    /// Given back after the connection, which is dropped before it.
    _claim: Option<Claim>,
}

/// A statement that a guest has prepared. Its database keeps it compiled.
#[derive(Debug)]
pub struct Statement {
    pub(super) database: Resource<Database>,
    pub(super) sql: Box<str>,
    pub(super) _held: MemoryReservation,
}

/// The file that a path leads to, which nothing but databases may open from now on.
pub(super) fn file<'g>(grant: &'g Scope, path: &str) -> Result<(Location<'g>, Claim), SqlError> {
    let at = grant.locate(path, LastLink::Keep).map_err(|_| SqlError::NotFound)?;
    match at.metadata() {
        // opening a FIFO would wait for its other end
        Ok(there) if !there.is_file() => return Err(SqlError::NotFound),
        _ if at.name().is_none() => return Err(SqlError::NotFound),
        _ => {}
    }
    let claim = Claim::take(&at).map_err(|_| SqlError::NotFound)?.map_err(|_| SqlError::Busy)?;
    Ok((at, claim))
}

impl Databases {
    /// The one at a path that the grant covers.
    pub(super) fn open(&self, grant: &Scope, path: &str, writable: bool) -> Result<Database, SqlError> {
        let access = if writable {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let (at, claim) = file(grant, path)?;
        let flags = access | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        self.connect(Some((&at, claim)), flags, Some(path), self.limits.file)
    }

    /// A new one in memory.
    pub(super) fn open_memory(&self) -> Result<Database, SqlError> {
        // what is attached is opened as it was, so not as one in memory
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        self.connect(None, flags, None, self.limits.memory as u64)
    }

    fn connect(
        &self,
        mut file: Option<(&Location<'_>, Claim)>,
        flags: OpenFlags,
        path: Option<&str>,
        size: u64,
    ) -> Result<Database, SqlError> {
        let watch = Watch::new(&self.interrupt, &self.memory, &self.limits);
        let _work = watch.enter();
        let at = file.as_ref().map_or(Path::new(":memory:"), |(_, claim)| claim.path());
        let mut connection = connect(at, flags)?;
        if let Some((at, claim)) = &mut file
            && !claim.confirm(at)
        {
            // SQLite resolves the path itself, and somebody replaced a directory on it meanwhile
            return Err(SqlError::NotFound);
        }
        let mut prepare = || -> rusqlite::Result<bool> {
            harden(&connection, &self.limits)?;
            functions::replace(&connection, &watch.seen(), self.limits.value as usize)?;
            watch.limit(&mut connection, &self.limits)?;
            // before the watch lets no PRAGMA pass that changes something
            set_up(&connection)?;
            fit(&connection, MAIN, &self.limits, size)?;
            has_text_schema(&connection, MAIN)
        };
        if !prepare().map_err(|error| watch.error(error))? {
            return Err(SqlError::NotADatabase);
        }
        watch.authorize(&connection).map_err(SqlError::from_sqlite)?;
        let writable = flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE);
        let (path, claim) = (path.map(str::to_owned), file.map(|(_, claim)| claim));
        Ok(Database { connection, watch, path, writable, attached: Vec::new(), _claim: claim })
    }

    /// Returns whether what is granted to read covers a path, still.
    fn reads(&self, caller: &Caller, path: &str) -> bool {
        if caller.is_granted(&SQL_READ) {
            return caller.is_granted_on(&SQL_READ, path);
        }
        !caller.is_revoked(&SQL_READ) && self.reads.as_ref().is_some_and(|scope| scope.allows(path))
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, SqlError> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|error| {
        match error.sqlite_error_code() {
            // not there, a link, or not to be opened: its message has the path
            Some(ErrorCode::CannotOpen) | None => SqlError::NotFound,
            _ => SqlError::from_sqlite(error),
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
    raw::drop_modules(connection)?;
    for (limit, most) in limits.of_sqlite() {
        connection.set_limit(limit, most)?;
    }
    connection.set_prepared_statement_cache_capacity(limits.statements);
    Ok(())
}

/// Sets what holds for all that the connection opens.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cell_size_check", 1)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// The name of the database that a connection was opened on.
pub(super) const MAIN: &str = "main";

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

/// Returns whether the schema is text, as `rusqlite` expects of names: it panics at others.
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
    fn compile(&self, sql: &str) -> Result<CachedStatement<'_>, SqlError> {
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

    /// Lets its statements do what the caller may still do with it and what is attached to it, before one of them runs.
    pub(super) fn admit(&self, databases: &Databases, caller: &Caller) {
        let paths = self.path.as_deref().map(|path| (MAIN, path)).into_iter();
        let paths = paths.chain(self.attached.iter().map(|attached| (attached.name(), attached.path())));
        let unreadable = paths.filter(|(_, path)| !databases.reads(caller, path));
        let unreadable = unreadable.map(|(name, _)| name.to_owned()).collect();
        if self.watch.allow(Rights { writable: self.writable, unreadable }) {
            // what was compiled was allowed by what was granted then
            self.connection.flush_prepared_statement_cache();
        }
    }

    /// Runs a statement that returns rows, and reads all of them. One that also writes, such as `INSERT ... RETURNING`,
    /// runs when the caller may write.
    pub(super) fn query(
        &self,
        sql: &str,
        params: Params,
        databases: &Databases,
        caller: &Caller,
    ) -> Result<Cursor, SqlError> {
        let _work = self.watch.enter();
        let statement = self.compile(sql)?;
        if statement.column_count() == 0 {
            return Err(SqlError::NotAQuery);
        }
        if statement.readonly() {
            return self.read(statement, params, databases);
        }
        self.check_write(caller)?;
        self.atomically(|| self.read(statement, params, databases))
    }

    fn read(
        &self,
        mut statement: CachedStatement<'_>,
        params: Params,
        databases: &Databases,
    ) -> Result<Cursor, SqlError> {
        let failed = |error| self.watch.error(error);
        let mut reading = Reading::new(&databases.limits, &databases.memory)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            reading.add(row, row.as_ref().column_count())?;
        }
        drop(rows);
        reading.done(&statement.column_names().collect::<Vec<_>>())
    }

    fn check_write(&self, caller: &Caller) -> Result<(), SqlError> {
        let granted = match &self.path {
            Some(path) => caller.is_granted_on(&SQL_WRITE, path),
            None => caller.is_granted(&SQL_WRITE),
        };
        if !granted {
            return Err(SqlError::NotAllowed("a statement that writes, without `sql.write`"));
        }
        self.refuse_revoked(caller, &SQL_WRITE)
    }

    /// Does what writes, and undoes it when it fails: a statement that returns rows has written all of its own before
    /// the first of them is read.
    fn atomically<T>(&self, run: impl FnOnce() -> Result<T, SqlError>) -> Result<T, SqlError> {
        const POINT: &str = "hostfn_returning";
        let own = |sql: &str| {
            let _trusted = self.watch.trust();
            self.connection.execute_batch(sql).map_err(|error| self.watch.error(error))
        };
        own(&format!("SAVEPOINT {POINT}"))?;
        let done = run().and_then(|done| own(&format!("RELEASE {POINT}")).map(|()| done));
        if done.is_err() {
            // some errors roll all of the transaction back, and the point with it
            let _ = own(&format!("ROLLBACK TO {POINT}; RELEASE {POINT}"));
        }
        done
    }

    /// Runs a statement that returns no rows; how many it changed.
    pub(super) fn execute(&self, sql: &str, params: Params) -> Result<u64, SqlError> {
        let _work = self.watch.enter();
        let mut statement = self.compile(sql)?;
        if statement.column_count() > 0 {
            return Err(SqlError::ReturnsRows);
        }
        let before = self.connection.total_changes();
        statement.execute(params_from_iter(params)).map_err(|error| self.watch.error(error))?;
        // SQLite tells of the last statement that changed rows, which need not be this one
        Ok(if self.connection.total_changes() == before { 0 } else { self.connection.changes() })
    }

    /// Returns whether `sql` can be compiled. It stays so for a while.
    pub(super) fn check(&self, sql: &str) -> Result<(), SqlError> {
        let _work = self.watch.enter();
        self.compile(sql).map(drop)
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
