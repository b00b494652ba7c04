//! The rights of a statement.

use rusqlite::ffi;

use super::functions;
use super::watch::Asked;

/// The current rights of a connection's statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    /// The database was opened for writing.
    pub writable: bool,
    /// The databases of the connection whose rows may not be read, by the names that SQL has for them.
    pub unreadable: Vec<String>,
}

impl Rights {
    /// Returns whether every database may be read.
    pub fn reads_all(&self) -> bool {
        self.unreadable.is_empty()
    }

    fn reads(&self, database: Option<&str>) -> bool {
        self.reads_all()
            || database
                .is_some_and(|name| !self.unreadable.iter().any(|other| other.eq_ignore_ascii_case(name)))
    }
}

/// Those that tell of the schema, and take the name of what they tell about.
const TELLING: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Those that tell of the database or of `SQLite`, and change it when they are given a value.
const TELLING_WITHOUT_A_VALUE: &[&str] = &[
    "application_id",
    "collation_list",
    "compile_options",
    "data_version",
    "encoding",
    "foreign_keys",
    "freelist_count",
    "function_list",
    "page_count",
    "page_size",
    "schema_version",
    "user_version",
];

const TEMPORARY: &str = "what is temporary";

fn one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns whether it is the table that has the schema.
fn is_schema(table: &str) -> bool {
    one_of(&["sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"], table)
}

/// Returns what is refused, if anything is.
pub(super) fn refusal(asked: &Asked<'_>, rights: &Rights) -> Option<&'static str> {
    let (first, second) = (asked.first.unwrap_or_default(), asked.second.unwrap_or_default());
    match asked.action {
        ffi::SQLITE_SELECT | ffi::SQLITE_RECURSIVE => None,
        ffi::SQLITE_READ => {
            (!is_schema(first) && !rights.reads(asked.database)).then_some("reading rows without `sql.read`")
        }
        ffi::SQLITE_FUNCTION => (!functions::is_allowed(second)).then_some(functions::REFUSED),
        ffi::SQLITE_PRAGMA => {
            let known =
                one_of(TELLING, first) || (asked.second.is_none() && one_of(TELLING_WITHOUT_A_VALUE, first));
            (!known).then_some("a PRAGMA that changes something, or tells of the host")
        }
        // `CREATE TABLE temp.t` is reported as any other `CREATE TABLE`
        ffi::SQLITE_INSERT if asked.database == Some("temp") => Some(TEMPORARY),
        ffi::SQLITE_INSERT
        | ffi::SQLITE_UPDATE
        | ffi::SQLITE_DELETE
        | ffi::SQLITE_CREATE_TABLE
        | ffi::SQLITE_CREATE_INDEX
        | ffi::SQLITE_CREATE_TRIGGER
        | ffi::SQLITE_CREATE_VIEW
        | ffi::SQLITE_DROP_TABLE
        | ffi::SQLITE_DROP_INDEX
        | ffi::SQLITE_DROP_TRIGGER
        | ffi::SQLITE_DROP_VIEW
        | ffi::SQLITE_ALTER_TABLE
        | ffi::SQLITE_REINDEX
        | ffi::SQLITE_ANALYZE
        | ffi::SQLITE_TRANSACTION
        | ffi::SQLITE_SAVEPOINT => {
            (!rights.writable).then_some("writing to a database that was opened for reading")
        }
        ffi::SQLITE_ATTACH => Some("ATTACH, for which there is `sql_attach`, and VACUUM"),
        ffi::SQLITE_DETACH => Some("DETACH, for which there is `sql_detach`"),
        ffi::SQLITE_CREATE_VTABLE | ffi::SQLITE_DROP_VTABLE => Some("virtual tables"),
        ffi::SQLITE_CREATE_TEMP_TABLE
        | ffi::SQLITE_CREATE_TEMP_INDEX
        | ffi::SQLITE_CREATE_TEMP_TRIGGER
        | ffi::SQLITE_CREATE_TEMP_VIEW
        | ffi::SQLITE_DROP_TEMP_TABLE
        | ffi::SQLITE_DROP_TEMP_INDEX
        | ffi::SQLITE_DROP_TEMP_TRIGGER
        | ffi::SQLITE_DROP_TEMP_VIEW => Some(TEMPORARY),
        _ => Some("this statement"),
    }
}

/// Returns whether the statement drops a table or a view: `SQLite` then asks to delete it, and takes no other answer than yes.
pub(super) fn drops(asked: &Asked<'_>) -> bool {
    matches!(asked.action, ffi::SQLITE_DROP_TABLE | ffi::SQLITE_DROP_VIEW)
}

/// Returns whether it deletes rows, which `SQLite` does all at once when it may.
pub(super) fn deletes_rows(asked: &Asked<'_>) -> bool {
    let is_own = |table: &str| table.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"));
    asked.action == ffi::SQLITE_DELETE && !asked.first.is_some_and(is_own)
}
