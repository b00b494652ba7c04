//! Errors that a guest receives.

use hostfn::HostError;
use hostfn::state::{OutOfMemory, ResourceError};
use rusqlite::ErrorCode;

/// Errors of a database. No message names a path of the host's.
#[derive(Debug, thiserror::Error, HostError)]
#[non_exhaustive]
pub enum SqlError {
    /// There is no database of this path, or a link stands in the way.
    #[error("there is no database of this path")]
    #[status(not_found)]
    NotFound,
    /// The handle is not there, or there are too many.
    #[error(transparent)]
    #[status(transparent)]
    Handle(#[from] ResourceError),
    /// The file is not an `SQLite` database, or a damaged one.
    #[error("the file is not an SQLite database, or is damaged")]
    NotADatabase,
    /// The database does not do what the SQL asks for, such as `ATTACH`, a write where it was opened for reading, or a read
    /// where only writing is granted.
    #[error("this is not allowed: {0}")]
    #[status(no_capability)]
    NotAllowed(&'static str),
    /// The attached database is no longer granted.
    #[error("an attached database is no longer granted; detach it")]
    #[status(no_capability)]
    NotGranted(#[scope_value] String),
    /// The name is invalid for an attached database, or is in use.
    #[error("the name is in use, or not one of at most 64 letters, digits and `_` that begins with a letter")]
    #[status(bad_input)]
    BadName,
    /// Nothing is attached by this name.
    #[error("no database is attached under this name")]
    #[status(not_found)]
    NotAttached,
    /// The database has texts of another encoding than the one that it was to be attached to, or a newer format.
    #[error("the database cannot be attached: its texts are encoded otherwise, or its format is a newer one")]
    CannotAttach,
    /// As many are attached as may be.
    #[error("the limit of {0} attached databases is reached")]
    #[status(quota_exceeded)]
    TooManyAttached(usize),
    /// `SQLite` makes no sense of the SQL, or fails to run it; the message is `SQLite`'s.
    #[error("{0}")]
    #[status(bad_input)]
    BadSql(String),
    /// There is more than one statement in the SQL.
    #[error("there is more than one statement in the SQL; run one after the other")]
    #[status(bad_input)]
    SeveralStatements,
    /// There are more or fewer values than the statement has parameters.
    #[error("the statement has {needed} parameters and got {given} values")]
    #[status(bad_input)]
    WrongParameters {
        /// Values that were given.
        given: usize,
        /// Parameters that there are.
        needed: usize,
    },
    /// The statement returns no rows, and cannot be queried.
    #[error("the statement returns no rows; execute it")]
    #[status(bad_input)]
    NotAQuery,
    /// The statement returns rows, and cannot be executed.
    #[error("the statement returns rows; query it")]
    #[status(bad_input)]
    ReturnsRows,
    /// A constraint of the schema does not hold, such as `UNIQUE`; the message is `SQLite`'s.
    #[error("{0}")]
    Constraint(String),
    /// Someone else holds the database locked; try again.
    #[error("the database is locked by someone else")]
    Busy,
    /// A transaction is open already.
    #[error("a transaction is open already")]
    InTransaction,
    /// No transaction is open, or not any more: some errors roll it back.
    #[error("no transaction is open")]
    NoTransaction,
    /// The statement took too long, and was ended.
    #[error("the statement exceeded its time limit")]
    #[status(quota_exceeded)]
    Interrupted,
    /// The query has more rows than one may have.
    #[error("the query has more than {0} rows; ask for fewer")]
    #[status(quota_exceeded)]
    TooManyRows(usize),
    /// The query's rows are larger than those of one may be.
    #[error("the query's rows take up more than {0} bytes; ask for fewer")]
    #[status(quota_exceeded)]
    ResultTooLarge(usize),
    /// A value, a row or the SQL is larger than it may be, or the statement compiles to more than one may.
    #[error("a value, a row or the SQL is too large")]
    #[status(quota_exceeded)]
    TooBig,
    /// The database, or the disk it is on, is full.
    #[error("the database is full")]
    #[status(quota_exceeded)]
    Full,
    /// The instance's memory is used up, or `SQLite`'s own.
    #[error(transparent)]
    #[status(transparent)]
    Memory(#[from] OutOfMemory),
    /// The file system fails.
    #[error("the database's file cannot be read or written")]
    Storage,
}

impl SqlError {
    /// The error of something that was done with an open database.
    pub(super) fn from_sqlite(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqlInputError { msg, .. } => SqlError::BadSql(msg),
            rusqlite::Error::MultipleStatement => SqlError::SeveralStatements,
            rusqlite::Error::InvalidParameterCount(given, needed) => {
                SqlError::WrongParameters { given, needed }
            }
            rusqlite::Error::SqliteFailure(error, message) => Self::of_code(error.code, message),
            _ => SqlError::BadSql("the statement cannot be run".to_owned()),
        }
    }

    /// The error of attaching or detaching, without `SQLite`'s message: that names the host's path.
    pub(super) fn of_attach(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => SqlError::NotFound,
            Some(ErrorCode::Unknown) => SqlError::CannotAttach,
            Some(code) => Self::of_code(code, None),
            None => SqlError::Storage,
        }
    }

    fn of_code(code: ErrorCode, message: Option<String>) -> Self {
        let message = || message.unwrap_or_else(|| "the statement failed".to_owned());
        match code {
            ErrorCode::AuthorizationForStatementDenied => SqlError::NotAllowed("this statement"),
            ErrorCode::ReadOnly => SqlError::NotAllowed("the database is read-only"),
            ErrorCode::OperationInterrupted => SqlError::Interrupted,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => SqlError::Busy,
            ErrorCode::DiskFull => SqlError::Full,
            ErrorCode::TooBig => SqlError::TooBig,
            ErrorCode::OutOfMemory => SqlError::Memory(OutOfMemory),
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => SqlError::NotADatabase,
            ErrorCode::ConstraintViolation => SqlError::Constraint(message()),
            ErrorCode::ApiMisuse => SqlError::BadSql("there is no statement in the SQL".to_owned()),
            ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::ParameterOutOfRange => {
                SqlError::BadSql(message())
            }
            // the rest are failures of the file system, whose messages may name paths
            _ => SqlError::Storage,
        }
    }
}
