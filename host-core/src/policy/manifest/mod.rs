//! The manifest of a plugin.

mod read;
mod write;

use std::collections::BTreeMap;

use crate::error::Problems;
use crate::policy::{Grants, RequestedLimits};
use crate::spec::Capability;

/// The manifest of a plugin, its `plugin.toml`: name, requested capabilities with reasons, and exports.
///
/// ```
/// use hostfn_core::{Capability, Grants, Manifest, ScopeKind};
///
/// static FS_READ: Capability =
///     Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
///
/// let text = r#"
///     name = "thumbnails"
///     version = "1.2.0"
///     abi = 1
///
///     [capabilities]
///     "fs.read" = { reason = "Reads the pictures to shrink.", allow = ["/pictures/**", "/tmp/*"] }
///
///     [limits]
///     memory = "32 MiB"
///     time = "500 ms"
///
///     [[exports]]
///     contract = "thumbnailer"
///     type = "shrink"
///     entry = "shrink"
///     args = ["str", "u32"]
///     reply = "bytes"
/// "#;
/// let manifest = Manifest::from_toml(text, [&FS_READ])?;
/// assert_eq!(manifest.reason("fs.read"), Some("Reads the pictures to shrink."));
///
/// let granted = Grants::none().allow_within(&FS_READ, ["/pictures/2024/**", "/home/**"])?;
/// assert_eq!(manifest.effective(&granted).to_string(), "fs.read = /pictures/2024/**");
/// # Ok::<(), hostfn_core::Problems>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    name: String,
    version: String,
    abi: i32,
    asked: Grants,
    reasons: BTreeMap<&'static str, String>,
    limits: RequestedLimits,
    exports: Vec<ManifestExport>,
}

/// One type of a contract that a plugin implements.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestExport {
    /// The contract.
    pub contract: String,
    /// The contract's type; `type` in the file.
    pub kind: String,
    /// The module's export that is called.
    pub entry: String,
    /// The shapes of the arguments, in order, as a listing writes them.
    pub args: Vec<String>,
    /// The shape of the reply, as a listing writes it.
    pub reply: String,
    /// The description.
    pub docs: Option<String>,
}

impl Manifest {
    /// Reads a `plugin.toml` of at most 1 MiB, in which every capability asked for is one of `known`.
    ///
    /// `name`, `version` and `abi` are required. `[capabilities]` holds a table for each capability, with the
    /// `reason` to ask for it and, where it has a scope, `allow` and `deny` as grants have them. `[limits]`
    /// holds those of [`RequestedLimits`]: sizes are bytes or text such as `"64 KiB"`, and `time` is text such as
    /// `"500 ms"` or `"2 s"`. Each `[[exports]]` has `contract`, `type`, `entry`, `args` and `reply`, and may
    /// have `docs`.
    ///
    /// # Errors
    /// Every problem of the file at once, each with its line: [`Code::ManifestInvalid`],
    /// [`Code::AskedUnknown`], [`Code::BadPattern`], [`Code::ScopeNotTaken`], [`Code::AbiVersion`],
    /// [`Code::DuplicateContract`] and [`Code::DuplicateEntry`].
    ///
    /// [`Code::ManifestInvalid`]: crate::Code::ManifestInvalid
    /// [`Code::AskedUnknown`]: crate::Code::AskedUnknown
    /// [`Code::BadPattern`]: crate::Code::BadPattern
    /// [`Code::ScopeNotTaken`]: crate::Code::ScopeNotTaken
    /// [`Code::AbiVersion`]: crate::Code::AbiVersion
    /// [`Code::DuplicateContract`]: crate::Code::DuplicateContract
    /// [`Code::DuplicateEntry`]: crate::Code::DuplicateEntry
    pub fn from_toml<'c>(
        text: &str,
        known: impl IntoIterator<Item = &'c Capability>,
    ) -> Result<Self, Problems> {
        read::read(text, known)
    }

    /// The file that [`from_toml`](Manifest::from_toml) reads back to the same manifest.
    pub fn to_toml(&self) -> String {
        write::write(self)
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plugin's version, a semantic one.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version of the ABI that it is built for.
    pub fn abi(&self) -> i32 {
        self.abi
    }

    /// The capabilities that it asks for, with the scopes that it asks for.
    pub fn asked(&self) -> &Grants {
        &self.asked
    }

    /// Returns why it asks for the capability with this name; `None` if it does not.
    pub fn reason(&self, capability: &str) -> Option<&str> {
        self.reasons.get(capability).map(String::as_str)
    }

    /// The limits that it asks for.
    pub fn limits(&self) -> &RequestedLimits {
        &self.limits
    }

    /// Returns what it exports, in the order of the file.
    pub fn exports(&self) -> &[ManifestExport] {
        &self.exports
    }

    /// Returns what an instance may do: what the manifest asks for, cut down to what is `granted`.
    #[must_use]
    pub fn effective(&self, granted: &Grants) -> Grants {
        self.asked.within(granted)
    }
}
