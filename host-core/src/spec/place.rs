//! Where something is declared.

use std::fmt;

/// A place in source code. Made by [`here!`](crate::here).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    krate: &'static str,
    version: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
}

impl Place {
    /// No place was given.
    pub const UNKNOWN: Place = Place::new(None, None, "", "", 0);

    /// A place from its parts; [`here!`](crate::here) fills them in.
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

    /// The package's name; empty where the build does not say.
    pub const fn krate(&self) -> &'static str {
        self.krate
    }

    /// The package's version; empty where the build does not say.
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// The path of the Rust module.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The line, counted from 1; 0 when the place is unknown.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The package's version, when it is from outside the workspace: cargo names the files of such a package by absolute
    /// paths, or by `name-version/` where paths are trimmed. Empty where the build does not say it.
    ///
    /// Code that a build script wrote has an absolute path too, and counts as from outside.
    ///
    /// ```
    /// use hostfn_core::Place;
    ///
    /// let place = |file| Place::new(Some("dep"), Some("1.2.3"), "dep", file, 7);
    /// assert_eq!(place("src/lib.rs").outside(), None);
    /// assert_eq!(place("/registry/dep-1.2.3/src/lib.rs").outside(), Some("1.2.3"));
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

    /// The file as rustc was given it: relative to the workspace for the workspace's own code. For a
    /// dependency, whose path is absolute, the part from the package's folder on, so that no listing
    /// tells where a machine keeps its files.
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str("an unknown place");
        }
        write!(f, "{}:{}", self.file(), self.line)
    }
}

/// The [`Place`] where it is written: package, version, module, file and line.
#[macro_export]
macro_rules! here {
    () => {
        $crate::Place::new(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        )
    };
}
