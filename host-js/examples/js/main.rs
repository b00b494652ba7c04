//! A plugin in TypeScript and one in JavaScript use a store, a database, a server and a function of the host's own.
//!
//! `cargo run --example js`.

mod demo;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", demo::demo()?);
    Ok(())
}
