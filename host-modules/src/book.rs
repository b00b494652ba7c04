//! The pages of the book on modules, whose Rust blocks are tests.

macro_rules! pages {
    ($($feature:literal $name:ident: $path:literal,)*) => {$(
        #[cfg(feature = $feature)]
        #[doc = include_str!($path)]
        struct $name;
    )*};
}

pages! {
    "clock" Clock: "../../docs/modules/clock.md",
    "env" Env: "../../docs/modules/env.md",
    "ffi" Ffi: "../../docs/modules/ffi.md",
    "fs" Fs: "../../docs/modules/fs.md",
    "http" Http: "../../docs/modules/http.md",
    "kms" Kms: "../../docs/modules/kms.md",
    "kv" Kv: "../../docs/modules/kv.md",
    "log" Log: "../../docs/modules/log.md",
    "random" Random: "../../docs/modules/random.md",
    "secret" Secret: "../../docs/modules/secret.md",
    "sql" Sql: "../../docs/modules/sql.md",
}

#[cfg(all(feature = "clock", feature = "fs", feature = "kv", feature = "sql"))]
#[doc = include_str!("../../docs/guide/modules.md")]
struct Modules;
