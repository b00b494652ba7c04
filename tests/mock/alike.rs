//! The guest's code, as a plain function against a mock host and as WebAssembly in a real one: the same answers, the same
//! calls, the same log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use expect_test::expect_file;
use hostfn::audit::FunctionRecord;
use hostfn::engine::MissingCapability;
use hostfn::error::Code;
use hostfn::observe::{Event, EventKind};
use hostfn::testing::MockHost;
use hostfn::{Error, ErrorReply, Grants, Host, HostFn, Instance, Status, host_fn};
use hostfn_guest::{CallError, native};

use crate::books::{Books, READ, WRITE, ledger_find, ledger_post};
use crate::guest::{self, Entry, Kind, Receipt};
use crate::registry;

/// The outcome of a call of the guest, and its calls meanwhile, a line each.
type Outcome<T> = (Result<T, (Status, Option<ErrorReply>)>, Vec<String>);

/// One guest, twice.
struct Both {
    mock: MockHost,
    real: Instance,
    seen: Arc<Mutex<Vec<String>>>,
}

fn wasm(name: &str) -> PathBuf {
    let committed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/guests");
    let guests = std::env::var_os("HOSTFN_GUESTS").map_or_else(committed, PathBuf::from);
    guests.join(name).with_extension("wasm")
}

impl Both {
    fn new(grants: &Grants) -> Self {
        // another test may have been first
        let _ = hostfn_guest::install_logger(log::LevelFilter::Debug);
        let mock = MockHost::builder(registry())
            .grants(grants)
            .plugin("ledger-rs")
            .state("books", |_| Books::open());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let host = Host::builder(registry())
            .state("books", |_| Books::open())
            .missing(MissingCapability::Deny)
            .observer(move |event: &Event<'_>| match event.what {
                EventKind::Log { level, text, .. } => sink.lock().unwrap().push(format!("{level}: {text}")),
                EventKind::HostCall(call) => {
                    let line = format!(
                        "{} {:?} {} {}",
                        call.spec.name(),
                        call.decision,
                        call.status,
                        call.message()
                    );
                    sink.lock().unwrap().push(line);
                }
                _ => {}
            })
            .build()
            .unwrap();
        let real = host.load_file(wasm("ledger-rs")).unwrap().instantiate(grants).unwrap();
        Self { mock: mock.build().unwrap(), real, seen }
    }

    fn natively<T>(&self, guest: impl FnOnce() -> Result<T, CallError>) -> Outcome<T> {
        self.mock.begin();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (calls, lines, logs) = (self.mock.clone(), Arc::clone(&seen), Arc::clone(&seen));
        let host = native::Host::new(move |module, name, args| {
            let answer = calls.call_bytes(module, name, args);
            for call in calls.take_calls() {
                let line = format!("{} {:?} {} {}", call.name, call.decision, call.status, call.message);
                lines.lock().unwrap().push(line);
            }
            answer
        });
        let host = host.on_log(move |level, line| logs.lock().unwrap().push(format!("{level}: {line}")));
        let answer = host.run(guest).map_err(|error| (error.status, error.reply));
        let seen = seen.lock().unwrap().clone();
        (answer, seen)
    }

    fn really<T: serde::de::DeserializeOwned>(
        &mut self,
        export: &str,
        args: impl serde::Serialize,
    ) -> Outcome<T> {
        self.seen.lock().unwrap().clear();
        let answer = self.real.call(export, args).map_err(|error| match error {
            Error::Guest { status, reply, .. } => (status, reply.map(|reply| *reply)),
            other => panic!("{other}"),
        });
        (answer, std::mem::take(&mut *self.seen.lock().unwrap()))
    }

    /// The outcome, which is the same both times.
    fn post(&mut self, entries: &[Entry]) -> Outcome<BTreeMap<String, Receipt>> {
        let mock = self.natively(|| guest::post(entries.to_vec()));
        assert_eq!(mock, self.really("post", (entries,)));
        mock
    }

    fn bills(&mut self, account: &str) -> Outcome<i64> {
        let mock = self.natively(|| guest::bills(account));
        assert_eq!(mock, self.really("bills", (account,)));
        mock
    }
}

fn entry(account: &str, cents: i64, kind: Kind) -> Entry {
    Entry { account: account.to_owned(), cents, kind, note: None }
}

fn all() -> Grants {
    Grants::none().allow(&WRITE).allow_within(&READ, ["a*"]).unwrap()
}

#[test]
fn what_goes_well() {
    let mut both = Both::new(&all());
    let (receipts, seen) = both.post(&[
        entry("a", 500, Kind::Income),
        entry("a", -120, Kind::Bill(1)),
        entry("b", 10, Kind::Transfer { to: "a".to_owned() }),
    ]);
    let receipts = receipts.unwrap();
    assert_eq!((receipts["a"].balance, receipts["b"].number), (380, 3));
    assert_eq!(seen[0], "debug: 3 entries");
    assert_eq!(seen[1..], [const { "ledger_post Granted OK (0) " }; 3]);
    assert_eq!(both.bills("a").0, Ok(-120));
}

#[test]
fn what_the_functions_fail_with() {
    let mut both = Both::new(&all());
    let (overdrawn, seen) = both.post(&[entry("a", -1, Kind::Bill(1))]);
    assert_eq!(overdrawn.unwrap_err().1.unwrap().code, "overdrawn");
    assert_eq!(
        seen,
        [
            "debug: 1 entries",
            "ledger_post Granted FAILED (-6) ",
            "warn: -1 cents of a: FAILED (-6): 1 cents are missing"
        ]
    );
    assert_eq!(both.bills("a").0.unwrap_err().0, Status::NOT_FOUND);
}

#[test]
fn what_is_refused() {
    let mut both = Both::new(&Grants::none());
    assert_eq!(both.post(&[entry("a", 1, Kind::Income)]).0.unwrap_err().0, Status::NO_CAPABILITY);
    assert_eq!(both.bills("a").0.unwrap_err().0, Status::NO_CAPABILITY);

    let mut both = Both::new(&all());
    assert_eq!(both.bills("else").0.unwrap_err().0, Status::NO_CAPABILITY);
    assert_eq!(both.bills("a").0.unwrap_err().0, Status::NOT_FOUND);
    both.mock.deny(&READ);
    both.real.grants().revoke(&READ);
    assert_eq!(both.bills("a").0.unwrap_err().0, Status::NO_CAPABILITY);
}

#[test]
fn what_is_too_much() {
    let mut both = Both::new(&all());
    let five = vec![entry("a", 1, Kind::Income); 5];
    let (used_up, seen) = both.post(&five);
    assert_eq!(used_up.unwrap_err().0, Status::QUOTA_EXCEEDED);
    assert_eq!(seen[5], "ledger_post Granted QUOTA_EXCEEDED (-2) more than 4 calls");
    // the next call may as much again
    both.post(&five[..4]).0.unwrap();
    assert_eq!(
        both.post(&[entry(&"a".repeat(300), 1, Kind::Income)]).0.unwrap_err().0,
        Status::QUOTA_EXCEEDED
    );
    both.post(&five[..4]).0.unwrap();
    both.post(&five[..4]).0.unwrap();
    assert_eq!(both.bills("a").0.unwrap_err().0, Status::QUOTA_EXCEEDED);
}

#[test]
fn a_host_function_that_panics() {
    let mut both = Both::new(&all());
    let panicking = entry("panic", 1, Kind::Income);
    let mock = both.natively(|| guest::post(vec![panicking.clone()]));
    let real = both.really::<BTreeMap<String, Receipt>>("post", (&[panicking],));
    assert_eq!(mock, real);
    assert_eq!(mock.0.unwrap_err(), (Status::INTERNAL, None));
}

#[test]
fn a_guest_that_panics_says_why() {
    let mut both = Both::new(&all());
    let error = both.real.call::<_, u64>("expect", (vec![1, 2], 3)).unwrap_err();
    assert_eq!(error.code(), Code::Trapped);
    let said = both.seen.lock().unwrap().join("\n");
    assert!(said.starts_with("error: panicked at ") && said.ends_with(": there is such a receipt"), "{said}");
    assert!(said.contains("ledger-rs/src/lib.rs:"), "{said}");
}

/// Compares the guest's records with the host; a test's own host decides what that is.
#[test]
fn the_guest_carries_what_it_was_built_against() {
    let listing = registry().listing();
    let used =
        listing.functions.iter().filter(|row| ["ledger_post", "ledger_find"].contains(&row.name.as_str()));
    let records: Vec<u8> = used.flat_map(|row| FunctionRecord::from_row(row).to_bytes()).collect();
    expect_file!["../../examples/guests/ledger-rs/host.functions"]
        .assert_eq(std::str::from_utf8(&records).unwrap());
    let wasm = std::fs::read(wasm("ledger-rs")).unwrap();
    assert!(wasm.windows(records.len()).any(|window| window == records), "build the guest again");
}

mod changed {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Entry {
        pub account: String,
        pub cents: u64,
        pub kind: super::Kind,
        pub note: Option<String>,
    }
}

/// Find them otherwise.
#[host_fn(capability = READ(account), name = "ledger_find")]
fn find_now(account: &str) -> Vec<changed::Entry> {
    let _ = account;
    Vec::new()
}

#[test]
fn a_host_that_has_changed_refuses_it() {
    let of = |specs: &[&'static hostfn::HostFnSpec]| {
        let host = Host::builder(test_support::probe::registry(specs))
            .state("books", |_| Books::open())
            .build()
            .unwrap();
        host.load_file(wasm("ledger-rs"))
    };
    of(&[ledger_post::SPEC, ledger_find::SPEC]).unwrap();
    assert_eq!(
        test_support::probe::problems(&of(&[ledger_post::SPEC, find_now::SPEC]).unwrap_err()),
        [
            "H0324 plugin `ledger-rs`, function `ledger_find` of module `host`: field `cents` of `Entry` was `i64` when the \
          plugin was built, and is `u64`; regenerate the plugin's bindings from this host's listing, and build it again"
        ]
    );
}
