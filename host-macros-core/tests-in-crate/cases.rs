//! A function and a contract of every kind, as `docs/by-hand.md` has them.

/// Each with the name of its golden file.
pub const FUNCTIONS: [(&str, &str); 6] = [
    (
        "plain",
        r#"
/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}
"#,
    ),
    (
        "fallible_with_budgets",
        r#"
/// Borrow a book.
#[host_fn(capability = BORROW, max_args = "64 KiB", max_reply = "1 KiB", quota = 32, since = 2)]
fn borrow(title: &str, days: u32) -> Result<u32, BorrowError> {
    days.checked_mul(2).ok_or(BorrowError::Lent)
}
"#,
    ),
    (
        "stateful_with_caller",
        "
/// Count further.
#[host_fn(capability = COUNT)]
fn count(#[state] counter: &mut Counter, #[caller] caller: &Caller, by: u64) -> u64 {
    counter.0 = counter.0.wrapping_add(by).wrapping_add(u64::from(caller.depth()));
    counter.0
}
",
    ),
    (
        "scoped_with_grant",
        "
/// Returns whether two paths are both granted.
#[host_fn(capability = FS_STAT(path))]
fn both(#[grant] grant: &Scope, path: &Path, other: &str) -> bool {
    grant.allows(other)
}
",
    ),
    (
        "waiting_with_shared_state",
        "
/// Wait, and say how long it was.
#[host_fn(capability = SLEEP)]
pub(crate) async fn sleep(#[state] clock: Shared<Clock>, #[caller] caller: Caller, millis: u64) -> u64 {
    clock.wait(millis, caller.plugin()).await
}
",
    ),
    (
        "always_available",
        r#"
#[host_fn(capability = none, module = "math", name = "answer-to-all")]
pub fn answer() {}
"#,
    ),
];

/// Each with the name of its golden file.
pub const CONTRACTS: [(&str, &str); 2] = [
    (
        "contract",
        r#"
/// Guests that greet.
#[guest_contract(id = "greeter.v1")]
pub trait Greeter {
    /// Greet a person.
    fn greet(&mut self, name: &str) -> String;

    /// Forget a person.
    #[entry("forget")]
    fn forget(&self, name: &str, why: Option<String>) -> Result<(), Unknown>;

    /// Greet everyone.
    async fn greet_all(&mut self, names: &[String]) -> Vec<String>;
}
"#,
    ),
    (
        "contract_of_one",
        r#"
#[guest_contract(id = "tick")]
trait Tick {
    fn tick(&mut self);
}
"#,
    ),
];

pub const ERROR_ENUM: &str = r#"
/// The reason a book cannot be borrowed.
enum BorrowError {
    /// No such book is on the shelf.
    #[status(not_found)]
    NoSuchBook,
    /// Somebody else has it.
    #[code("lent_out")]
    Lent(String),
    #[status(-1024)]
    TooLong { days: u32 },
}
"#;

pub const CAPABILITIES: &str = r#"
/// Read files.
///
/// More about it.
pub FS_READ = "fs.read" in path;
/// Look up names.
#[allow(unused)]
pub(crate) DNS = "net.dns" in host;
/// Say hello.
GREET = "greet";
"#;
