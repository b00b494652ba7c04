//! The fixed names of imports and exports, and the rules for names that users choose.

/// The module that the host's imports are in, unless a function names another.
pub const HOST: &str = "host";

/// `(level i32, ptr i32, len i32)`: write a line of text.
pub const HOST_LOG: &str = "host_log";
/// `(len i32) -> i32`: call the guest's own [`PLUGIN_ALLOC`].
pub const HOST_ALLOC: &str = "host_alloc";
/// `(ptr i32, len i32)`: name the result of the export that the host is calling.
pub const HOST_SET_RESULT: &str = "host_set_result";
/// `(ptr i32, cap i32) -> i32`: name the standing reply window; returns a status.
pub const HOST_SET_WINDOW: &str = "host_set_window";
/// `() -> i32`: where the last reply was put, 0 if there was none.
pub const HOST_RESULT_PTR: &str = "host_result_ptr";

/// The imports that always exist, so that no host function may take their names.
pub const RESERVED: &[&str] = &[HOST_LOG, HOST_ALLOC, HOST_SET_RESULT, HOST_SET_WINDOW, HOST_RESULT_PTR];

/// The guest's memory.
pub const MEMORY: &str = "memory";
/// `(len i32) -> i32`: a block of the guest's memory for the host to write to, 0 if absent.
pub const PLUGIN_ALLOC: &str = "plugin_alloc";
/// `() -> i32`: the [`ABI_VERSION`](crate::ABI_VERSION) that the guest speaks; absent means 1.
pub const PLUGIN_ABI_VERSION: &str = "plugin_abi_version";
/// `() -> i32`: called once before anything else but [`INITIALIZE`]; returns a status.
pub const PLUGIN_INIT: &str = "plugin_init";
/// `()`: called first, where it exists.
pub const INITIALIZE: &str = "_initialize";

/// The custom section with a record of each host function and contract entry that the guest was built against.
pub const FUNCTIONS_SECTION: &str = "hostfn.functions";
/// A constant global, the address in the guest's memory of what [`FUNCTIONS_SECTION`] would hold and a zero: for languages
/// that cannot write sections.
pub const FUNCTIONS_GLOBAL: &str = "hostfn_functions";

/// Remedy for a name that is not [importable](is_importable).
pub const IMPORTABLE_REMEDY: &str = "use 1 to 128 ASCII letters, digits and `_ - . : / @`";

/// Reports whether every guest language can import and export a function of this name: 1 to 128 ASCII letters, digits
/// and `_ - . : / @`.
///
/// ```
/// use hostfn_abi::names::is_importable;
///
/// assert!(is_importable("host_log") && !is_importable("größe"));
/// ```
pub const fn is_importable(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut valid = matches!(bytes.len(), 1..=128);
    let mut i = 0;
    while i < bytes.len() && valid {
        valid =
            bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'_' | b'-' | b'.' | b':' | b'/' | b'@');
        i += 1;
    }
    valid
}

/// Remedy for a name that is not [dotted](is_dotted).
pub const DOTTED_REMEDY: &str =
    "use lower-case words joined by dots, each `[a-z][a-z0-9_-]*`, at most 64 bytes in total";

/// Reports whether a capability can have this name, or a contract this id: words joined by dots, each `[a-z][a-z0-9_-]*`,
/// at most 64 bytes in total.
///
/// ```
/// use hostfn_abi::names::is_dotted;
///
/// assert!(is_dotted("fs.read") && !is_dotted("FS read"));
/// ```
pub const fn is_dotted(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut valid = bytes.len() <= 64;
    let mut word_starts = true;
    let mut i = 0;
    while i < bytes.len() && valid {
        (word_starts, valid) = match bytes[i] {
            b'a'..=b'z' => (false, true),
            b'0'..=b'9' | b'-' | b'_' => (false, !word_starts),
            b'.' => (true, !word_starts),
            _ => (false, false),
        };
        i += 1;
    }
    valid && !word_starts
}

/// Reports whether `c` is plain: an ASCII letter, a digit, `_`, `-` or `.`. Names of plugins and of logged fields have no
/// other characters.
pub const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}
