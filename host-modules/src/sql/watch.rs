//! How long a statement may take, and what it may do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hostfn::Interrupt;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::error::SqlError;
use super::options::Limits;

/// Instructions of `SQLite`'s machine between two looks at the clock: some 50 microseconds.
const LOOK_EVERY: i32 = 1_000;
/// Between two attempts at a lock.
const LONGEST_NAP: Duration = Duration::from_millis(10);

/// Watches over a connection: what its statements take and ask for.
pub(super) struct Watch(Arc<Seen>);

struct Seen {
    interrupt: Interrupt,
    most: Duration,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    /// When the clock was first looked at: a statement that is done before needs none.
    since: Option<Instant>,
    /// What was refused last.
    refused: Option<&'static str>,
    /// The statement is the module's own.
    trusted: bool,
}

/// As long as it is there, statements may do anything.
pub(super) struct Trust(Arc<Seen>);

impl Drop for Trust {
    fn drop(&mut self) {
        *self.0.now() = Now::default();
    }
}

impl Watch {
    /// Over the time that the connection's statements take.
    pub fn over(
        connection: &mut Connection,
        interrupt: &Interrupt,
        limits: &Limits,
    ) -> rusqlite::Result<Self> {
        let seen = Arc::new(Seen { interrupt: interrupt.clone(), most: limits.time, now: Mutex::default() });

        let watch = Arc::clone(&seen);
        connection.progress_handler(LOOK_EVERY, Some(move || watch.is_over()))?;

        let (watch, most) = (Arc::clone(&seen), limits.busy);
        let mut since = Instant::now();
        connection.busy_handler(Some(move |attempts: i32| {
            if attempts == 0 {
                since = Instant::now();
            }
            if since.elapsed() >= most || watch.is_over() {
                return false;
            }
            std::thread::sleep(LONGEST_NAP.min(Duration::from_millis(1) * attempts.unsigned_abs().max(1)));
            true
        }))?;
        Ok(Self(seen))
    }

    /// And over what they ask for, from now on: to write, if it is `writable`.
    pub fn authorize(&self, connection: &mut Connection, writable: bool) -> rusqlite::Result<()> {
        let watch = Arc::clone(&self.0);
        connection.authorizer(Some(move |asked: AuthContext<'_>| {
            let mut now = watch.now();
            match refusal(&asked, writable).filter(|_| !now.trusted) {
                None => Authorization::Allow,
                Some(what) => {
                    now.refused = Some(what);
                    Authorization::Deny
                }
            }
        }))
    }

    /// Statements of the module's own follow.
    pub fn trust(&self) -> Trust {
        *self.0.now() = Now { trusted: true, ..Now::default() };
        Trust(Arc::clone(&self.0))
    }

    /// Another statement begins.
    pub fn begin(&self) {
        *self.0.now() = Now::default();
    }

    /// The error of a statement.
    pub fn error(&self, error: rusqlite::Error) -> SqlError {
        self.0.now().refused.map_or_else(|| SqlError::of(error), SqlError::NotAllowed)
    }
}

impl Seen {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        let since = *self.now().since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.most || self.interrupt.is_raised()
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

/// Those that reach out of the database. Some are those of `SQLite`'s shell, which nobody has here.
const REACHING_OUT: &[&str] =
    &["edit", "fts3_tokenizer", "load_extension", "readfile", "sqlite_log", "writefile"];

const TEMPORARY: &str = "what is temporary";

fn refusal(asked: &AuthContext<'_>, writable: bool) -> Option<&'static str> {
    let one_of = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match asked.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => None,
        AuthAction::Function { function_name } => {
            one_of(REACHING_OUT, function_name).then_some("a function that reaches out of the database")
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let known = one_of(TELLING, pragma_name)
                || (pragma_value.is_none() && one_of(TELLING_WITHOUT_A_VALUE, pragma_name));
            (!known).then_some("a PRAGMA that changes something, or tells of the host")
        }
        // `CREATE TABLE temp.t` is told as any other `CREATE TABLE`
        AuthAction::Insert { .. } if asked.database_name == Some("temp") => Some(TEMPORARY),
        AuthAction::Insert { .. }
        | AuthAction::Update { .. }
        | AuthAction::Delete { .. }
        | AuthAction::CreateTable { .. }
        | AuthAction::CreateIndex { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::DropTable { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropView { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::Reindex { .. }
        | AuthAction::Analyze { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. } => {
            (!writable).then_some("writing to a database that was opened for reading")
        }
        AuthAction::Attach { .. } => Some("ATTACH, for which there is `sql_attach`, and VACUUM"),
        AuthAction::Detach { .. } => Some("DETACH, for which there is `sql_detach`"),
        AuthAction::CreateVtable { .. } | AuthAction::DropVtable { .. } => Some("virtual tables"),
        AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. }
        | AuthAction::DropTempTable { .. }
        | AuthAction::DropTempIndex { .. }
        | AuthAction::DropTempTrigger { .. }
        | AuthAction::DropTempView { .. } => Some(TEMPORARY),
        _ => Some("this statement"),
    }
}
