//! Memory that the host keeps for an instance from one call to the next.

use std::convert::Infallible;

use hostfn::state::ResourceError;
use hostfn::{HostFn, HostModule, Registry, Resource, Resources, host_fn};

use crate::harness::{attack, guest, guests, limits, repeat, run_export, start};

/// Opens something by a long name.
#[host_fn(capability = none, collect = false)]
fn open(#[state] table: &mut Resources<u64>, name: &str) -> Result<Resource<u64>, ResourceError> {
    table.insert_on(name, 0)
}

#[host_fn(capability = none, collect = false)]
fn panic_with(text: &str) {
    std::panic::panic_any(text.to_owned());
}

fn tables(open_table: &str) -> Vec<u8> {
    let tables: String = (0..16).map(|n| format!("(table $t{n} 0 funcref)")).collect();
    let grow: String =
        (0..16).map(|n| format!("(drop (table.grow $t{n} (ref.null func) {open_table}))")).collect();
    guest(&[], 1, &[], &(tables + &run_export(&grow)))
}

guests! {
    /// Handles on something small with a long name.
    fn names_of_handles_are_charged() {
        let module = HostModule::new("opening")
            .functions([open::SPEC])
            .state("table", |cx| Ok::<_, Infallible>(Resources::<u64>::from_cx(cx).at_most(usize::MAX)));
        let registry = Registry::builder().module(module).build().unwrap();
        let host = hostfn::Host::builder(registry).limits(limits()).build().unwrap();
        let args = [&[0x91, 0xda, 0x0f, 0xff][..], &[b'a'; 0xfff]].concat();
        let call = format!("(drop (call $open (i32.const 1024) (i32.const {})))", args.len());
        let _ = attack(&host, &guest(&["open"], 1, &args, &run_export(&repeat(100_000, &call))));
    }

    /// Handles without a name.
    fn handles_are_charged() {
        let module = HostModule::new("opening")
            .functions([open::SPEC])
            .state("table", |cx| Ok::<_, Infallible>(Resources::<u64>::from_cx(cx).at_most(usize::MAX)));
        let registry = Registry::builder().module(module).build().unwrap();
        let host = hostfn::Host::builder(registry).limits(limits()).build().unwrap();
        let call = "(drop (call $open (i32.const 1024) (i32.const 2)))";
        let _ = attack(&host, &guest(&["open"], 1, &[0x91, 0xa0], &run_export(&repeat(990_000, call))));
    }

    /// Tables of a host that allows long ones.
    fn tables_are_charged() {
        let mut limits = limits();
        limits.table = 10_000_000;
        let host = hostfn::Host::builder(Registry::builder().build().unwrap()).limits(limits).build().unwrap();
        let _ = attack(&host, &tables("(i32.const 10000000)"));
    }

    /// The message of a panic that the guest chose.
    fn message_of_a_panic_is_cut() {
        let host = crate::harness::host(&[panic_with::SPEC]);
        let len: u32 = 6 << 20;
        let args = [&[0x91, 0xdb][..], &len.to_be_bytes()].concat();
        let body = format!(
            "(memory.fill (i32.const 1030) (i32.const 97) (i32.const {len}))
            (drop (call $panic_with (i32.const 1024) (i32.const {})))",
            len + 6
        );
        let mut instance = start(&host, &guest(&["panic_with"], 200, &args, &run_export(&body)));
        let _ = instance.call::<_, ()>("run", ());
        assert!(instance.poison().unwrap().len() < 10_000);
    }
}
