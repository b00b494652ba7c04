//! The host functions of the ledger.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;

use hostfn::{Caller, HostError, HostFn, HostFnSpec, LogLevel, capabilities, host_fn};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Write into the ledger.
    pub WRITE = "ledger.write";
    /// Read the entries of accounts.
    pub READ = "ledger.read" in name;
}

pub const SPECS: &[&HostFnSpec] =
    &[ledger_post::SPEC, ledger_find::SPEC, ledger_owner::SPEC, ledger_later::SPEC];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub account: String,
    pub cents: i64,
    pub kind: Kind,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    Income,
    Bill(u32),
    Transfer { to: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub number: u64,
    pub balance: i64,
}

#[derive(Debug, thiserror::Error, HostError)]
pub enum LedgerError {
    /// The account has not that much.
    #[error("{0} cents are missing")]
    Overdrawn(i64),
    /// Nobody has such an account.
    #[error("there is no account `{0}`")]
    #[status(not_found)]
    NoSuchAccount(String),
}

#[derive(Default)]
pub struct Books(pub Vec<Entry>);

impl Books {
    #[expect(clippy::unnecessary_wraps, reason = "what makes a state may fail")]
    pub fn open() -> Result<Self, Infallible> {
        Ok(Self::default())
    }

    fn balance(&self, account: &str) -> i64 {
        self.0.iter().filter(|entry| entry.account == account).map(|entry| entry.cents).sum()
    }
}

/// Write an entry down.
#[host_fn(capability = WRITE, quota = 4, max_args = "256 B")]
pub fn ledger_post(#[state] books: &mut Books, entry: Entry) -> Result<Receipt, LedgerError> {
    assert!(entry.account != "panic", "the books are on fire");
    let balance = books.balance(&entry.account) + entry.cents;
    if balance < 0 {
        return Err(LedgerError::Overdrawn(-balance));
    }
    books.0.push(entry);
    Ok(Receipt { number: books.0.len() as u64, balance })
}

/// All entries of an account.
#[host_fn(capability = READ(account), max_reply = "512 B")]
pub fn ledger_find(#[state] books: &Books, account: &str) -> Result<Vec<Entry>, LedgerError> {
    let found: Vec<_> = books.0.iter().filter(|entry| entry.account == account).cloned().collect();
    if found.is_empty() { Err(LedgerError::NoSuchAccount(account.to_owned())) } else { Ok(found) }
}

/// Returns who keeps the books.
#[host_fn(capability = none)]
pub fn ledger_owner(#[caller] caller: &Caller) -> String {
    caller.log(LogLevel::Debug, "asked", &[("depth", u64::from(caller.depth()).into())]);
    format!("{}, at depth {}", caller.plugin(), caller.depth())
}

/// The same number, once the runtime's timer says so.
#[host_fn(capability = none)]
pub async fn ledger_timed(number: u64) -> u64 {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    number
}

/// The same number, once another thread has it.
#[host_fn(capability = none)]
pub async fn ledger_later(number: u64) -> u64 {
    let there = Arc::new(AtomicBool::new(false));
    poll_fn(|cx| {
        if there.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        let (there, waker) = (Arc::clone(&there), cx.waker().clone());
        thread::spawn(move || {
            there.store(true, Ordering::Release);
            waker.wake();
        });
        Poll::Pending
    })
    .await;
    number
}
