//! The host of `docs/first-plugin.md`: it runs plugins that greet, and gives them what they need for it.
//!
//! `cargo run --example first_plugin -- PLUGIN.wasm NAME...`

use std::error::Error;
use std::process::ExitCode;

use hostfn::observe::{Event, EventKind};
use hostfn::{Grants, Host, Registry, capabilities, guest_contract, host_fn};

capabilities! {
    /// Build greetings.
    pub GREET = "greet";
}

/// Build a greeting.
#[host_fn(capability = GREET)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Plugins that greet.
#[guest_contract(id = "greeter.v1")]
trait Greeter {
    /// Greets everyone.
    fn greet_all(&mut self, names: &[String]) -> Vec<String>;
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let registry = Registry::collect()?;
    hostfn::cli::answer(&registry); // `hostfn bindgen` asks for the listing alone
    let mut args = std::env::args().skip(1);
    let plugin = args.next().ok_or("usage: first_plugin PLUGIN.wasm NAME...")?;
    let names: Vec<String> = args.collect();
    let host = Host::builder(registry).observer(log).build()?;
    let mut instance = host.load_file(plugin)?.instantiate(&Grants::none().allow(&GREET))?;
    let mut greeter: GreeterClient<'_> = instance.contract()?;
    println!("{}", greeter.greet_all(&names)?.join("\n"));
    Ok(())
}

/// Prints the lines that a plugin logs.
fn log(event: &Event<'_>) {
    if let EventKind::Log { level, text, .. } = event.what {
        eprintln!("{level}: {text}");
    }
}
