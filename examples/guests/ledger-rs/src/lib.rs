//! A guest that keeps books: what it passes and gets are structs and enums. Its code also runs in a plain unit test,
//! against a mock host.

use std::collections::BTreeMap;

use hostfn_guest::CallError;
use serde::{Deserialize, Serialize};

/// Money that comes or goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The account's owner.
    pub account: String,
    /// The amount, in cents.
    pub cents: i64,
    /// The purpose.
    pub kind: Kind,
    /// A remark.
    pub note: Option<String>,
}

/// The purpose of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// Money that came.
    Income,
    /// A bill of this number.
    Bill(u32),
    /// Between two accounts.
    Transfer {
        /// The other account.
        to: String,
    },
}

/// The host's record of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The entry's number.
    pub number: u64,
    /// The balance of the account, in cents.
    pub balance: i64,
}

hostfn_guest::function_records!(include_bytes!("../host.functions"));

hostfn_guest::imports! {
    /// Write an entry down.
    fn ledger_post(entry: &Entry) -> Receipt;

    /// All entries of an account.
    fn ledger_find(account: &str) -> Vec<Entry>;
}

hostfn_guest::init! {
    fn start() -> Result<(), log::SetLoggerError> {
        hostfn_guest::install_logger(log::LevelFilter::Debug)
    }
}

hostfn_guest::export! {
    /// Writes all entries down; the last receipt of each account.
    pub fn post(entries: Vec<Entry>) -> Result<BTreeMap<String, Receipt>, CallError> {
        log::debug!("{} entries", entries.len());
        let mut receipts = BTreeMap::new();
        for entry in entries {
            let receipt = ledger_post(&entry)
                .inspect_err(|error| log::warn!("{} cents of {}: {error}", entry.cents, entry.account))?;
            receipts.insert(entry.account, receipt);
        }
        Ok(receipts)
    }

    /// Returns what an account has paid for bills, in cents.
    pub fn bills(account: &str) -> Result<i64, CallError> {
        let entries = ledger_find(account)?;
        Ok(entries.iter().filter(|entry| matches!(entry.kind, Kind::Bill(_))).map(|entry| entry.cents).sum())
    }

    /// The receipt numbered `number`, of which there must be one.
    pub fn expect(numbers: Vec<u64>, number: u64) -> u64 {
        *numbers.iter().find(|&&known| known == number).expect("there is such a receipt")
    }
}
