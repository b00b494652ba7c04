//! A guest that was built against other functions than the host has is refused when it is loaded, and told what
//! has changed.

/// Declares versions of a function `f` of module `shop`, each with the types that it leads to, in a module of its
/// own. It requires nothing unless it says otherwise.
macro_rules! versions {
    ($($version:ident { $([$($item:tt)*])* ($($param:ident: $type:ty),*) -> $reply:ty $(; $requires:ident($($arg:expr),*))? })+) => {
        $(mod $version {
            #[allow(unused_imports, reason = "few need it")]
            use super::*;
            $(
                #[derive(serde::Serialize, serde::Deserialize)]
                #[allow(dead_code, reason = "only its type matters")]
                $($item)*
            )*
            pub static SPEC: hostfn::HostFnSpec = requires!(
                hostfn::HostFnSpec::new("shop", "f", |call| call.authorize()?.reply(&())) $(, $requires($($arg),*))?
            )
            .with_params(&[$(hostfn::spec::Param::new::<$type>(stringify!($param))),*])
            .with_reply(hostfn::spec::reply_shape!($reply));
        })+
    };
}

macro_rules! requires {
    ($spec:expr) => {
        $spec.always_available()
    };
    ($spec:expr, $requires:ident($($arg:expr),*)) => {
        $spec.$requires($($arg),*)
    };
}

mod accepted;
mod carried;
mod entries;
mod refused;

use hostfn::audit::FunctionRecord;
use hostfn::{Host, HostFnSpec, Registry};

fn registry(specs: &[&'static HostFnSpec]) -> Registry {
    Registry::builder().add_all(specs.iter().copied()).build().unwrap()
}

/// Returns what a guest knows of a function.
fn record(spec: &'static HostFnSpec) -> Vec<u8> {
    FunctionRecord::from_row(&registry(&[spec]).listing().functions[0]).to_bytes()
}

/// A guest that imports these and carries `custom` in its section.
fn guest(imports: &[(&str, &str)], section: &[u8], more: &str) -> Vec<u8> {
    let imports: String = imports
        .iter()
        .map(|(module, name)| {
            format!("(import \"{module}\" \"{name}\" (func (param i32 i32) (result i64)))\n")
        })
        .collect();
    let section = escaped(section);
    wat::parse_str(format!(
        r#"(module {imports} (memory (export "memory") 4) (@custom "hostfn.functions" "{section}") {more})"#
    ))
    .unwrap()
}

/// Bytes as WAT writes them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Returns what is wrong with a guest for a host that has these functions, a line each.
fn wrong(wasm: &[u8], now: &[&'static HostFnSpec]) -> Vec<String> {
    match Host::builder(registry(now)).build().unwrap().load("p", wasm) {
        Ok(_) => Vec::new(),
        Err(error) => test_support::probe::problems(&error),
    }
}

/// The error of a host for a guest that was built against another version of a function, but for the remedy and
/// the place, which are always the same.
fn drift(then: &'static HostFnSpec, now: &'static HostFnSpec) -> Vec<String> {
    let guest = guest(&[("shop", "f")], &record(then), "");
    let cut = |line: String| {
        let line = line
            .strip_suffix("; regenerate the plugin's bindings from this host's listing, and build it again");
        let line = line.expect("the remedy").replacen(" plugin `p`, function `f` of module `shop`:", "", 1);
        line.replace(" when the plugin was built, and ", " | ")
    };
    wrong(&guest, &[now]).into_iter().map(cut).collect()
}
