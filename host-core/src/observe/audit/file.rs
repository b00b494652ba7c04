//! The file itself: where it ends, when another begins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::open_regular_file;

/// The last line is looked for in so many bytes.
const TAIL: u64 = 1 << 20;

pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    rotate_at: u64,
    /// The limit of `size`.
    limit: u64,
    keep: u32,
}

/// The files of an earlier run.
pub(super) struct Left {
    pub(super) next_seq: u64,
    /// The last line, if it was not written whole.
    pub(super) torn: Option<String>,
}

impl RotatingFile {
    /// Opens the file and cuts off a line that was not written whole.
    pub(super) fn open(path: &Path, rotate_at: u64, keep: u32) -> io::Result<(Self, Left)> {
        let mut file = appending(path)?;
        let found = file.metadata()?;
        let size = found.len();
        // a pipe or a device is not put aside
        let rotate_at = if found.is_file() { rotate_at } else { u64::MAX };
        let tail = Tail::read(&mut file, size)?;
        let torn = tail.torn().map(|torn| String::from_utf8_lossy(torn).into_owned());
        let mut this = Self { path: path.to_owned(), file, size, rotate_at, limit: rotate_at, keep };
        if torn.is_some() {
            this.size = tail.whole();
            this.file.set_len(this.size)?;
        }
        let last = tail.last_seq().or_else(|| {
            let mut older = open_regular_file(numbered(path, 1)).ok()?;
            let size = older.metadata().ok()?.len();
            Tail::read(&mut older, size).ok()?.last_seq()
        });
        Ok((this, Left { next_seq: last.map_or(0, |seq| seq.saturating_add(1)), torn }))
    }

    /// Takes whole lines away as they are written. After an error the rest is still there, and the file
    /// ends with a whole line.
    pub(super) fn write(&mut self, lines: &mut Vec<u8>) -> io::Result<()> {
        let mut rotated = Ok(());
        while !lines.is_empty() {
            let room = usize::try_from(self.limit.saturating_sub(self.size)).unwrap_or(usize::MAX);
            let fitting = fitting(lines, room);
            if fitting == 0 && self.size > 0 {
                rotated = rotated.and(self.rotate());
                continue;
            }
            let chunk = fitting.max(first_line(lines));
            self.append(&lines[..chunk])?;
            lines.drain(..chunk);
        }
        rotated
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(lines);
        match written {
            Ok(()) => self.size += lines.len() as u64,
            // what was written of them is written again
            Err(_) => drop(self.file.set_len(self.size)),
        }
        written
    }

    /// When it fails, the file grows on, and rotation is tried again later.
    fn rotate(&mut self) -> io::Result<()> {
        self.limit = self.size.saturating_add(self.rotate_at);
        self.file.sync_data()?;
        let next = beside(&self.path, "next");
        // before anything is moved: guests may have all the files open that the process can have
        let file = appending(&next)?;
        let moved = file.set_len(0).and_then(|()| self.move_on(&next));
        if moved.is_err() {
            let _ = fs::remove_file(&next);
            return moved;
        }
        // who may read the old one may read the new one, as well as this can be done
        let permissions = self.file.metadata().map(|old| old.permissions());
        let _ = permissions.and_then(|permissions| file.set_permissions(permissions));
        self.file = file;
        self.size = 0;
        self.limit = self.rotate_at;
        Ok(())
    }

    /// Puts `next` in the place of the file, and that in the place of the older one.
    fn move_on(&self, next: &Path) -> io::Result<()> {
        for n in (1..self.keep).rev() {
            match fs::rename(numbered(&self.path, n), numbered(&self.path, n + 1)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if self.keep > 0 {
            fs::rename(&self.path, numbered(&self.path, 1))?;
        }
        fs::rename(next, &self.path)
    }
}

/// Opens the file, which is created for this user alone: it holds what plugins were called with.
fn appending(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn numbered(path: &Path, n: u32) -> PathBuf {
    beside(path, &n.to_string())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(format!(".{end}"));
    path.into()
}

/// Bytes of the whole lines that fit into `room`.
fn fitting(lines: &[u8], room: usize) -> usize {
    if lines.len() <= room { lines.len() } else { whole_lines(&lines[..room]) }
}

fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn first_line(lines: &[u8]) -> usize {
    lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1)
}

/// The end of a file.
struct Tail {
    bytes: Vec<u8>,
    /// Its offset in the file.
    from: u64,
    /// The end of the last whole line in `bytes`.
    whole: usize,
}

impl Tail {
    fn read(file: &mut File, size: u64) -> io::Result<Self> {
        let from = size.saturating_sub(TAIL);
        let mut bytes = Vec::new();
        if size > 0 {
            file.seek(SeekFrom::Start(from))?;
            file.take(TAIL).read_to_end(&mut bytes)?;
        }
        let whole = whole_lines(&bytes);
        if whole == 0 && from > 0 {
            return Err(io::Error::new(ErrorKind::InvalidData, "the file is there, and does not have lines"));
        }
        Ok(Self { bytes, from, whole })
    }

    fn torn(&self) -> Option<&[u8]> {
        Some(&self.bytes[self.whole..]).filter(|torn| !torn.is_empty())
    }

    /// Bytes of the file in whole lines.
    fn whole(&self) -> u64 {
        self.from + self.whole as u64
    }

    fn last_seq(&self) -> Option<u64> {
        let lines = self.bytes[..self.whole].strip_suffix(b"\n")?;
        let line = lines.rsplit(|byte| *byte == b'\n').next()?;
        serde_json::from_slice::<serde_json::Value>(line).ok()?.get("seq")?.as_u64()
    }
}
