//! The fixed names of imports and exports.

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
/// `(len i32) -> i32`: a block of the guest's memory for the host to write to, 0 when there is none.
pub const PLUGIN_ALLOC: &str = "plugin_alloc";
/// `() -> i32`: the [`ABI_VERSION`](crate::ABI_VERSION) that the guest speaks; absent means 1.
pub const PLUGIN_ABI_VERSION: &str = "plugin_abi_version";
/// `() -> i32`: called once before anything else but [`INITIALIZE`]; returns a status.
pub const PLUGIN_INIT: &str = "plugin_init";
/// `()`: called first, where it exists.
pub const INITIALIZE: &str = "_initialize";

/// The custom section that tells what host functions the guest was built against.
pub const FUNCTIONS_SECTION: &str = "hostfn.functions";
/// A constant global, the address in the guest's memory of what [`FUNCTIONS_SECTION`] would hold and a zero: for languages
/// that cannot write sections.
pub const FUNCTIONS_GLOBAL: &str = "hostfn_functions";
