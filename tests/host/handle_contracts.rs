//! Contracts of instances behind a handle.

use hostfn::abi::{Word, codec};
use hostfn::contract::GuestError;
use hostfn::error::Code;
use hostfn::{
    Error, ErrorReply, Grants, HostError, Instance, InstanceHandle, Limits, Status, guest_contract,
};
use pollster::block_on;
use test_support::probe::{export, guest, host};

/// The guest's paper is used up.
#[derive(Debug, PartialEq, thiserror::Error, HostError)]
#[error("the paper is used up")]
#[status(-1024)]
pub(crate) struct NoPaper;

impl GuestError for NoPaper {
    fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
        reply.filter(|reply| reply.code == "no_paper").map(|_| NoPaper)
    }
}

/// Guests that print.
#[guest_contract(id = "printer.v1")]
pub(crate) trait Printer {
    /// Returns a name.
    fn echo(&mut self, name: &str) -> String;
    /// Returns a name later.
    async fn echo_later(&mut self, name: String) -> String;
    /// Prints a page.
    fn print(&mut self) -> Result<u32, NoPaper>;
    /// Returns something else than a number.
    fn pages(&mut self) -> u32;
}

/// The argument of `(one,)` without the array around it.
const ECHO: &str =
    "(call $set_result (i32.add (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (i32.const 1)))";
const ECHO_WORD: &str = "(i64.shl (i64.extend_i32_u (i32.sub (local.get 1) (i32.const 1))) (i64.const 32))";

/// A guest with these entries of the contract, and `forever`.
pub(crate) fn printer() -> Vec<u8> {
    let reply = ErrorReply { code: "no_paper".into(), message: "the tray is empty".into(), detail: None };
    let bytes = codec::to_vec(&reply).unwrap();
    let data: String = bytes.iter().map(|b| format!("\\{b:02x}")).collect();
    let len = u32::try_from(bytes.len()).unwrap();
    let word = Word::new(Status::application(-1024), len).to_i64();
    let entries = [
        export("printer_v1_echo", ECHO, ECHO_WORD),
        export("printer_v1_echo_later", ECHO, ECHO_WORD),
        format!("(data (i32.const 512) \"{data}\")"),
        export(
            "printer_v1_print",
            &format!("(call $set_result (i32.const 512) (i32.const {len}))"),
            &format!("(i64.const {word})"),
        ),
        "(data (i32.const 256) \"\\a1x\")".to_owned(),
        export(
            "printer_v1_pages",
            "(call $set_result (i32.const 256) (i32.const 2))",
            "(i64.const 0x200000000)",
        ),
        export("forever", "(loop $l (br $l))", "(i64.const 0)"),
    ];
    guest(&[], &entries.concat())
}

fn instance(wasm: &[u8], waits: bool) -> Instance {
    let plugin = host(&[]).load("printer", wasm).unwrap();
    if waits {
        block_on(plugin.instantiate_async(&Grants::none())).unwrap()
    } else {
        plugin.instantiate(&Grants::none()).unwrap()
    }
}

/// Runs `f` with a handle on an instance that a thread drives.
fn driven<T>(instance: Instance, f: impl AsyncFnOnce(&InstanceHandle) -> T) -> T {
    let (handle, driver) = instance.into_handle();
    let running = std::thread::spawn(|| block_on(driver));
    let value = block_on(f(&handle));
    drop(handle);
    running.join().unwrap().unwrap();
    value
}

#[test]
fn handle_contract_calls_every_method_by_type() {
    for waits in [true, false] {
        driven(instance(&printer(), waits), async |handle| {
            let printer = handle.contract::<PrinterClient>().await.unwrap();
            assert_eq!(printer.echo("Ada").await.unwrap(), "Ada", "{waits}");
            assert_eq!(printer.clone().echo_later("Bob".to_owned()).await.unwrap(), "Bob", "{waits}");
        });
    }
}

#[test]
fn handle_contract_own_error_is_the_inner_result() {
    driven(instance(&printer(), true), async |handle| {
        let printer = handle.contract::<PrinterClient>().await.unwrap();
        assert_eq!(printer.print().await.unwrap(), Err(NoPaper));
    });
}

#[test]
fn handle_contract_with_a_reply_of_another_type_fails() {
    driven(instance(&printer(), true), async |handle| {
        let printer = handle.contract::<PrinterClient>().await.unwrap();
        let error = printer.pages().await.unwrap_err();
        assert_eq!(error.code(), Code::BadResult);
        let text = error.to_string();
        assert!(text.contains("plugin `printer`, export `printer_v1_pages`"), "{text}");
        assert!(text.contains("expected `u32`"), "{text}");
        assert_eq!(printer.echo("still").await.unwrap(), "still");
    });
}

#[test]
fn handle_contract_without_entries_reports_each() {
    let wasm = guest(&[], &export("printer_v1_echo", ECHO, ECHO_WORD));
    driven(instance(&wasm, true), async |handle| {
        let error = handle.contract::<PrinterClient>().await.map(drop).unwrap_err();
        let codes: Vec<_> = error.problems().iter().map(hostfn::Problem::code).collect();
        assert_eq!(codes, [Code::EntryMissing; 3]);
    });
}

#[test]
fn handle_contract_of_a_closed_instance_fails() {
    driven(instance(&printer(), true), async |handle| {
        let printer = handle.contract::<PrinterClient>().await.unwrap();
        assert!(!handle.is_closed());
        handle.close().await.unwrap();
        assert!(handle.is_closed());
        let error = printer.echo("Ada").await.unwrap_err();
        assert!(matches!(error, Error::Closed { ref plugin } if plugin == "printer"), "{error:?}");
        assert_eq!(handle.contract::<PrinterClient>().await.map(drop).unwrap_err().code(), Code::Closed);
    });
}

#[test]
fn handle_contract_reply_counts_against_memory() {
    let mut limits = Limits::default();
    limits.memory = 5 * 65_536;
    (limits.args, limits.reply) = (100_000, 100_000);
    let plugin = hostfn::Host::builder(test_support::probe::registry(&[]))
        .limits(limits)
        .build()
        .unwrap()
        .load("printer", &printer())
        .unwrap();
    // the guest's memory is four pages, and arguments and reply have room in the fifth
    let instance = plugin.instantiate(&Grants::none()).unwrap();
    driven(instance, async |handle| {
        let printer = handle.contract::<PrinterClient>().await.unwrap();
        let long = "x".repeat(64_000);
        assert_eq!(printer.echo(&long).await.unwrap(), long);
        let longer = "x".repeat(80_000);
        let error = printer.echo(&longer).await.unwrap_err();
        assert!(matches!(error, Error::Exhausted { .. }), "{error:?}");
    });
}

#[tokio::test]
async fn handle_contract_futures_are_send() {
    let instance = tokio::task::spawn_blocking(|| instance(&printer(), true)).await.unwrap();
    let (handle, driver) = instance.into_handle();
    let driver = tokio::spawn(driver);
    let client = handle.contract::<PrinterClient>().await.unwrap();
    let calls: Vec<_> = (0..8)
        .map(|i| {
            let client = client.clone();
            tokio::spawn(async move { client.echo(&format!("name {i}")).await.unwrap() })
        })
        .collect();
    for (i, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), format!("name {i}"));
    }
    drop((client, handle));
    driver.await.unwrap().unwrap();
}

#[test]
fn with_async_makes_calls_of_which_none_comes_between() {
    driven(instance(&printer(), true), async |handle| {
        let both = handle.with_async(|instance| {
            Box::pin(async move {
                let first: String = instance.call_async("printer_v1_echo", ("a",)).await.unwrap();
                let second: String = instance.call_async("printer_v1_echo", (&first,)).await.unwrap();
                (first, second)
            })
        });
        assert_eq!(both.await.unwrap(), ("a".to_owned(), "a".to_owned()));
    });
}

#[test]
fn handle_knows_its_queue_and_limits() {
    let (handle, driver) = instance(&printer(), true).into_handle();
    handle.post("printer_v1_print", ()).unwrap();
    handle.post("printer_v1_print", ()).unwrap();
    assert_eq!((handle.queue_len(), handle.is_closed()), (2, false));
    assert_eq!(handle.limits().queued, Limits::default().queued);
    drop(driver);
    assert_eq!((handle.queue_len(), handle.is_closed()), (0, true));
}
