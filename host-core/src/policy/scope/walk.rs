use std::io::{self, ErrorKind};
use std::path::{Component, Path};

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

use super::locate::{LastLink, LocateError};

/// The links that one path may lead over, as in Linux.
const MOST_LINKS: u32 = 40;

/// The directories that one path may lead over, those counted again that a `..` in a link leads back to.
const MOST_OPENED: u32 = 1 << 14;

/// The way from the operator's directory down. Two directories are open at a time, however long it is: a guest can make
/// directories as deep as a path is long, and the process has so many files for all of them.
pub(super) struct Walk<'b> {
    base: &'b str,
    pub(super) dir: Dir,
    /// The directory that was come to, unless it is that of the operator.
    pub(super) here: Option<Dir>,
    /// The names from the operator's directory to that one.
    pub(super) inside: Vec<String>,
    links: u32,
    opened: u32,
}

impl<'b> Walk<'b> {
    pub(super) fn from(base: &'b str, dir: Dir) -> Self {
        Self { base, dir, here: None, inside: Vec::new(), links: 0, opened: 0 }
    }

    /// Opens every directory on the way; the last name, unless the way ends at the operator's directory.
    pub(super) fn run(&mut self, path: &str, last: LastLink) -> Result<Option<String>, LocateError> {
        // what is still ahead, the next name at the end
        let mut ahead: Vec<String> = Vec::new();
        push(&mut ahead, path);
        while let Some(name) = ahead.pop() {
            if name == ".." {
                self.inside.pop().ok_or_else(out)?;
                // several in a row are one way back
                if ahead.last().is_none_or(|next| next != "..") {
                    self.back()?;
                }
                continue;
            }
            let dir = self.here.as_ref().unwrap_or(&self.dir);
            let link = if ahead.is_empty() {
                if last == LastLink::Keep || !is_link(dir, &name)? {
                    return Ok(Some(name));
                }
                dir.read_link_contents(&name)?
            } else {
                match self.enter(&name) {
                    Ok(()) => {
                        self.inside.push(name);
                        continue;
                    }
                    Err(error) => {
                        let dir = self.here.as_ref().unwrap_or(&self.dir);
                        dir.read_link_contents(&name).map_err(|_| error)?
                    }
                }
            };
            self.follow(&link, &mut ahead)?;
        }
        // a link led to a directory by `.` or `..`
        let name = self.inside.pop();
        if name.is_some() {
            self.back()?;
        }
        Ok(name)
    }

    /// Opens a directory that is no link.
    fn enter(&mut self, name: &str) -> io::Result<()> {
        self.opened += 1;
        if self.opened > MOST_OPENED {
            return Err(io::Error::other("too many directories on the way"));
        }
        self.here = Some(self.here.as_ref().unwrap_or(&self.dir).open_dir_nofollow(name)?);
        Ok(())
    }

    /// Opens the directory of the names again, from the operator's directory on.
    fn back(&mut self) -> io::Result<()> {
        self.here = None;
        let inside = std::mem::take(&mut self.inside);
        let opened = inside.iter().try_for_each(|name| self.enter(name));
        self.inside = inside;
        opened
    }

    fn follow(&mut self, link: &Path, ahead: &mut Vec<String>) -> Result<(), LocateError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(io::Error::other("too many links").into());
        }
        let link = link.to_str().ok_or_else(out)?;
        if !Path::new(link).has_root() {
            push(ahead, link);
            return Ok(());
        }
        let inside = Path::new(link).strip_prefix(self.base).ok().and_then(Path::to_str).ok_or_else(out)?;
        self.inside.clear();
        self.here = None;
        push(ahead, inside);
        Ok(())
    }
}

/// Puts the names of a path before what is ahead.
fn push(ahead: &mut Vec<String>, path: &str) {
    for part in Path::new(path).components().rev() {
        match part {
            Component::Normal(name) => ahead.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => ahead.push("..".to_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
}

fn is_link(dir: &Dir, name: &str) -> io::Result<bool> {
    match dir.symlink_metadata(name) {
        Ok(there) => Ok(there.is_symlink()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn out() -> LocateError {
    LocateError::LeadsOut(String::new())
}
