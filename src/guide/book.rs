//! The pages of the book, whose Rust blocks are tests.

macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {$(
        #[doc = include_str!($path)]
        struct $name;
    )*};
}

pages! {
    Async: "../../docs/guide/async.md",
    Attribute: "../../docs/reference/attribute.md",
    Errors: "../../docs/guide/errors.md",
    FirstHost: "../../docs/start/first-host.md",
    Hosting: "../../docs/guide/hosting.md",
    Lock: "../../docs/audit/lock.md",
    Observers: "../../docs/guide/observers.md",
    PermissionPrompts: "../../docs/guide/permission-prompts.md",
    Services: "../../docs/guide/services.md",
    State: "../../docs/guide/state.md",
    Types: "../../docs/reference/types.md",
    WritingAPlugin: "../../docs/guide/writing-a-plugin.md",
}
