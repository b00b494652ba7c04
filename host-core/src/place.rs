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

    /// The file as rustc was given it: relative to the workspace for the workspace's own code. For a
    /// dependency, whose path is absolute, the part from the package's folder on, so that no listing
    /// tells where a machine keeps its files.
    pub fn file(&self) -> &'static str {
        let file = self.file;
        if !(file.starts_with(['/', '\\']) || file.as_bytes().get(1) == Some(&b':')) {
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
