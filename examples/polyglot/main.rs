//! One plugin, written in several languages with the bindings that `hostfn bindgen` wrote for each: how large it is,
//! how long a call of it takes, and whether it answers what it should.
//!
//! `cargo run --release --example polyglot`. The plugins are in `examples/guests`, where `scripts/build-guests.sh`
//! builds them.

mod shop;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use comfy_table::{CellAlignment, Table, presets};
use hostfn::{Grants, Host};
use shop::{PRICES, TillClient};

/// The number of times that each order is computed.
const ROUNDS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let registry = shop::registry()?;
    hostfn::cli::answer(&registry); // `hostfn bindgen --program target/debug/examples/polyglot` asks for the listing alone
    let host = Host::builder(registry).build()?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["language", "size", "calls", "ns per call", "answers equal"]);
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut all_equal = true;
    for (language, plugin) in shop::plugins() {
        let row = run(&host, &plugin)?;
        all_equal &= row.equal;
        table.add_row([
            language.to_owned(),
            format!("{} bytes", row.size),
            row.calls.to_string(),
            row.nanos.to_string(),
            if row.equal { "yes" } else { "no" }.to_owned(),
        ]);
    }
    println!("{table}");
    if all_equal { Ok(()) } else { Err("a plugin answers something else than it should".into()) }
}

struct Row {
    size: u64,
    calls: usize,
    nanos: u128,
    equal: bool,
}

/// Lets one plugin work all orders out, over and over.
fn run(host: &Host, plugin: &Path) -> Result<Row, Box<dyn Error>> {
    let size = std::fs::metadata(plugin)?.len();
    let mut instance = host.load_file(plugin)?.instantiate(&Grants::none().allow(&PRICES))?;
    let mut till: TillClient<'_> = instance.contract()?;
    let orders: Vec<_> = shop::orders().into_iter().map(|order| (shop::expected(&order), order)).collect();
    let mut equal = true;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for (expected, order) in &orders {
            equal &= till.total(order)? == *expected;
        }
    }
    let calls = ROUNDS * orders.len();
    Ok(Row { size, calls, nanos: start.elapsed().as_nanos() / calls as u128, equal })
}
