//! Guests by language, and values made up by number.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod made;

use std::path::PathBuf;

/// Every language that there is a guest in; `AssemblyScript` with a runtime that collects garbage, and with one that
/// does not.
pub const LANGUAGES: &[&str] = &["rust", "c", "as", "as-stub"];

/// The guest in `language`: the committed one, or that of a folder of freshly built guests, `HOSTFN_GUESTS`.
pub fn guest(language: &str) -> PathBuf {
    let committed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("guests");
    let fresh = |folder| PathBuf::from(folder).join("conformance");
    std::env::var_os("HOSTFN_GUESTS").map_or_else(committed, fresh).join(language).with_extension("wasm")
}

/// For each `echo` of the contract, `$case!(name)`.
#[macro_export]
macro_rules! for_each_echo {
    ($case:ident) => {
        $case!(echo_bool);
        $case!(echo_u8);
        $case!(echo_u16);
        $case!(echo_u32);
        $case!(echo_u64);
        $case!(echo_i8);
        $case!(echo_i16);
        $case!(echo_i32);
        $case!(echo_i64);
        $case!(echo_f32);
        $case!(echo_f64);
        $case!(echo_char);
        $case!(echo_str);
        $case!(echo_bytes);
        $case!(echo_option_u32);
        $case!(echo_option_str);
        $case!(echo_option_point);
        $case!(echo_seq_i64);
        $case!(echo_seq_str);
        $case!(echo_seq_bytes);
        $case!(echo_seq_point);
        $case!(echo_map_str_u32);
        $case!(echo_map_u64_seq_str);
        $case!(echo_map_level_point);
        $case!(echo_tuple);
        $case!(echo_array);
        $case!(echo_point);
        $case!(echo_order);
        $case!(echo_metres);
        $case!(echo_pair);
        $case!(echo_level);
        $case!(echo_figure);
        $case!(echo_node);
        $case!(echo_record);
        $case!(echo_choice);
        $case!(echo_anything);
    };
}
