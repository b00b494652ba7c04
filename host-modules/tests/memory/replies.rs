//! Replies that the host holds until the guest has a place for them.

#![expect(clippy::unused_async, reason = "a function whose call can wait")]

use hostfn::{HostFn, host_fn};

use crate::harness::{attack, guest, guests, host, repeat, run_export, start_waiting};

/// So many bytes.
#[host_fn(capability = none, collect = false)]
fn bytes(count: u64) -> Vec<u8> {
    vec![7; usize::try_from(count).unwrap()]
}

/// So many short strings, which are written one after the other.
#[host_fn(capability = none, collect = false)]
fn strings(count: u64) -> Vec<String> {
    vec![String::from("a"); usize::try_from(count).unwrap()]
}

/// So many bytes, later.
#[host_fn(capability = none, collect = false)]
async fn late_bytes(count: u64) -> Vec<u8> {
    vec![7; usize::try_from(count).unwrap()]
}

/// `(4 MiB,)`
const ARGS: &[u8] = &[0x91, 0xce, 0x00, 0x40, 0x00, 0x00];

/// `(12 MiB,)`: eight of these, which is how deep a guest is called back, are more than a child may hold.
const NESTED: &[u8] = &[0x91, 0xce, 0x00, 0xc0, 0x00, 0x00];

/// An allocator that calls a host function again, whose reply needs the allocator, and so on.
fn nesting(import: &str) -> Vec<u8> {
    let call = format!("(drop (call ${import} (i32.const 1024) (i32.const {})))", NESTED.len());
    let alloc = format!(r#"(func (export "plugin_alloc") (param i32) (result i32) {call} (i32.const 0))"#);
    guest(&[import], 1, NESTED, &(alloc + &run_export(&call)))
}

guests! {
    /// Replies that wait for each other.
    fn nested_replies_are_charged() {
        let _ = attack(&host(&[bytes::SPEC]), &nesting("bytes"));
    }

    /// Replies that wait for each other, of an instance that can wait.
    fn nested_replies_are_charged_async() {
        let host = host(&[bytes::SPEC]);
        pollster::block_on(async {
            let mut instance = start_waiting(&host, &nesting("bytes")).await;
            let _ = instance.call_async::<_, ()>("run", ()).await;
        });
    }

    /// Replies of async functions that wait for each other.
    fn nested_late_replies_are_charged() {
        let host = host(&[late_bytes::SPEC]);
        pollster::block_on(async {
            let mut instance = start_waiting(&host, &nesting("late_bytes")).await;
            let _ = instance.call_async::<_, ()>("run", ()).await;
        });
    }

    /// A long reply that is written in small pieces.
    fn reply_in_pieces_is_charged() {
        let call = "(drop (call $strings (i32.const 1024) (i32.const 6)))";
        // (500,000,)
        let args = [0x91, 0xce, 0x00, 0x07, 0xa1, 0x20];
        let _ = attack(&host(&[strings::SPEC]), &guest(&["strings"], 1, &args, &run_export(call)));
    }

    /// The buffer of a long reply is not kept for the next one.
    fn buffers_of_replies_are_not_kept() {
        let host = host(&[bytes::SPEC]);
        let call = format!("(drop (call $bytes (i32.const 1024) (i32.const {})))", ARGS.len());
        let wasm = guest(&["bytes"], 1, ARGS, &run_export(&repeat(20, &call)));
        let mut instances: Vec<_> = (0..20).map(|_| crate::harness::start(&host, &wasm)).collect();
        for instance in &mut instances {
            instance.call::<_, ()>("run", ()).unwrap();
        }
    }

    /// An allocator that allocates through the host, which calls it again.
    fn nested_allocations_are_bounded() {
        let alloc = r#"(func (export "plugin_alloc") (param i32) (result i32) (call $host_alloc (i32.const 8)))"#;
        let run = run_export("(drop (call $host_alloc (i32.const 8)))");
        let wasm = guest(&[], 1, &[], &(alloc.to_owned() + &run));
        let host = host(&[]);
        let _ = attack(&host, &wasm);
        pollster::block_on(async {
            let mut instance = start_waiting(&host, &wasm).await;
            let _ = instance.call_async::<_, ()>("run", ()).await;
        });
    }
}
