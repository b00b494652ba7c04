//! `hostfn run`: plugins of each kind, with grants, without, and to learn them.

use std::fs;
use std::path::Path;

use expect_test::expect;
use hostfn_cli::Exit;

use crate::{Files, Ran, hostfn};

const SCRIPT: &str = r#"
import { openKv, type Store } from "host:kv";
import { open } from "host:kv";

export function count(name: string, by: number): { name: string; count: bigint } {
    const store: Store = openKv(":memory:");
    console.info(`${name} comes`);
    try { open("secrets"); } catch (error) { if (!(error instanceof HostError)) throw error; }
    return { name, count: store.increment(name, by) };
}
export const nothing = (): void => {};
export const fails = (): never => { throw new RangeError("no more"); };
"#;

const GRANTS: &str = "\"kv.read\" = { allow = [\":memory:\"] }\n\"kv.write\" = { allow = [\":memory:\"] }\n";

fn run(plugin: &Path, args: &[&str]) -> Ran {
    let args: Vec<&dyn AsRef<Path>> = args.iter().map(|arg| arg as _).collect();
    hostfn(&[&[&"run" as _, &plugin as _], &*args].concat())
}

#[test]
fn run_prints_the_result_and_every_call() {
    let files = Files::new();
    let plugin = files.write("plugin.ts", SCRIPT);
    let grants = files.write("grants.toml", GRANTS);
    let grants = grants.to_str().unwrap();
    let ran = run(&plugin, &["count", "Ada", "2", "--grants", grants]);
    assert_eq!(ran.exit, Exit::Success, "{}", ran.err);
    expect![[r#"
        {
          "name": "Ada",
          "count": 2
        }
    "#]]
    .assert_eq(&ran.out);
    expect![[r#"
        granted      host.kv_open_to_write `:memory:` OK
        info: Ada comes
        out_of_scope host.kv_open `secrets` NO_CAPABILITY: the capability `kv.read` is not granted for this `store`
        granted      host.kv_increment `:memory:` OK
        always       host.kv_close OK
        4 calls of host functions, 1 denied
    "#]]
    .assert_eq(&ran.err);
    let nothing = run(&plugin, &["nothing", "--grants", grants]);
    assert_eq!((nothing.exit, nothing.out.as_str()), (Exit::Success, "null\n"));
    let failed = run(&plugin, &["fails", "--grants", grants]);
    assert_eq!((failed.exit, failed.out.as_str()), (Exit::Failure, ""));
    assert!(failed.err.contains("RangeError: no more"), "{}", failed.err);
}

#[test]
fn run_without_grants_starts_no_script() {
    let files = Files::new();
    let plugin = files.write("plugin.ts", format!("console.info('runs');{SCRIPT}"));
    let ran = run(&plugin, &["count", "Ada", "2"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failure, ""));
    assert!(ran.err.contains("H0310") && ran.err.contains("kv.write"), "{}", ran.err);
    assert!(
        !ran.err.contains("runs") && ran.err.starts_with("0 calls of host functions, 0 denied\n"),
        "{}",
        ran.err
    );
}

#[test]
fn run_learns_grants_that_suffice() {
    let files = Files::new();
    let script = SCRIPT.replace("open(\"secrets\")", "open(\":memory:\")");
    let plugin = files.write("plugin.ts", script);
    let learnt = plugin.with_file_name("learnt.toml");
    let learn = run(&plugin, &["count", "Ada", "2", "--learn", learnt.to_str().unwrap()]);
    assert_eq!(learn.exit, Exit::Success, "{}", learn.err);
    let toml = fs::read_to_string(&learnt).unwrap();
    assert!(toml.contains("\":memory:\"") && !toml.contains("fs."), "{toml}");
    let again = run(&plugin, &["count", "Ada", "2", "--grants", learnt.to_str().unwrap()]);
    assert_eq!((again.exit, &again.out), (Exit::Success, &learn.out), "{}", again.err);
    // what exists is not overwritten
    let over = run(&plugin, &["nothing", "--learn", plugin.to_str().unwrap()]);
    assert_eq!(over.exit, Exit::Failure);
    assert!(
        over.err.contains("it cannot be written") && fs::read_to_string(&plugin).unwrap().contains("openKv")
    );
}

#[test]
fn run_takes_a_module_and_a_manifest() {
    let files = Files::new();
    let script = files.write("plugin.js", "export const twice = (n) => 2 * n;");
    let listing = files.listing("listing.json", &crate::library::first());
    let wasm = script.with_file_name("twice.wasm");
    assert_eq!(
        hostfn(&[&"js", &"pack", &script, &"--listing", &listing, &"--out", &wasm]).exit,
        Exit::Success
    );
    let manifest = files.write("twice.toml", "abi = 1\nname = \"twice\"\nversion = \"1.0.0\"\n");
    let ran = run(&wasm, &["twice", "21", "--manifest", manifest.to_str().unwrap()]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Success, "42\n"), "{}", ran.err);
    let wrong = files.write("wrong.toml", "abi = 1\n");
    let ran = run(&wasm, &["twice", "21", "--manifest", wrong.to_str().unwrap()]);
    assert_eq!(ran.exit, Exit::Failure);
    assert!(run(Path::new("gone.ts"), &[]).err.contains("H0902"));
}
