//! The seed's example, modules, promises, globals.

use hostfn::Grants;
use hostfn::observe::Decision;
use hostfn_js::Packer;

use crate::support::{
    CounterClient, GreeterClient, Person, call, calls_of, grants, host, logs, logs_of, pack, registry,
    shared, start,
};

#[test]
fn store_of_the_seed_is_opened_read_and_written() {
    let mut plugin = start();
    assert_eq!(plugin.call::<_, String>("remember", ("a", "one")).unwrap(), "one");
    assert_eq!(plugin.call::<_, String>("remember", ("a", "two")).unwrap(), "two");
}

#[test]
fn database_of_the_seed_is_opened_in_memory() {
    let mut plugin = start();
    assert_eq!(plugin.call::<_, String>("counted", ()).unwrap(), "3 HostError TypeError TypeError");
    let opened = |function: &str| calls_of(&plugin, function).len();
    assert_eq!((opened("sql_open_memory"), opened("sql_open_write")), (1, 1));
}

#[test]
fn plugin_imports_exactly_what_it_names() {
    let script = r#"import { greet } from "host:host"; import { get } from "host:kv"; console.log("ran"); export const run = () => greet("Ada");"#;
    let (host, recorder) = host();
    let plugin = host.load("script", &pack(script)).unwrap();
    let error = plugin.instantiate(&Grants::none()).unwrap_err();
    let said = error.to_string();
    // all refusals at once, each with what would grant it, and nothing of the script has run
    assert_eq!(error.problems().len(), 2, "{said}");
    assert!(said.contains("`greet`") && said.contains("`kv_get`") && !said.contains("add_up"), "{said}");
    assert!(said.contains("add to its grants"), "{said}");
    assert!(logs(&recorder).is_empty(), "{:?}", logs(&recorder));
}

#[test]
fn calls_outside_the_scope_are_denied_and_recorded() {
    let mut plugin = start();
    assert_eq!(plugin.call::<_, String>("greeted", ("Ada",)).unwrap(), "Hello, Ada!");
    let denied: String = plugin.call("greeted", ("Bob",)).unwrap();
    assert!(denied.starts_with("true ") && denied.ends_with(" -1 NO_CAPABILITY"), "{denied}");
    let calls = calls_of(&plugin, "greet");
    let decided: Vec<_> =
        calls.iter().map(|call| (call.decision.unwrap(), call.scope_value.as_deref())).collect();
    assert_eq!(decided, [(Decision::Granted, Some("Ada")), (Decision::OutOfScope, Some("Bob"))]);
}

#[test]
fn modules_of_the_plugin_import_each_other() {
    let wasm = Packer::new(&registry())
        .module(
            "main.js",
            r#"import { shout } from "./lib/text.js"; import * as kv from "host:kv"; export * from "./more.js";
            export const run = () => shout("hi");
            export const whole = () => Object.keys(kv).sort().join() + typeof kv.open;"#,
        )
        .module("lib/text.js", r#"import { mark } from "../more.js"; export const shout = (text) => text.toUpperCase() + mark();"#)
        .module("more.js", r#"export const mark = () => "!"; export default 7;"#)
        .pack()
        .unwrap();
    let mut plugin = host().0.load("script", &wasm).unwrap().instantiate(&grants()).unwrap();
    assert_eq!(plugin.call::<_, String>("run", ()).unwrap(), "HI!");
    assert_eq!(plugin.call::<_, String>("mark", ()).unwrap(), "!");
    assert_eq!(plugin.call::<_, String>("whole", ()).unwrap(), "openfunction");
    plugin.call::<_, u8>("default", ()).unwrap_err();
}

#[test]
fn async_functions_return_promises() {
    let script = r#"
        import { sumLater } from "host:math";
        export async function run() {
            const all = await Promise.all([sumLater([1, 2]), sumLater([3.5])]);
            return all[0] + all[1];
        }
    "#;
    let plugin = host().0.load("script", &pack(script)).unwrap();
    let sum = pollster::block_on(async {
        let mut plugin = plugin.instantiate_async(&grants()).await.unwrap();
        plugin.call_async::<_, f64>("run", ()).await.unwrap()
    });
    assert_eq!(sum.to_bits(), 6.5_f64.to_bits());
}

#[test]
fn promise_that_nothing_settles_is_an_error() {
    let error = start().call::<_, ()>("unsettled", ()).unwrap_err();
    assert!(error.to_string().contains("the promise is pending"), "{error}");
}

#[test]
fn dynamic_import_of_an_unknown_module_is_caught() {
    assert_eq!(call("imported"), "true,true,true,true,true,true");
}

#[test]
fn console_goes_to_the_log() {
    let mut plugin = start();
    plugin.call::<_, ()>("logs", ()).unwrap();
    let lines = logs_of(&plugin);
    assert!(lines[0].starts_with(r#"careful 7 8n {"a":["1n","b"]} null undefined "#), "{lines:?}");
    assert!(lines[0].ends_with("\u{fffd}x"), "{lines:?}");
    assert!(lines[1].starts_with("TypeError: boom"), "{lines:?}");
}

#[test]
fn nothing_tells_the_time_or_chance() {
    assert_eq!(call("authority"), "undefined,undefined,undefined,undefined,undefined");
}

#[test]
fn globals_work_as_on_the_web() {
    assert_eq!(call("globals"), "");
}

#[test]
fn contracts_are_fulfilled_by_exports() {
    let mut plugin = start();
    let mut greeter: GreeterClient<'_> = plugin.contract().unwrap();
    assert_eq!(greeter.greet_back("Ada".to_owned(), u64::MAX).unwrap(), "Ada bigint 18446744073709551615");
    let ada = Person { name: "Ada".to_owned(), age: 36, balance: 1 << 60, note: None };
    assert_eq!(greeter.older(ada.clone()).unwrap(), Person { age: 37, balance: 1 << 61, ..ada });
    let mut counter: CounterClient<'_> = plugin.contract().unwrap();
    assert_eq!(counter.next(1 << 60).unwrap(), (1 << 60) + 1);
    // a contract that nothing fulfils is refused when it is packed
    let problems = Packer::new(&registry()).module("a.js", "").contract("greeter.v1").pack().unwrap_err();
    assert!(problems.to_string().contains("there is no default export"), "{problems}");
    let problems = Packer::new(&registry()).module("a.js", "").contract("greeter.v2").pack().unwrap_err();
    assert!(problems.to_string().contains("did you mean `greeter.v1`?"), "{problems}");
}

#[test]
fn instances_of_one_plugin_share_nothing() {
    let (mut one, mut other) = (start(), shared().instantiate(&grants()).unwrap());
    assert_eq!(one.call::<_, u8>("again", ()).unwrap(), other.call::<_, u8>("again", ()).unwrap());
    assert_ne!(one.id(), other.id());
}
