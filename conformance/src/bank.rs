//! A function with errors of its own.

use hostfn::abi::Value;
use hostfn::contract::GuestError;
use hostfn::spec::ErrorKind;
use hostfn::{ErrorReply, HostError, Status, capabilities, host_fn};

capabilities! {
    /// Take from accounts.
    pub BANK = "bank";
}

/// The reason an account gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankError {
    /// There is no such account.
    NoSuchAccount,
    /// There is not enough in the account.
    Insufficient {
        /// The missing amount.
        missing: u64,
    },
    /// The account is frozen.
    Frozen,
}

impl std::fmt::Display for BankError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BankError::NoSuchAccount => f.write_str("there is no such account"),
            BankError::Insufficient { missing } => write!(f, "{missing} are missing"),
            BankError::Frozen => f.write_str("the account is frozen"),
        }
    }
}

impl HostError for BankError {
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind { code: "no_such_account", status: Status::NOT_FOUND, docs: "There is no such account." },
        ErrorKind {
            code: "insufficient",
            status: Status::FAILED,
            docs: "There is not enough in the account; the detail is how much more it takes.",
        },
        ErrorKind { code: "frozen", status: Status::application(-1024), docs: "The account is frozen." },
    ];

    fn status(&self) -> Status {
        match self {
            BankError::NoSuchAccount => Status::NOT_FOUND,
            BankError::Insufficient { .. } => Status::FAILED,
            BankError::Frozen => Status::application(-1024),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            BankError::NoSuchAccount => "no_such_account",
            BankError::Insufficient { .. } => "insufficient",
            BankError::Frozen => "frozen",
        }
    }

    fn detail(&self) -> Option<Value> {
        match self {
            BankError::Insufficient { missing } => Some(Value::Unsigned(*missing)),
            _ => None,
        }
    }
}

impl GuestError for BankError {
    fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
        let reply = reply?;
        match (reply.code.as_str(), &reply.detail) {
            ("no_such_account", _) => Some(BankError::NoSuchAccount),
            ("insufficient", Some(Value::Unsigned(missing))) => {
                Some(BankError::Insufficient { missing: *missing })
            }
            ("frozen", _) => Some(BankError::Frozen),
            _ => None,
        }
    }
}

/// Takes from an account and tells what is left: `rich` has 2^60, `poor` 5, `cold` is frozen.
#[host_fn(capability = BANK)]
pub fn withdraw(account: &str, amount: u64) -> Result<u64, BankError> {
    let balance: u64 = match account {
        "rich" => 1 << 60,
        "poor" => 5,
        "cold" => return Err(BankError::Frozen),
        _ => return Err(BankError::NoSuchAccount),
    };
    balance.checked_sub(amount).ok_or_else(|| BankError::Insufficient { missing: amount - balance })
}
