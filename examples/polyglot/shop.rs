//! A shop that lets plugins work out what orders cost.

use std::path::PathBuf;

use hostfn::contract::GuestError;
use hostfn::{ErrorReply, HostError, Registry, Result, Status, capabilities, guest_contract, host_fn};
use serde::{Deserialize, Serialize};

capabilities! {
    /// Look prices up.
    pub PRICES = "prices";
}

/// A customer's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub customer: String,
    pub lines: Vec<Line>,
}

/// So many of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub item: String,
    pub count: u32,
}

/// The price of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub customer: String,
    pub items: u32,
    pub cents: u64,
}

/// The reason something has no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, HostError)]
pub enum ShopError {
    /// The shop has no such item.
    #[error("the shop has no such item")]
    #[status(not_found)]
    NoSuchItem,
}

impl GuestError for ShopError {
    fn from_guest(_: Status, reply: Option<&ErrorReply>) -> Option<Self> {
        reply.filter(|reply| reply.code == "no_such_item").map(|_| ShopError::NoSuchItem)
    }
}

/// Returns what one of an item costs, in cents.
#[host_fn(capability = PRICES)]
pub fn price_of(item: &str) -> Result<u64, ShopError> {
    match item {
        "apple" => Ok(45),
        "bread" => Ok(320),
        "honey" => Ok(1_299),
        _ => Err(ShopError::NoSuchItem),
    }
}

/// Plugins that work out what an order costs. Of an item that is ordered ten times or more, each tenth is free.
#[guest_contract(id = "till.v1")]
pub trait Till {
    /// Returns what all of it costs.
    fn total(&mut self, order: &Order) -> Result<Receipt, ShopError>;
}

/// Returns what a plugin should answer.
pub fn expected(order: &Order) -> Result<Receipt, ShopError> {
    let mut receipt = Receipt { customer: order.customer.clone(), items: 0, cents: 0 };
    for line in &order.lines {
        receipt.items += line.count;
        receipt.cents += u64::from(line.count - line.count / 10) * price_of(&line.item)?;
    }
    Ok(receipt)
}

/// Orders that are each answered in another way.
pub fn orders() -> Vec<Order> {
    let order = |customer: &str, lines: &[(&str, u32)]| Order {
        customer: customer.to_owned(),
        lines: lines.iter().map(|(item, count)| Line { item: (*item).to_owned(), count: *count }).collect(),
    };
    vec![
        order("Ada", &[("apple", 3), ("bread", 1)]),
        order("Zo\u{eb}", &[("honey", 30), ("apple", 19), ("bread", 10)]),
        order("", &[]),
        order("Nobody", &[("apple", 1), ("unobtainium", 1)]),
        order("Everybody", &[("bread", 1); 300]),
    ]
}

/// The functions and the contract of this file.
pub fn registry() -> Result<Registry> {
    Registry::collect()
}

/// The languages that the plugin is written in, and the file of each.
const PLUGINS: &[(&str, &str)] = &[
    ("Rust", "till-rs.wasm"),
    ("C", "till-c.wasm"),
    ("AssemblyScript", "till-as.wasm"),
    ("Zig", "till-zig.wasm"),
];

/// Not every machine that builds the plugins has a compiler for this one.
const OPTIONAL: &str = "Zig";

/// The plugins, each with its language: the committed ones, or those of a folder of freshly built ones,
/// `HOSTFN_GUESTS`. Where the optional one could not be built, a line says so.
pub fn plugins() -> Vec<(&'static str, PathBuf)> {
    let fresh = std::env::var_os("HOSTFN_GUESTS").map(PathBuf::from);
    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/guests");
    let folder = fresh.as_ref().unwrap_or(&committed);
    let plugins = PLUGINS.iter().map(|(language, file)| (*language, folder.join(file)));
    plugins
        .filter(|(language, path)| {
            let is_lacking = fresh.is_some() && *language == OPTIONAL && !path.exists();
            if is_lacking {
                eprintln!("no fresh plugin in {language}: skipped");
            }
            !is_lacking
        })
        .collect()
}
