//! Guests by language.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Once;

/// Every language that there is a guest in; C without a library and beside `malloc`, C++ beside `new`, `AssemblyScript`
/// with a runtime that collects garbage and with one that does not.
const LANGUAGES: &[&str] = &["rust", "c", "c-malloc", "cpp", "as", "as-stub", "zig"];

/// Those that not every machine has a compiler or a library for.
const OPTIONAL: &[&str] = &["c-malloc", "cpp", "zig"];

/// Every language that there is a guest in, but for an optional one that a folder of freshly built guests lacks: a
/// line says so.
pub fn languages() -> Vec<&'static str> {
    static SAID: Once = Once::new();
    let is_fresh = std::env::var_os("HOSTFN_GUESTS").is_some();
    let (lacking, there): (Vec<&str>, Vec<&str>) = LANGUAGES
        .iter()
        .copied()
        .partition(|language| is_fresh && OPTIONAL.contains(language) && !guest(language).exists());
    SAID.call_once(|| {
        for language in lacking {
            // not by `eprintln!`, which the test runner keeps to itself
            let _ = writeln!(std::io::stderr(), "no fresh guest in {language}: skipped");
        }
    });
    there
}

/// The guest in `language`: the committed one, or that of a folder of freshly built guests, `HOSTFN_GUESTS`.
pub fn guest(language: &str) -> PathBuf {
    let committed = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("guests");
    let fresh = |folder| PathBuf::from(folder).join("conformance");
    std::env::var_os("HOSTFN_GUESTS").map_or_else(committed, fresh).join(language).with_extension("wasm")
}

/// For each `echo` of the contract, `$case!(name)`.
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
        $case!(echo_handle);
        $case!(echo_handles);
    };
}
pub(crate) use for_each_echo;
