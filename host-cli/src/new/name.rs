//! Names that a project can have: that of a package, of a folder and of a program, on every system.

/// Longest name, in bytes.
const LONGEST: usize = 64;

/// Crates of the project itself and of the language, by which a package cannot be called.
const TAKEN: [&str; 8] = ["hostfn", "plugin", "test", "core", "std", "alloc", "proc-macro", "proc_macro"];

/// Folders of cargo's target, where a program of this name cannot be.
const FOLDERS: [&str; 4] = ["build", "deps", "examples", "incremental"];

/// Names of devices, which Windows gives to no file.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Returns what is wrong with a name, and what to write.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    let is_device = |name: &str| {
        let number = name.strip_prefix("com").or(name.strip_prefix("lpt"));
        DEVICES.contains(&name) || number.is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'9']))
    };
    if name.is_empty() {
        return Err("the name is empty; write one such as `my-host`");
    }
    if name.len() > LONGEST {
        return Err("the name is too long; use at most 64 characters");
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("the name does not begin with a letter from a to z; write one such as `my-host`");
    }
    if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')) {
        return Err(
            "the name has other characters than a to z, 0 to 9, `_` and `-`; write one such as `my-host`",
        );
    }
    if syn::parse_str::<syn::Ident>(name).is_err() && !name.contains('-') {
        return Err("the name is a keyword of Rust; choose another");
    }
    if TAKEN.contains(&name) || name.starts_with("hostfn-") || name.starts_with("hostfn_") {
        return Err("the name is that of a crate that the project needs; choose another");
    }
    if FOLDERS.contains(&name) || is_device(name) {
        return Err("the name is reserved for a folder or a device; choose another");
    }
    Ok(())
}
