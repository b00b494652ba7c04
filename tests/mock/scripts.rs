//! Replies that a test can script, and others: answers that the function never gives.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hostfn::abi::Value;
use hostfn::testing::{MockError, MockHost};
use hostfn::{LogLevel, Status};

use crate::books::{Entry, Kind, LedgerError, Receipt};
use crate::mock;

fn entry(kind: Kind) -> Entry {
    Entry { account: "a".to_owned(), cents: 1, kind, note: Some("n".to_owned()) }
}

/// Returns the error of such a script.
fn refused(script: impl FnOnce(&MockHost)) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| script(&mock()))).expect_err("it is refused");
    *panic.downcast::<String>().unwrap()
}

#[test]
fn values_errors_and_closures() {
    let host = mock();
    let post = || {
        host.call::<_, Receipt>("host", "ledger_post", (entry(Kind::Income),)).map(|receipt| receipt.number)
    };
    host.replies("host", "ledger_post", Receipt { number: 7, balance: 0 });
    assert_eq!((post(), post()), (Ok(7), Ok(7)));

    let mut next = 10;
    host.begin().answers("host", "ledger_post", move |(entry,): (Entry,)| {
        next += 1;
        Receipt { number: next, balance: entry.cents }
    });
    assert_eq!((post(), post()), (Ok(11), Ok(12)));

    host.fails("host", "ledger_post", LedgerError::Overdrawn(3));
    let failed = post().unwrap_err();
    assert_eq!((failed.status, failed.reply.unwrap().code.as_str()), (Status::FAILED, "overdrawn"));

    host.begin().tries("host", "ledger_post", |(entry,): (Entry,)| match entry.kind {
        Kind::Income => Err(LedgerError::NoSuchAccount(entry.account)),
        _ => Ok(Receipt { number: 1, balance: 1 }),
    });
    assert_eq!(post().unwrap_err().status, Status::NOT_FOUND);
    let bill = host.call::<_, Receipt>("host", "ledger_post", (entry(Kind::Bill(1)),));
    assert_eq!(bill, Ok(Receipt { number: 1, balance: 1 }));

    let detail = MockError::new(Status::FAILED, "overdrawn", "no").with_detail(Value::Unsigned(3));
    host.fails("host", "ledger_post", detail);
    let failed = post().unwrap_err().reply.unwrap();
    assert_eq!((failed.message.as_str(), failed.detail), ("no", Some(Value::Unsigned(3))));

    host.runs("host", "ledger_post");
    assert_eq!(host.with_state(|books: &mut crate::Books| books.0.len()), Some(0), "nothing ran until now");
    host.begin();
    assert_eq!(post(), Ok(1));
}

/// Any host may answer so, at any time.
#[test]
fn what_the_host_itself_fails_with() {
    let host = mock();
    for status in [Status::INTERNAL, Status::QUOTA_EXCEEDED, Status::NO_CAPABILITY] {
        host.fails("host", "ledger_owner", MockError::new(status, "host", "the host failed"));
        assert_eq!(host.call::<_, String>("host", "ledger_owner", ()).unwrap_err().status, status);
    }
}

#[test]
fn a_reply_is_one_of_the_functions() {
    let post = |value: Value| refused(|host| _ = host.replies("host", "ledger_post", value));
    let at = "the script of `host.ledger_post`: the reply is not `Receipt`: in `Receipt`: ";
    let map = |entries: &[(&str, Value)]| {
        Value::Map(
            entries.iter().map(|(key, value)| (Value::String((*key).to_owned()), value.clone())).collect(),
        )
    };
    let one = Value::Unsigned(1);
    assert_eq!(post(map(&[("number", one.clone())])), format!("{at}the field `balance` is missing"));
    assert_eq!(
        post(map(&[("number", one.clone()), ("balance", Value::Bool(true))])),
        format!("{at}field `balance`: Bool(true) is not `i64`")
    );
    assert_eq!(
        post(map(&[("number", Value::Signed(-1)), ("balance", one.clone())])),
        format!("{at}field `number`: Signed(-1) is not `u64`")
    );
    assert_eq!(
        post(map(&[("number", one.clone()), ("balance", one.clone()), ("more", one.clone())])),
        format!("{at}there is no field String(\"more\")")
    );

    let find = |value: Value| refused(|host| _ = host.replies("host", "ledger_find", value));
    let entry = |kind: Value, note: Value| {
        let text = Value::String("a".to_owned());
        Value::Array(vec![map(&[("account", text), ("cents", one.clone()), ("kind", kind), ("note", note)])])
    };
    let at = "the script of `host.ledger_find`: the reply is not `seq<Entry>`: ";
    let deep = format!("{at}element 0: in `Entry`: field `kind`: in `Kind`: ");
    let kind = |kind: Value| find(entry(kind, Value::Nil));
    assert_eq!(kind(Value::String("Gift".to_owned())), format!("{deep}there is no variant `Gift`"));
    assert_eq!(kind(map(&[("Bill", Value::Nil)])), format!("{deep}variant `Bill`: Nil is not `u32`"));
    assert_eq!(
        kind(map(&[("Transfer", map(&[]))])),
        format!("{deep}variant `Transfer`: the field `to` is missing")
    );
    assert_eq!(kind(Value::Unsigned(0)), format!("{deep}Unsigned(0) is no variant"));
    assert!(
        find(entry(Value::String("Income".to_owned()), one.clone()))
            .ends_with("field `note`: Unsigned(1) is not `str`")
    );
    assert!(find(one.clone()).starts_with(&format!("{at}Unsigned(1) is not `seq<Entry>`")));

    // and those that are
    let host = mock();
    host.replies("host", "ledger_post", Value::Array(vec![one.clone(), Value::Signed(-1)]));
    for kind in [
        Value::String("Income".to_owned()),
        map(&[("Bill", one.clone())]),
        map(&[("Transfer", map(&[("to", Value::String("b".to_owned()))]))]),
    ] {
        host.replies("host", "ledger_find", entry(kind, Value::Nil));
        host.call::<_, Vec<Entry>>("host", "ledger_find", ("a",)).unwrap();
    }
}

#[test]
fn an_error_is_one_of_the_functions() {
    let fails = |name: &str, status, code: &str| {
        refused(|host| _ = host.fails("host", name, MockError::new(status, code, "it failed")))
    };
    let declared = "and the function with `overdrawn`, FAILED (-6) or `no_such_account`, NOT_FOUND (-5)";
    assert_eq!(
        fails("ledger_post", Status::FAILED, "broke"),
        format!("the script of `host.ledger_post`: it fails with `broke`, FAILED (-6), {declared}")
    );
    assert_eq!(
        fails("ledger_post", Status::NOT_FOUND, "overdrawn"),
        format!("the script of `host.ledger_post`: it fails with `overdrawn`, NOT_FOUND (-5), {declared}")
    );
    assert_eq!(
        fails("ledger_owner", Status::application(-1024), "away"),
        "the script of `host.ledger_owner`: it fails with `away`, application status (-1024), and the function never \
         fails by itself"
    );
}

#[test]
fn a_closure_is_held_to_it_when_it_is_called() {
    let call = |host: &MockHost| drop(host.call::<_, Vec<Entry>>("host", "ledger_find", ("a",)));
    let of = refused(|host| {
        host.answers("host", "ledger_find", |(account,): (String,)| account);
        call(host);
    });
    assert_eq!(
        of,
        "the script of `host.ledger_find`: the reply is not `seq<Entry>`: String(\"a\") is not `seq<Entry>`"
    );
    let of = refused(|host| {
        host.answers("host", "ledger_find", |(_,): (u32,)| Vec::<Entry>::new());
        call(host);
    });
    assert!(of.starts_with(
        "the script of `host.ledger_find`: it does not take what the function does, but `(u32,)`: "
    ));
}

/// A script may ask the host that it belongs to, but not for itself.
#[test]
fn a_script_that_calls_the_host() {
    let host = mock();
    let other = host.clone();
    host.answers("host", "ledger_owner", move |(): ()| {
        format!("{} entries", other.call::<_, Vec<Entry>>("host", "ledger_find", ("a",)).unwrap().len())
    });
    host.replies("host", "ledger_find", vec![entry(Kind::Income)]);
    assert_eq!(host.call("host", "ledger_owner", ()), Ok("1 entries".to_owned()));

    let of = refused(|host| {
        let other = host.clone();
        host.answers("host", "ledger_owner", move |(): ()| {
            other.call::<_, String>("host", "ledger_owner", ()).unwrap()
        });
        drop(host.call::<_, String>("host", "ledger_owner", ()));
    });
    assert_eq!(of, "the script of `host.ledger_owner` calls the function that it stands for");
}

#[test]
fn lines_of_log_are_kept() {
    let host = mock();
    host.log(LogLevel::Warn, "careful");
    host.call::<_, String>("host", "ledger_owner", ()).unwrap();
    let logs: Vec<_> = host.logs().into_iter().map(|line| (line.level, line.text, line.fields)).collect();
    let asked = vec![("depth".to_owned(), Value::Unsigned(1))];
    let expected = [(LogLevel::Warn, "careful", vec![]), (LogLevel::Debug, "asked", asked)];
    assert_eq!(logs, expected.map(|(level, text, fields)| (level, text.to_owned(), fields)));
}
