//! `kv`: guests that wait for a change that does not end.

use std::ops::{Bound, ControlFlow};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use hostfn::error::Code;
use hostfn::{Error, Limits};
use hostfn_modules::kv::{self, Backend, BackendError, Before, Change, Entry, FileError, OpenError, Stores};
use serde_bytes::{ByteBuf, Bytes};
use test_support::relay::{Guest, limited};
use test_support::{alone, test_path};

const ALL: &str = "\"kv.read\" = true\n\"kv.write\" = true";

/// The time that a failing test waits.
const LONGEST: Duration = Duration::from_mins(1);

/// A place where the first to come by is stuck, once it was set.
struct Trap {
    set: AtomicBool,
    caught: Mutex<Sender<()>>,
    release: Mutex<Receiver<()>>,
}

/// The other side of a [`Trap`].
struct Trapper {
    trap: Arc<Trap>,
    caught: Receiver<()>,
    release: Sender<()>,
}

impl Trap {
    fn pass(&self) {
        if self.set.swap(false, Ordering::SeqCst) {
            self.caught.lock().unwrap().send(()).unwrap();
            let _ = self.release.lock().unwrap().recv_timeout(LONGEST);
        }
    }
}

impl Trapper {
    fn new() -> Self {
        let ((tell, caught), (release, released)) = (channel(), channel());
        let (caught_by, release_by) = (Mutex::new(tell), Mutex::new(released));
        let trap = Trap { set: AtomicBool::new(false), caught: caught_by, release: release_by };
        Self { trap: Arc::new(trap), caught, release }
    }

    fn set(&self) {
        self.trap.set.store(true, Ordering::SeqCst);
    }
}

/// The way to end the guest while it waits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Time,
    Life,
}

/// A guest that is ended while its `kv_increment` is stuck. The call is over while what is stuck still is.
fn ended_while_stuck(stores: &Stores, trapper: &Trapper, end: End) {
    let mut limits = Limits::default();
    limits.time = if end == End::Time { Duration::from_secs(1) } else { LONGEST * 2 };
    let host = limited([stores.clone().into()], limits);
    let mut guest = Guest::in_host(&host, ALL);
    let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
    trapper.set();
    let life = guest.instance.lifetime().clone();
    let call = guest.instance.call_async::<_, i64>("kv_increment", (store, "key", 1));
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| pollster::block_on(call).unwrap_err());
        trapper.caught.recv_timeout(LONGEST).expect("the change comes by");
        if end == End::Life {
            life.cancel();
        }
        call.join().unwrap()
    });
    let expected = if end == End::Time { Code::TimedOut } else { Code::Cancelled };
    match &error {
        // it may come so far as to answer that it was interrupted before it is stopped
        Error::Guest { reply: Some(reply), .. } => assert_eq!(reply.code, "interrupted"),
        error => assert_eq!(error.code(), expected, "{error}"),
    }
    if end == End::Time {
        // it goes on, and reads the stored entries
        let value: Option<ByteBuf> = guest.call("kv_get", (store, "key")).unwrap();
        assert_eq!(value, Some(ByteBuf::from(b"1")), "it is stuck still");
    }
}

/// One entry, and a disk that gets stuck, before a change is decided or after.
struct Disk {
    turn: Mutex<()>,
    value: Mutex<Option<Vec<u8>>>,
    before: Arc<Trap>,
    after: Arc<Trap>,
}

impl Backend for Disk {
    fn get(&self, _: &str, _: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        self.value.lock().unwrap().as_deref().map(found);
        Ok(())
    }

    fn update<'v>(
        &self,
        _: &str,
        _: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        let _turn = self.turn.lock().unwrap();
        self.before.pass();
        let value = self.value.lock().unwrap().clone();
        let entry = value.as_deref().map(|value| Entry { value, expires: None });
        let change = change(Before { entry, bytes: 0 });
        self.after.pass();
        if let Change::Put { value, .. } = change {
            *self.value.lock().unwrap() = Some(value.into_owned());
        }
        Ok(())
    }

    fn keys(
        &self,
        _: Bound<&str>,
        _: u64,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        Ok(())
    }

    fn count(&self, _: u64) -> Result<u64, BackendError> {
        Ok(1)
    }
}

#[test]
fn a_guest_whose_change_is_stuck_ends_in_time_and_the_change_is_made_whole_or_not() {
    for end in [End::Time, End::Life] {
        for (stuck_before, comes_to) in [(true, 11), (false, 12)] {
            let (before, after) = (Trapper::new(), Trapper::new());
            let disk = Disk {
                turn: Mutex::default(),
                value: Mutex::new(Some(b"1".to_vec())),
                before: Arc::clone(&before.trap),
                after: Arc::clone(&after.trap),
            };
            let stores = kv::module().backend("notes", disk).open().unwrap();
            let stuck = if stuck_before { &before } else { &after };
            ended_while_stuck(&stores, stuck, end);
            stuck.release.send(()).unwrap();
            // the next change comes after it: nothing that it does is undone
            let sum = stores.get("notes").unwrap().increment("key", 10).unwrap();
            assert_eq!(sum, comes_to, "{end:?}, stuck before it was decided: {stuck_before}");
        }
    }
}

/// Stores in files whose clock gets stuck, which a change looks at before it waits for its turn.
#[test]
fn a_change_that_was_given_up_is_not_made_later() {
    for (kind, end) in [("json", End::Time), ("json", End::Life), ("redb", End::Time), ("redb", End::Life)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        let options = || match kind {
            "json" => kv::module().json("notes", &path),
            _ => kv::module().redb("notes", &path),
        };
        let trapper = Trapper::new();
        let trap = Arc::clone(&trapper.trap);
        let clock = move || {
            trap.pass();
            SystemTime::now()
        };
        let stores = options().clock(clock).open().unwrap();
        stores.get("notes").unwrap().set("key", b"1", None).unwrap();
        ended_while_stuck(&stores, &trapper, end);
        stores.get("notes").unwrap().set("other", b"kept", None).unwrap();
        trapper.release.send(()).unwrap();
        drop(stores);
        // the file is free when the last change has ended
        let again = loop {
            match options().open() {
                Err(OpenError::File { why: FileError::InUse, .. }) => thread::yield_now(),
                opened => break opened.unwrap(),
            }
        };
        let value = |key| again.get("notes").unwrap().get(key).unwrap();
        assert_eq!(value("key").as_deref(), Some(&b"1"[..]), "{kind} {end:?}");
        assert_eq!(value("other").as_deref(), Some(&b"kept"[..]), "{kind} {end:?}");
    }
}

/// A backend that breaks.
struct Broken;

impl Backend for Broken {
    fn get(&self, _: &str, _: u64, _: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        Ok(())
    }

    fn update<'v>(
        &self,
        _: &str,
        _: u64,
        _: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        panic!("it breaks on purpose")
    }

    fn keys(
        &self,
        _: Bound<&str>,
        _: u64,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        Ok(())
    }

    fn count(&self, _: u64) -> Result<u64, BackendError> {
        Ok(0)
    }
}

#[test]
fn a_backend_that_panics_on_its_own_thread_poisons_the_instance() {
    let mut guest = Guest::new(kv::module().backend("notes", Broken), ALL);
    let store: u64 = guest.call("kv_open", ("notes",)).unwrap();
    let refused = guest.call::<()>("kv_set", (store, "key", Bytes::new(b"1"), None::<u64>)).unwrap_err();
    assert_eq!(refused.status, hostfn::Status::INTERNAL);
    assert_eq!(guest.instance.poison(), Some("kv_set: it breaks on purpose"));
}

/// Runs another test of this file in a process of its own, in which few threads wait for disks.
fn with_few_threads(test: &str) {
    let test = test_path(module_path!(), test);
    let child = alone(&test).env("BLOCKING_MAX_THREADS", "2").status().unwrap();
    assert!(child.success());
}

#[test]
fn waiting_changes_take_no_threads_from_others() {
    with_few_threads("greedy_writers");
}

#[test]
#[ignore = "the child process of the test above"]
fn greedy_writers() {
    let trapper = Trapper::new();
    let stuck = Stuck { trap: Arc::clone(&trapper.trap), value: Mutex::new(Vec::new()) };
    let dir = tempfile::tempdir().unwrap();
    let stores = kv::module().backend("slow", stuck).json("notes", dir.path().join("notes")).open().unwrap();
    let host = test_support::relay::host([stores.into()]);
    trapper.set();
    let write = |name: &'static str| {
        let mut guest = Guest::in_host(&host, ALL);
        let store: u64 = guest.call("kv_open", (name,)).unwrap();
        thread::spawn(move || guest.call::<()>("kv_set", (store, "key", Bytes::new(b"x"), None::<u64>)))
    };
    let greedy: Vec<_> = (0..8).map(|_| write("slow")).collect();
    trapper.caught.recv_timeout(LONGEST).unwrap();
    // the others wait behind it, and this one does not
    write("notes").join().unwrap().unwrap();
    trapper.release.send(()).unwrap();
    for thread in greedy {
        thread.join().unwrap().unwrap();
    }
}

/// A store that makes one change after the other, and is stuck in the first.
struct Stuck {
    trap: Arc<Trap>,
    value: Mutex<Vec<u8>>,
}

impl Backend for Stuck {
    fn get(&self, _: &str, _: u64, found: &mut dyn FnMut(&[u8])) -> Result<(), BackendError> {
        found(&self.value.lock().unwrap());
        Ok(())
    }

    fn update<'v>(
        &self,
        _: &str,
        _: u64,
        change: &mut dyn FnMut(Before<'_>) -> Change<'v>,
    ) -> Result<(), BackendError> {
        let mut kept = self.value.lock().unwrap();
        self.trap.pass();
        if let Change::Put { value, .. } = change(Before { entry: None, bytes: 0 }) {
            *kept = value.into_owned();
        }
        Ok(())
    }

    fn changes_at_once(&self) -> usize {
        1
    }

    fn keys(
        &self,
        _: Bound<&str>,
        _: u64,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), BackendError> {
        Ok(())
    }

    fn count(&self, _: u64) -> Result<u64, BackendError> {
        Ok(1)
    }
}
