//! The same rule in C: a guest that is generated for each type gets a value from the host, decodes it, encodes it, and
//! gives it back, and the host compares.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use hostfn::{Grants, Host};
use hostfn_bindgen::{Language, generate};
use hostfn_core::{Call, HostFnSpec, Param, Registry, Reply, ReplyShape, reply_shape};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::CASES;
use crate::leaves::{Any, Source};

thread_local! {
    /// What the values of a call are made from.
    static SEED: Cell<u64> = const { Cell::new(0) };
}

fn value<T: Any>() -> T {
    T::any(&mut Source::new(SEED.get()))
}

fn make<T: Any + Serialize>(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    call.args::<()>()?;
    call.reply(&value::<T>())
}

fn is_same<T: Any + PartialEq + DeserializeOwned>(call: Call<'_>) -> Reply {
    let mut call = call.authorize()?;
    let (given,) = call.args::<(T,)>()?;
    call.reply(&(given == value::<T>()))
}

/// `make`, which replies a value, and `is_same`, which takes it back.
pub(crate) fn functions<T>(reply: ReplyShape) -> [&'static HostFnSpec; 2]
where
    T: Any + PartialEq + Serialize + DeserializeOwned + 'static,
{
    let params = vec![Param::of::<T>("value")].leak();
    [
        HostFnSpec::new("host", "make", make::<T>).always_available().replies(reply),
        HostFnSpec::new("host", "is_same", is_same::<T>)
            .always_available()
            .params(params)
            .replies(reply_shape!(bool)),
    ]
    .map(|spec| &*Box::leak(Box::new(spec)))
}

/// The type of the last parameter of a generated function, without the `*`.
fn last_type(header: &str, function: &str) -> Option<String> {
    let (_, rest) = header.split_once(&format!("static inline int32_t {function}("))?;
    let last = rest.split_once(')')?.0.rsplit(',').next()?.trim();
    Some(last.rsplit_once('*')?.0.trim().to_owned())
}

enum Guest {
    /// Its `run` answers a status that tells where it came to: -2001 for another value.
    Main(String),
    /// A unit, for which a reply has no bytes.
    Unit,
    /// A type with an alias has one name where it is a reply and another where it is an argument alone.
    TwoTypes,
}

fn guest(header: &str) -> Guest {
    let Some(of) = last_type(header, "host_make") else { return Guest::Unit };
    let takes = |parameter: String| header.contains(&format!("host_is_same({parameter}value,"));
    let value = match () {
        () if takes(format!("const {of} *")) => "&value",
        () if takes(format!("{of} ")) => "value",
        () => return Guest::TwoTypes,
    };
    Guest::Main(format!(
        r#"#define HOSTFN_IMPLEMENTATION
#include "host.h"
HOSTFN_EXPORT("run")
int64_t run(uint32_t args, uint32_t len) {{
    (void)args, (void)len;
    {of} value;
    bool same = false;
    if (host_make(&value) != HOSTFN_OK) return (uint32_t)-2003;
    if (host_is_same({value}, &same) != HOSTFN_OK) return (uint32_t)-2002;
    return same ? 0 : (uint32_t)-2001;
}}
"#
    ))
}

fn compiled(dir: &Path, header: &str, main: &str) -> Result<Vec<u8>, String> {
    std::fs::write(dir.join("host.h"), header).unwrap();
    std::fs::write(dir.join("main.c"), main).unwrap();
    let flags = ["--target=wasm32", "-mbulk-memory", "-std=c99", "-ffreestanding", "-nostdlib", "-O1"];
    let ran = Command::new("clang-14")
        .current_dir(dir)
        .args(flags)
        .args(["-fuse-ld=lld", "-Wl,--no-entry", "main.c", "-o", "main.wasm"])
        .output()
        .unwrap();
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned());
    }
    Ok(std::fs::read(dir.join("main.wasm")).unwrap())
}

#[test]
fn values_arrive_in_c_as_they_are() {
    if Command::new("clang-14").arg("--version").output().is_err() {
        eprintln!("no clang-14 here: skipped");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut tried, mut refused, mut wrong) = (0, 0, Vec::new());
    CASES.with(|cases| {
        for case in cases.iter().filter(|case| case.opaque().is_none() && case.nil_option().is_none()) {
            let registry = case.in_c.iter().fold(Registry::builder(), |builder, spec| builder.add(spec));
            let registry = registry.build().unwrap();
            let Ok(header) = generate(&registry.listing(), Language::C) else {
                refused += 1;
                continue;
            };
            let main = match guest(&header) {
                Guest::Main(main) => main,
                Guest::Unit => {
                    assert!(header.contains("host_make(void)"), "{}: no reply in\n{header}", case.name);
                    continue;
                }
                Guest::TwoTypes => {
                    let aliased = ["Aliased", "Word", "Mixed"].iter().any(|name| case.name.contains(name));
                    assert!(aliased, "{}: two types in\n{header}", case.name);
                    continue;
                }
            };
            let wasm = match compiled(dir.path(), &header, &main) {
                Ok(wasm) => wasm,
                Err(error) => {
                    wrong.push(format!("{}: {error}", case.name));
                    continue;
                }
            };
            let plugin = Host::builder(registry).build().unwrap().load("c", &wasm).unwrap();
            for seed in 0..12 {
                SEED.set(seed);
                let mut instance = plugin.instantiate(&Grants::none()).unwrap();
                if let Err(error) = instance.call::<_, ()>("run", ()) {
                    wrong.push(format!("{}, seed {seed}: {error}", case.name));
                    break;
                }
            }
            tried += 1;
        }
    });
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried >= 150, "{tried} tried, {refused} refused");
}
