//! Source locations.

use std::fmt;

/// A location in source code. [`here!`](crate::here) creates one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLocation {
    krate: &'static str,
    version: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
}

impl SourceLocation {
    /// An unknown location.
    pub const UNKNOWN: SourceLocation = SourceLocation::new(None, None, "", "", 0);

    /// Creates a location from its parts; [`here!`](crate::here) fills them in.
    pub const fn new(
        krate: Option<&'static str>,
        version: Option<&'static str>,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        // `unwrap_or` is not for const evaluation yet
        const fn or_empty(part: Option<&'static str>) -> &'static str {
            match part {
                Some(part) => part,
                None => "",
            }
        }
        Self { krate: or_empty(krate), version: or_empty(version), module, file, line }
    }

    /// Returns the package's name; empty where the build does not set it.
    pub const fn krate(&self) -> &'static str {
        self.krate
    }

    /// Returns the package's version; empty where the build does not set it.
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// Returns the path of the Rust module.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// Returns the line, counted from 1; 0 when the location is unknown.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Returns the package's version, if the package is from outside the workspace; empty where the build does not set
    /// it. Cargo names the files of such a package by absolute paths, or by `name-version/` where paths are trimmed.
    ///
    /// Code that a build script generated has an absolute path too, and counts as from outside.
    ///
    /// ```
    /// use hostfn_core::SourceLocation;
    ///
    /// let location = |file| SourceLocation::new(Some("dep"), Some("1.2.3"), "dep", file, 7);
    /// assert_eq!(location("src/lib.rs").outside(), None);
    /// assert_eq!(location("/registry/dep-1.2.3/src/lib.rs").outside(), Some("1.2.3"));
    /// ```
    pub fn outside(&self) -> Option<&'static str> {
        let rest = self.file.strip_prefix(self.krate).and_then(|rest| rest.strip_prefix('-'));
        let rest = rest.and_then(|rest| rest.strip_prefix(self.version));
        let trimmed = !self.version.is_empty() && rest.is_some_and(|rest| rest.starts_with(['/', '\\']));
        (self.is_absolute() || trimmed).then_some(self.version)
    }

    fn is_absolute(&self) -> bool {
        self.file.starts_with(['/', '\\']) || self.file.as_bytes().get(1) == Some(&b':')
    }

    /// Returns the file as rustc got it: relative to the workspace for the workspace's own code. For a dependency, whose
    /// path is absolute, returns the part from the package's folder on, so that no listing shows paths of a machine.
    pub fn file(&self) -> &'static str {
        let file = self.file;
        if !self.is_absolute() {
            return file;
        }
        let folder = ["src", "tests", "examples", "benches"]
            .iter()
            .filter_map(|dir| {
                let at = [format!("/{dir}/"), format!("\\{dir}\\")];
                at.iter().filter_map(|sep| file.rfind(sep.as_str())).max()
            })
            .max();
        let end = folder.unwrap_or(file.len());
        let start = file[..end].rfind(['/', '\\']).map_or(0, |i| i + 1);
        &file[start..]
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str("an unknown place");
        }
        write!(f, "{}:{}", self.file(), self.line)
    }
}

/// Creates the [`SourceLocation`] of this line: package, version, module, file and line.
#[macro_export]
macro_rules! here {
    () => {
        $crate::SourceLocation::new(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        )
    };
}
