//! From a path that a scope covers to an open directory and a name in it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions, ReadDir};

use super::path::PathPattern;
use super::walk::Walk;
use super::{Pattern, Rules, Scope};
use crate::error::read_to_end;
use crate::spec::ScopeKind;

/// The treatment of a symbolic link by [`Scope::locate`] that is the last name of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    /// Follows it: the location is what it leads to. For reading.
    Follow,
    /// Keeps it: the location is the link itself, which [`Location::open`] refuses. For everything that creates,
    /// replaces, renames or removes.
    Keep,
}

/// The reason a path has no location.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// The scope does not cover the path.
    #[error("the path is not covered by the scope")]
    NotCovered,
    /// A link leads out of the operator's directory, or to a path that a scope does not cover. Carries the path for the
    /// audit record. Report it to the guest as a file that does not exist.
    #[error("a link leads to what the scope does not cover")]
    LeadsOut(String),
    /// It is a directory, a link, a pipe, a device or a socket.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file system failed, or the file does not exist.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A path that a [`Scope`] covers, as an open directory and a name in it, with every link before the name resolved and
/// the result checked. Operations on the two cannot be led elsewhere by a link.
#[derive(Debug)]
pub struct Location<'s> {
    scope: &'s Scope,
    dir: Dir,
    /// The place where `dir` is, from the operator's directory on without links.
    parent: String,
    /// The same from the root on, where a denial may name it.
    real_parent: Option<String>,
    /// `None` is the operator's directory itself.
    name: Option<String>,
}

impl Scope {
    /// Opens the way to a path that the scope covers. This is the one way to use a granted path: it decides what is
    /// opened with the host's own authority, and checks where links lead.
    ///
    /// 1. The operator's directory is opened with the host's authority: the longest part without a wildcard of the
    ///    pattern that the *operator* granted. A scope that was cut down with [`within`](Scope::within) keeps the
    ///    operator's patterns, so a pattern of the plugin's never chooses the directory. Links in this part are the
    ///    operator's and are followed.
    /// 2. The rest is opened name by name and never leaves that directory, whatever links exist and whichever process
    ///    replaces a directory meanwhile. A link is followed to what lies inside the directory.
    /// 3. The path that results, free of links, has to be covered by the scope and by each scope that it was cut down
    ///    to, and their deny lists must not match it as it is named from the root either.
    ///
    /// Hard links are not links in this sense: they are the file itself, which more than one name leads to.
    ///
    /// ```
    /// use hostfn_core::{LastLink, LocateError, Scope, ScopeKind};
    ///
    /// # let temporary = tempfile::tempdir()?;
    /// # let dir = temporary.path().to_str().unwrap();
    /// std::fs::write(format!("{dir}/notes.txt"), "buy milk")?;
    /// let scope = Scope::new(ScopeKind::Path, &[format!("{dir}/**")], &[]).unwrap();
    /// let read = |path: &str| scope.locate(path, LastLink::Follow)?.read(1 << 20);
    /// assert_eq!(read(&format!("{dir}/notes.txt"))?, b"buy milk");
    /// assert!(matches!(read("/etc/hosts"), Err(LocateError::NotCovered)));
    /// # Ok::<(), LocateError>(())
    /// ```
    ///
    /// # Errors
    /// [`LocateError`]: the path is not covered, a link leads out, or a directory on the way cannot be opened. What the
    /// name leads to need not exist.
    pub fn locate(&self, path: &str, last: LastLink) -> Result<Location<'_>, LocateError> {
        let value = PathPattern::value(path).filter(|_| self.allows_everywhere(path));
        let value = value.ok_or(LocateError::NotCovered)?;
        let (base, rest) = self.operator().split(&value).ok_or(LocateError::NotCovered)?;
        let base = format!("/{base}");
        let dir = Dir::open_ambient_dir(&base, ambient_authority())?;
        let mut walk = Walk::from(&base, dir);
        let name = walk.run(rest, last).map_err(|error| match error {
            // of the way out the operator knows the beginning
            LocateError::LeadsOut(_) => LocateError::LeadsOut(format!("/{value}")),
            error => error,
        })?;
        let parent = walk.inside.iter().fold(base.clone(), |parent, name| join(&parent, name));
        let dir = walk.here.unwrap_or(walk.dir);
        let mut location = Location { scope: self, dir, parent, real_parent: None, name };
        if self.everywhere().any(|scope| !scope.deny.is_empty()) {
            location.real_parent = Some(real_path(&location.dir, &location.parent)?);
        }
        if location.is_covered(None) { Ok(location) } else { Err(LocateError::LeadsOut(location.path())) }
    }

    /// Returns whether a directory that the operator granted by name lies at `path` or below it, so that moving what is at
    /// `path` would change which directory is granted.
    pub fn has_base_at_or_below(&self, path: &str) -> bool {
        let (Rules::Path(lists), Some(path)) = (&self.operator().rules, PathPattern::value(path)) else {
            return false;
        };
        lists.allow.iter().any(|pattern| pattern.base_is_at_or_below(&path))
    }

    /// This scope and those that it was cut down to.
    fn everywhere(&self) -> impl Iterator<Item = &Scope> {
        std::iter::once(self).chain(self.outer.iter().map(AsRef::as_ref))
    }

    fn allows_everywhere(&self, path: &str) -> bool {
        self.everywhere().all(|scope| scope.allows(path))
    }

    fn denies_anywhere(&self, path: &str) -> bool {
        // of what cannot be matched it is not known
        let Some(value) = PathPattern::value(path) else { return true };
        self.everywhere().any(|scope| match &scope.rules {
            Rules::Path(lists) => lists.deny.iter().any(|pattern| pattern.matches(&value)),
            _ => false,
        })
    }

    /// Returns whether a denial may match what `other` allows.
    fn may_deny(&self, other: &Scope) -> bool {
        let (Rules::Path(ours), Rules::Path(theirs)) = (&self.rules, &other.rules) else { return true };
        ours.deny.iter().any(|denial| theirs.allow.iter().any(|allowed| allowed.overlaps(denial)))
    }

    /// Returns what the operator granted.
    fn operator(&self) -> &Scope {
        self.outer.last().map_or(self, AsRef::as_ref)
    }

    /// The directory that is opened with the host's authority, and the rest, of a value that an allow pattern matches:
    /// of several patterns by the one that names most.
    fn split<'v>(&self, value: &'v str) -> Option<(&'v str, &'v str)> {
        let Rules::Path(lists) = &self.rules else { return None };
        let text = value.into();
        let admitting = lists.allow.iter().filter(|pattern| pattern.matches(&text));
        Some(admitting.max_by_key(|pattern| pattern.fixed())?.split(value))
    }
}

impl Location<'_> {
    /// The directory that the name is in.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The name in [`dir`](Location::dir); `None` for the operator's own directory, which then is `dir`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The path without links below the operator's directory, as the scope was matched against it.
    pub fn path(&self) -> String {
        join_name(&self.parent, self.name())
    }

    /// The path without any links. Opening it resolves it again: pass it only to what takes nothing else.
    ///
    /// # Errors
    /// When the operating system does not tell it.
    pub fn real_path(&self) -> io::Result<PathBuf> {
        let parent = self.real_parent.clone().map_or_else(|| real_path(&self.dir, &self.parent), Ok)?;
        Ok(join_name(&parent, self.name()).into())
    }

    /// Returns whether the scope covers an entry of this directory.
    pub fn covers(&self, entry: &str) -> bool {
        self.is_covered(Some(entry))
    }

    /// Returns whether the scope covers everything that is or could be below, should it be a directory: each scope that it was
    /// cut down to does, and no denial reaches there, as it is named from the root either.
    ///
    /// # Errors
    /// When the operating system does not tell where it is.
    pub fn covers_all_below(&self) -> io::Result<bool> {
        // a `*` of the name's own makes it cover more, never less
        let below = |path: &str| Scope::new(ScopeKind::Path, &[join(path, "**")], &[]).ok();
        let real = below(&self.real_path()?.to_string_lossy());
        let (Some(below), Some(real)) = (below(&self.path()), real) else { return Ok(false) };
        Ok(self.scope.everywhere().all(|scope| scope.covers(&below) && !scope.may_deny(&real)))
    }

    fn is_covered(&self, entry: Option<&str>) -> bool {
        let at = |parent: &str| match entry {
            Some(entry) => join(&join_name(parent, self.name()), entry),
            None => join_name(parent, self.name()),
        };
        let denied =
            self.real_parent.as_deref().is_some_and(|parent| self.scope.denies_anywhere(&at(parent)));
        !denied && self.scope.allows_everywhere(&at(&self.parent))
    }

    /// Returns what is there, without following a link.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn metadata(&self) -> io::Result<Metadata> {
        match self.name() {
            Some(name) => self.dir.symlink_metadata(name),
            None => self.dir.dir_metadata(),
        }
    }

    /// Opens a regular file and nothing else: a link is not followed, and a pipe does not wait for its other end.
    ///
    /// # Errors
    /// [`LocateError::NotAFile`], and those of the file system.
    pub fn open(&self, options: &OpenOptions) -> Result<File, LocateError> {
        let name = self.name().ok_or(LocateError::NotAFile)?;
        match self.metadata() {
            Ok(there) if !there.is_file() => return Err(LocateError::NotAFile),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut options = options.clone();
        options.follow(FollowSymlinks::No).nonblock(true);
        let file = self.dir.open_with(name, &options)?;
        // it may have been replaced since
        if file.metadata()?.is_file() { Ok(file) } else { Err(LocateError::NotAFile) }
    }

    /// Reads a regular file, to its end.
    ///
    /// # Errors
    /// Those of [`open`](Location::open), and [`ErrorKind::FileTooLarge`] for one of more than `most` bytes.
    pub fn read(&self, most: u64) -> Result<Vec<u8>, LocateError> {
        let mut file = self.open(OpenOptions::new().read(true))?;
        let len = file.metadata()?.len();
        Ok(read_to_end(&mut file, len, most)?)
    }

    /// The entries of the directory that is there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_dir(&self) -> io::Result<ReadDir> {
        match self.name() {
            Some(name) => self.dir.open_dir_nofollow(name)?.entries(),
            None => self.dir.entries(),
        }
    }
}

fn join(parent: &str, name: &str) -> String {
    format!("{}/{name}", parent.trim_end_matches('/'))
}

fn join_name(parent: &str, name: Option<&str>) -> String {
    name.map_or_else(|| parent.to_owned(), |name| join(parent, name))
}

/// Returns where an open directory is. By the handle where the operating system tells it, since a path could lead elsewhere by
/// now.
fn real_path(dir: &Dir, path: &str) -> io::Result<String> {
    let known = of_handle(dir).map_or_else(|| std::fs::canonicalize(path), Ok)?;
    Ok(known.to_string_lossy().into_owned())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn of_handle(dir: &Dir) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;

    std::fs::read_link(format!("/proc/self/fd/{}", dir.as_raw_fd())).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn of_handle(_: &Dir) -> Option<PathBuf> {
    None
}
