//! A guest that greets, and reads files. `greeter-c` answers the same, byte for byte.

use hostfn_guest::CallError;

hostfn_guest::imports! {
    /// Build a greeting.
    fn greet(name: &str) -> String;

    /// Read a whole file.
    fn fs_read(path: &str) -> Vec<u8>;
}

hostfn_guest::export! {
    /// Greets `name`.
    pub fn run(name: &str) -> Result<String, CallError> {
        hostfn_guest::info(&format!("greeting {name}"));
        greet(name)
    }

    /// The bytes of the file at `path`.
    pub fn read(path: &str) -> Result<Vec<u8>, CallError> {
        fs_read(path)
    }
}
