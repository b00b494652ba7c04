//! Transactions of a database.

use hostfn::{Caller, Resource, Resources, host_fn};

use super::{Database, Databases, Params, SQL_WRITE, SqlError};

/// Begin a transaction, which locks the database for all others that write. Blocks.
#[host_fn(capability = SQL_WRITE(database), collect = false)]
pub fn sql_begin(
    #[state] sql: &Databases,
    #[caller] caller: &Caller,
    #[state] databases: &Resources<Database>,
    database: Resource<Database>,
) -> Result<(), SqlError> {
    let database = databases.get(database)?;
    database.admit(sql, caller);
    if database.in_transaction() {
        return Err(SqlError::InTransaction);
    }
    database.execute("BEGIN IMMEDIATE", Params::default())?;
    Ok(())
}

/// Commit the open transaction: what it did stays. Blocks.
#[host_fn(capability = SQL_WRITE(database), collect = false)]
pub fn sql_commit(
    #[state] sql: &Databases,
    #[caller] caller: &Caller,
    #[state] databases: &Resources<Database>,
    database: Resource<Database>,
) -> Result<(), SqlError> {
    end(sql, caller, databases.get(database)?, "COMMIT")
}

/// Roll the open transaction back: nothing of what it did stays. Blocks.
#[host_fn(capability = SQL_WRITE(database), collect = false)]
pub fn sql_rollback(
    #[state] sql: &Databases,
    #[caller] caller: &Caller,
    #[state] databases: &Resources<Database>,
    database: Resource<Database>,
) -> Result<(), SqlError> {
    end(sql, caller, databases.get(database)?, "ROLLBACK")
}

fn end(sql: &Databases, caller: &Caller, database: &Database, how: &str) -> Result<(), SqlError> {
    database.admit(sql, caller);
    if !database.in_transaction() {
        return Err(SqlError::NoTransaction);
    }
    database.execute(how, Params::default())?;
    Ok(())
}
