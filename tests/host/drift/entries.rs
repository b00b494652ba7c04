//! Contracts that have changed since a guest was built against them.

use hostfn::audit::EntryRecord;
use hostfn::contract::{Callee, ContractSpec, GuestContract, MethodSpec};
use hostfn::spec::{passed, reply_shape};
use hostfn::{Grants, Host, Registry};
use serde::{Deserialize, Serialize};
use test_support::probe::problems;

use super::escaped;

/// Declares versions of the method `sum` of the contract `shop.v1`, each with the types that it leads to.
macro_rules! contracts {
    ($($version:ident $(as $entry:literal)? { $([$($item:tt)*])* ($($param:ident: $type:ty),*) -> $reply:ty })+) => {
        $(mod $version {
            #[allow(unused_imports, reason = "few need it")]
            use super::*;
            $(
                #[derive(Serialize, Deserialize)]
                #[allow(dead_code, reason = "only its type matters")]
                $($item)*
            )*
            pub static SPEC: ContractSpec = ContractSpec::new("shop.v1").with_methods(&[
                MethodSpec::new("sum", entry!($($entry)?))
                    .with_params(&[$(passed!(stringify!($param), $type)),*])
                    .with_reply(reply_shape!($reply)),
            ]);

            #[allow(dead_code, reason = "not each version has a client")]
            pub struct Client;
            impl<'i> GuestContract<'i> for Client {
                const CONTRACT: &'static ContractSpec = &SPEC;

                fn over(_: Callee<'i>) -> Self {
                    Client
                }
            }
        })+
    };
}

macro_rules! entry {
    () => {
        "shop_v1_sum"
    };
    ($entry:literal) => {
        $entry
    };
}

contracts! {
    then {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    reply_field_renamed {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub remark: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    reply_field_required {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State, pub total: u64 }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    reply_field_optional {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State, pub total: Option<u64> }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    reply_variant_gone {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open }]
        (orders: &[Order], limit: u32) -> Summary
    }
    reply_variant_new {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed, Lost }]
        (orders: &[Order], limit: u32) -> Summary
    }
    argument_field_new {
        [pub struct Order { pub id: u64, pub kind: Kind, pub name: String }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    argument_field_gone {
        [pub struct Order { pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    argument_variant_new {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32), Loan }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    argument_variant_gone {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
    another_parameter {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32, name: &str) -> Summary
    }
    several { (orders: u8, limit: u64) -> bool }
    another_entry as "sum" {
        [pub struct Order { pub id: u64, pub kind: Kind }]
        [pub enum Kind { Gift, Sale(u32) }]
        [pub struct Summary { pub count: u32, pub note: Option<String>, pub state: State }]
        [pub enum State { Open, Closed }]
        (orders: &[Order], limit: u32) -> Summary
    }
}

static ADD: hostfn::HostFnSpec =
    hostfn::HostFnSpec::new("shop", "add", |call| call.authorize()?.reply(&())).always_available();
static RENAMED: ContractSpec =
    ContractSpec::new("shop.v1").with_methods(&[MethodSpec::new("total", "shop_v1_sum")]);

fn registry(contract: &'static ContractSpec) -> Registry {
    Registry::builder().contract(contract).build().unwrap()
}

fn record(contract: &'static ContractSpec) -> Vec<u8> {
    let row = &registry(contract).listing().contracts[0];
    EntryRecord::from_row(row, &row.methods[0]).to_bytes()
}

/// A guest that exports the entry and carries `section`.
fn guest(section: &[u8]) -> Vec<u8> {
    exporting(&["shop_v1_sum"], section)
}

fn exporting(entries: &[&str], section: &[u8]) -> Vec<u8> {
    let entry = |name: &&str| format!(r#"(func (export "{name}") (param i32 i32) (result i64) unreachable)"#);
    let entries: String = entries.iter().map(entry).collect();
    let section = escaped(section);
    wat::parse_str(format!(
        r#"(module (memory (export "memory") 1) {entries} (@custom "hostfn.functions" "{section}"))"#
    ))
    .unwrap()
}

/// Returns the problems of a guest on a host that has this contract, a line each.
fn wrong(wasm: &[u8], now: &'static ContractSpec) -> Vec<String> {
    match Host::builder(registry(now)).build().unwrap().load("p", wasm) {
        Ok(_) => Vec::new(),
        Err(error) => problems(&error),
    }
}

const AT: &str = " plugin `p`, method `sum` of contract `shop.v1`:";

fn shortened(lines: Vec<String>) -> Vec<String> {
    let cut = |line: String| {
        let line = line
            .strip_suffix("; regenerate the plugin's bindings from this host's listing, and build it again")
            .unwrap_or_else(|| panic!("the remedy: {line}"));
        assert!(line.contains(AT), "{line}");
        line.replacen(AT, "", 1).replace(" when the plugin was built, and ", " | ")
    };
    lines.into_iter().map(cut).collect()
}

/// Returns the problems of a guest that was built against `then`, when it is loaded, and when it is called by a contract that
/// the host's registry does not have.
fn drift<C: for<'i> GuestContract<'i>>(now: &'static ContractSpec) -> Vec<String> {
    let wasm = guest(&record(&then::SPEC));
    let at_load = wrong(&wasm, now);
    let host = Host::builder(Registry::builder().build().unwrap()).build().unwrap();
    let plugin = host.load("p", &wasm).unwrap();
    assert_eq!(plugin.provides(now), at_load.is_empty());
    let mut instance = plugin.instantiate(&Grants::none()).unwrap();
    // a second time what was found is known
    for _ in 0..2 {
        let in_call = instance.contract::<C>().err().map_or_else(Vec::new, |error| problems(&error));
        assert_eq!(in_call, at_load);
    }
    shortened(at_load)
}

#[test]
fn contract_reply_changes_are_reported() {
    assert_eq!(
        drift::<reply_field_renamed::Client>(&reply_field_renamed::SPEC),
        ["H0324 field `note: option<str>` of `Summary` is gone"]
    );
    assert_eq!(
        drift::<reply_field_required::Client>(&reply_field_required::SPEC),
        ["H0324 field `total: u64` of `Summary` is new, and the plugin does not pass it"]
    );
    assert_eq!(
        drift::<reply_variant_gone::Client>(&reply_variant_gone::SPEC),
        ["H0324 variant `Closed` of `State` is gone"]
    );
}

#[test]
fn contract_argument_changes_are_reported() {
    assert_eq!(
        drift::<argument_field_gone::Client>(&argument_field_gone::SPEC),
        ["H0324 field `id: u64` of `Order` is gone"]
    );
    assert_eq!(
        drift::<argument_variant_new::Client>(&argument_variant_new::SPEC),
        ["H0324 variant `Loan` of `Kind` is new, and the plugin does not know it"]
    );
    assert_eq!(
        drift::<another_parameter::Client>(&another_parameter::SPEC),
        ["H0322 parameter `name: str` is new"]
    );
}

#[test]
fn contract_additions_are_accepted() {
    for found in [
        drift::<then::Client>(&then::SPEC),
        drift::<reply_field_optional::Client>(&reply_field_optional::SPEC),
        drift::<reply_variant_new::Client>(&reply_variant_new::SPEC),
        drift::<argument_field_new::Client>(&argument_field_new::SPEC),
        drift::<argument_variant_gone::Client>(&argument_variant_gone::SPEC),
    ] {
        assert_eq!(found, [""; 0]);
    }
}

#[test]
fn contract_drift_reports_several_changes() {
    assert_eq!(
        drift::<several::Client>(&several::SPEC),
        [
            "H0322 parameter `limit` was `u32` | is `u64`",
            "H0322 parameter `orders` was `seq<Order>` | is `u8`",
            "H0323 the reply was `Summary` | is `bool`"
        ]
    );
}

#[test]
fn contract_method_gone_or_renamed_is_reported() {
    let found = shortened(wrong(&guest(&record(&then::SPEC)), &RENAMED));
    assert_eq!(
        found,
        [
            "H0321 the plugin was built with it, as `(orders: seq<Order>, limit: u32) -> Summary`, and the host does not \
             have it any more"
        ]
    );
    let both = exporting(&["shop_v1_sum", "sum"], &record(&then::SPEC));
    assert_eq!(
        shortened(wrong(&both, &another_entry::SPEC)),
        ["H0326 its entry was `shop_v1_sum` | is `sum`"]
    );
}

#[test]
fn contract_of_another_host_does_not_count() {
    static OTHER: ContractSpec =
        ContractSpec::new("other.v1").with_methods(&[MethodSpec::new("sum", "shop_v1_sum")]);
    assert_eq!(wrong(&guest(&record(&then::SPEC)), &OTHER), [""; 0]);
}

#[test]
fn contract_without_record_or_export_is_accepted() {
    assert_eq!(wrong(&guest(b""), &several::SPEC), [""; 0]);
    assert_eq!(wrong(&exporting(&[], &record(&then::SPEC)), &several::SPEC), [""; 0]);
    assert_eq!(wrong(&exporting(&["sum"], &record(&then::SPEC)), &several::SPEC), [""; 0]);
}

#[test]
fn contract_record_of_same_fingerprint_is_accepted() {
    let row = &registry(&several::SPEC).listing().contracts[0];
    let old = String::from_utf8(record(&then::SPEC)).unwrap();
    let then = &registry(&then::SPEC).listing().contracts[0];
    let claimed = old.replace(&then.methods[0].fingerprint, &row.methods[0].fingerprint);
    assert_ne!(claimed, old);
    assert_eq!(wrong(&guest(claimed.as_bytes()), &several::SPEC), [""; 0]);
}

#[test]
fn contract_records_read_back_equal() {
    let records = [record(&then::SPEC), record(&several::SPEC)].concat();
    let read = EntryRecord::read_all(&records).unwrap();
    let again: Vec<u8> = read.iter().flat_map(EntryRecord::to_bytes).collect();
    assert_eq!(again, records);
    let first = &read[0];
    assert_eq!((first.contract(), first.name(), first.entry()), ("shop.v1", "sum", "shop_v1_sum"));
    let both = [super::record(&ADD), records].concat();
    let wasm = guest(&both);
    assert_eq!(EntryRecord::carried_by("p", &wasm).0, read);
    assert_eq!(hostfn::audit::FunctionRecord::carried_by("p", &wasm).0.len(), 1);
}

/// Two that differ both count: one of them is what some part of the guest believes.
#[test]
fn contract_records_of_one_entry_all_count() {
    let both = [record(&several::SPEC), record(&then::SPEC), record(&then::SPEC)].concat();
    assert_eq!(wrong(&guest(&both), &several::SPEC).len(), 3);
    assert_eq!(wrong(&guest(&both), &then::SPEC).len(), 3);
}

#[test]
fn contract_record_garbage_is_reported() {
    let whole = String::from_utf8(record(&then::SPEC)).unwrap();
    let at = "H0320 plugin `p`, section `hostfn.functions`, function record 1 at byte 0: it is not one: ";
    for garbage in [
        r#"{"contract":7}"#.to_owned(),
        r#"{"contract":"shop.v1"}"#.to_owned(),
        whole.replace("\"u32\"", "\"u33\""),
        whole.replacen("\"entry\":\"shop_v1_sum\"", "\"entry\":[]", 1),
    ] {
        let found = wrong(&guest(garbage.as_bytes()), &then::SPEC);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(at), "{found:?}");
    }
    // one that names a type and does not define it
    let (head, _) = whole.split_once(",\"types\"").unwrap();
    let undefined = format!("{head}}}\n").replacen(
        &whole[whole.find("fingerprint").unwrap()..][..30],
        "fingerprint\":\"0000000000000000",
        1,
    );
    let found = wrong(&guest(undefined.as_bytes()), &then::SPEC);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&format!(
            "H0320 plugin `p`, record of{}",
            AT.trim_start_matches(" plugin `p`,").trim_end_matches(':')
        )),
        "{found:?}"
    );
}

/// A thousand bad methods are a bounded number of problems.
#[test]
fn contract_records_of_hostile_guest_are_bounded() {
    let one = String::from_utf8(record(&several::SPEC)).unwrap();
    let many: String =
        (0..4000).map(|i| one.replace("\"name\":\"sum\"", &format!("\"name\":\"sum{i}\""))).collect();
    let found = wrong(&guest(many.as_bytes()), &then::SPEC);
    assert!((1..=65).contains(&found.len()), "{}", found.len());
    let escapes = one.replace("\"name\":\"sum\"", "\"name\":\"\\u001b[31m\\n\"");
    let found = wrong(&guest(escapes.as_bytes()), &then::SPEC);
    assert!(found.iter().all(|line| !line.contains('\u{1b}')), "{found:?}");
}
