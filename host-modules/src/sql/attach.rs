//! Other databases beside an open one.

use hostfn::{Caller, Capability, Resource, Resources, Scope, host_fn};
use rusqlite::config::DbConfig;

use super::database::{Database, Databases, file, fit, has_text_schema};
use super::error::SqlError;
use super::value::Params;
use super::{SQL_READ, SQL_WRITE};
use crate::in_use::Claim;

/// Attach the database at a path to an open one, for reading, by a name of letters, digits and `_`: its tables are
/// `name.table`. It has to be there.
#[host_fn(capability = SQL_READ(path), collect = false)]
pub fn sql_attach(
    #[state] sql: &Databases,
    #[state] databases: &mut Resources<Database>,
    #[grant] grant: &Scope,
    database: Resource<Database>,
    path: &str,
    name: &str,
) -> Result<(), SqlError> {
    databases.get_mut(database)?.attach(sql, grant, path, name, false)
}

/// Attach the database at a path as `sql_attach` does, for reading and writing, to one that was opened for writing.
#[host_fn(capability = SQL_WRITE(path), collect = false)]
pub fn sql_attach_write(
    #[state] sql: &Databases,
    #[state] databases: &mut Resources<Database>,
    #[grant] grant: &Scope,
    database: Resource<Database>,
    path: &str,
    name: &str,
) -> Result<(), SqlError> {
    databases.get_mut(database)?.attach(sql, grant, path, name, true)
}

/// Detach what is attached by a name. Not in an open transaction.
#[host_fn(capability = none, collect = false)]
pub fn sql_detach(
    #[state] databases: &mut Resources<Database>,
    database: Resource<Database>,
    name: &str,
) -> Result<(), SqlError> {
    databases.get_mut(database)?.detach(name)
}

/// A database that is attached to another.
pub(super) struct Attached {
    name: String,
    /// The path that it was granted by.
    path: String,
    writable: bool,
    /// Given back when it is detached.
    _claim: Claim,
}

impl Attached {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// Bytes of the longest name.
const LONGEST_NAME: usize = 64;

/// Returns whether SQL names it without quotes. `main` and `temp` are `SQLite`'s own.
fn is_name(name: &str) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(may)
        && !["main", "temp"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

impl Database {
    /// Returns whether the guest may still reach all that is attached. `by` is the capability that was matched against the
    /// database itself; what is attached has a path of its own.
    pub(super) fn refuse_revoked(&self, caller: &Caller, by: &Capability) -> Result<(), SqlError> {
        let reads = by.name() == SQL_READ.name();
        let revoked = |attached: &&Attached| {
            let by = if attached.writable && !reads { &SQL_WRITE } else { &SQL_READ };
            !caller.is_granted_on(by, &attached.path)
        };
        let refused = self.attached.iter().find(revoked);
        refused.map_or(Ok(()), |attached| Err(SqlError::NotGranted(attached.path.clone())))
    }

    /// Attaches the database at a path that the grant covers.
    pub(super) fn attach(
        &mut self,
        databases: &Databases,
        grant: &Scope,
        path: &str,
        name: &str,
        writable: bool,
    ) -> Result<(), SqlError> {
        if !is_name(name) || self.position(name).is_some() {
            return Err(SqlError::BadName);
        }
        if writable && !self.writable {
            return Err(SqlError::NotAllowed("writing to what is attached to a database opened for reading"));
        }
        if self.attached.len() >= databases.limits.attached {
            return Err(SqlError::TooManyAttached(databases.limits.attached));
        }
        let (at, mut claim) = file(grant, path)?;
        let file = claim.path().to_str().ok_or(SqlError::NotFound)?.to_owned();
        self.attach_file(databases, &file, name, writable)?;
        let is_there = claim.confirm(&at);
        let (name, path) = (name.to_owned(), path.to_owned());
        self.attached.push(Attached { name: name.clone(), path, writable, _claim: claim });
        if !is_there {
            // somebody replaced a directory meanwhile, and nothing of it may be used
            if self.in_transaction() {
                self.execute("ROLLBACK", Params::default())?;
            }
            self.detach(&name)?;
            return Err(SqlError::NotFound);
        }
        Ok(())
    }

    fn attach_file(
        &self,
        databases: &Databases,
        file: &str,
        name: &str,
        writable: bool,
    ) -> Result<(), SqlError> {
        let _work = self.watch.enter();
        let _trusted = self.watch.trust();
        let switch = |on| self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, on);
        switch(writable).map_err(|error| SqlError::of_attach(&error))?;
        let done = self.connection.execute("ATTACH ?1 AS ?2", [file, name]);
        switch(false).map_err(|error| SqlError::of_attach(&error))?;
        done.map_err(|error| SqlError::of_attach(&error))?;
        let fits = fit(&self.connection, name, &databases.limits, databases.limits.file)
            .and_then(|()| has_text_schema(&self.connection, name));
        let error = match fits {
            Ok(true) => return Ok(()),
            Ok(false) => SqlError::NotADatabase,
            Err(error) => SqlError::of_attach(&error),
        };
        self.connection.execute("DETACH ?1", [name]).map_err(|error| SqlError::of_attach(&error))?;
        Err(error)
    }

    /// Detaches the database of this name.
    pub(super) fn detach(&mut self, name: &str) -> Result<(), SqlError> {
        let at = self.position(name).ok_or(SqlError::NotAttached)?;
        if self.in_transaction() {
            return Err(SqlError::InTransaction);
        }
        let _work = self.watch.enter();
        let trusted = self.watch.trust();
        self.connection
            .execute("DETACH ?1", [&self.attached[at].name])
            .map_err(|error| SqlError::of_attach(&error))?;
        drop(trusted);
        self.attached.remove(at);
        Ok(())
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.attached.iter().position(|attached| attached.name.eq_ignore_ascii_case(name))
    }
}
