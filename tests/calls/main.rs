//! Calls of host functions by guests: the gates, arguments, replies, statuses and records.

#[cfg(feature = "wasm")]
mod audit;
mod check_order;
mod denials;
mod gates;
mod host_params;
mod nested;
mod records;
mod replies;
mod resources;
mod status;
mod type_table;
#[cfg(feature = "wasm")]
mod untrusted;
