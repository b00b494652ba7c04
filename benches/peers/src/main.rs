//! hostfn beside other ways to give a guest a host function: hand-written `MessagePack` glue, raw wasmtime, and a component
//! with `bindgen!`. All run in one process, in interleaved rounds, and the reply of each is verified before it is timed.
//!
//! `cargo run --release [ROW...]` prints one Markdown table: nanoseconds a call of the hand-written glue, and for each
//! system the median of its ratio to that glue in the same round, with the quartiles of the ratio.
//! `cargo run --release once SYSTEM ROW RUNS` runs one of them, for callgrind.

mod codec;
mod component;
mod glue;
mod guest;
mod ours;
mod raw;

use std::time::Instant;

use guest::{ROWS, Row};

/// One system with the guest of one row.
pub(crate) trait Peer {
    /// Lets the guest call the host function [`Row::calls`] times.
    fn run(&mut self);
    /// Calls the host function once and compares its reply with the expected one.
    fn verify(&mut self);
}

type Make = fn(&'static Row) -> Option<Box<dyn Peer>>;

const SYSTEMS: [(&str, Make); 7] = [
    ("hand-written, `plugin_alloc`", |row| glue::alloc(row)),
    ("hand-written, window", |row| glue::window(row)),
    ("raw wasmtime, no encoding", |row| raw::new(row)),
    ("component, `bindgen!`", |row| component::new(row)),
    ("rmp-serde alone, no guest", |row| codec::new(row)),
    ("hostfn, window", |row| ours::new(row, true)),
    ("hostfn, `plugin_alloc`", |row| ours::new(row, false)),
];

const ROUNDS: usize = 101;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [once, system, row, runs] = &args[..]
        && once == "once"
    {
        let row = ROWS.iter().find(|known| known.name == row).expect("a row");
        let (_, make) = SYSTEMS.iter().find(|(name, _)| name == system).expect("a system");
        let mut peer = make(row).expect("the system has this row");
        (0..runs.parse().expect("RUNS is a number")).for_each(|_| peer.run());
        return;
    }
    let rows: Vec<&'static Row> =
        ROWS.iter().filter(|row| args.is_empty() || args.iter().any(|arg| arg == row.name)).collect();
    let columns: Vec<Vec<String>> = rows.iter().map(|row| column(row)).collect();
    println!("| | {} |", rows.iter().map(|row| row.title).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---:|".repeat(rows.len()));
    for (at, (name, _)) in SYSTEMS.iter().enumerate() {
        println!(
            "| {name} | {} |",
            columns.iter().map(|cells| &cells[at][..]).collect::<Vec<_>>().join(" | ")
        );
    }
}

/// The cells of one row, from the same rounds.
fn column(row: &'static Row) -> Vec<String> {
    let mut peers: Vec<Option<Box<dyn Peer>>> = SYSTEMS.iter().map(|(_, make)| make(row)).collect();
    for peer in peers.iter_mut().flatten() {
        peer.verify();
        peer.run();
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); peers.len()];
    for round in 0..ROUNDS {
        // another order in each round, so that nobody always runs after the same neighbour
        for turn in 0..peers.len() {
            let at = (turn + round) % peers.len();
            let Some(peer) = &mut peers[at] else { continue };
            let since = Instant::now();
            peer.run();
            times[at].push(since.elapsed().as_secs_f64() * 1e9 / f64::from(row.calls));
        }
    }
    let base = times[0].clone();
    let cells = times.iter().enumerate().map(|(at, times)| match (at, times.is_empty()) {
        (_, true) => "-".to_owned(),
        (0, _) => {
            let [low, mid, high] = quartiles(times.iter().copied());
            format!("1 ({mid:.0} ns, {low:.0} to {high:.0})")
        }
        _ => {
            let [low, mid, high] = quartiles(times.iter().zip(&base).map(|(time, base)| time / base));
            format!("{mid:.2} ({low:.2} to {high:.2})")
        }
    });
    cells.collect()
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
