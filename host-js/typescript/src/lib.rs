//! Removes the types of a module in TypeScript. The host runs it as a guest: no source of a plugin meets native code.

mod blank;
mod strip;
mod syntax;

use hostfn_guest::CallError;

/// Line and column, both counted from 1, what is wrong there, and what to write.
type Wrong = (u32, u32, String, String);

hostfn_guest::export! {
    /// Returns the module with spaces in place of its types, so that every other character keeps its line and column,
    /// or everything that cannot be removed.
    pub fn strip(source: &str) -> Result<Result<String, Vec<Wrong>>, CallError> {
        Ok(strip::strip(source))
    }
}
