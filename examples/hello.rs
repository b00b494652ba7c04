//! A host with one function, and a plugin that calls it.

use hostfn::{Grants, Host, Registry, capabilities, host_fn};

capabilities! {
    /// Greet people by name.
    pub GREET = "greet";
}

/// Builds a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// A plugin. Its export `run` passes its arguments to `greet` and returns the reply.
const PLUGIN: &str = r#"(module
    (import "host" "greet" (func $greet (param i32 i32) (result i64)))
    (import "host" "host_result_ptr" (func $reply (result i32)))
    (import "host" "host_set_result" (func $return (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param $args i32) (param $len i32) (result i64) (local $result i64)
        (local.set $result (call $greet (local.get $args) (local.get $len)))
        (call $return (call $reply) (i32.wrap_i64 (i64.shr_u (local.get $result) (i64.const 32))))
        (local.get $result)))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry); // lets the command `hostfn` ask this program
    let host = Host::builder(registry).build()?;
    let plugin = host.load("greeter", &wat::parse_str(PLUGIN)?)?;

    // without the grant, none of the plugin's code runs
    if let Err(denied) = plugin.instantiate(&Grants::none()) {
        println!("{denied}");
    }

    let mut instance = plugin.instantiate(&Grants::none().allow(&GREET))?;
    let reply: String = instance.call("run", ("world",))?;
    println!("{reply}");
    Ok(())
}
