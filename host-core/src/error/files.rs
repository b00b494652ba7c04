//! Files that are read whole, whatever they turn out to be.

use std::fs::File;
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

use cap_fs_ext::OpenOptionsSyncExt;
use cap_std::ambient_authority;
use cap_std::fs::OpenOptions;

/// Reads a regular file of at most `most` bytes, to its end. Links are followed. Anything else (a directory, a pipe, a
/// device, a socket) is refused and not waited for: for files that others may have put there.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("grants.toml");
/// std::fs::write(&path, "greet = true")?;
/// assert_eq!(hostfn_core::read_file(&path, 1 << 20)?, b"greet = true");
/// assert_eq!(hostfn_core::read_file(&path, 4).unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
/// # #[cfg(unix)]
/// assert!(hostfn_core::read_file("/dev/zero", 1 << 20).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is no regular file, [`ErrorKind::FileTooLarge`] for one that is longer, and those
/// of the file system.
pub fn read_file(path: impl AsRef<Path>, most: u64) -> io::Result<Vec<u8>> {
    let mut file = open_regular_file(path)?;
    let len = file.metadata()?.len();
    read_to_end(&mut file, len, most)
}

/// As [`read_file`], for text.
///
/// # Errors
/// Those, and [`ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_text_file(path: impl AsRef<Path>, most: u64) -> io::Result<String> {
    let text = String::from_utf8(read_file(path, most)?);
    text.map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Opens a regular file for reading. Links are followed. Anything else is refused and not waited for.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is no regular file, and those of the file system.
pub fn open_regular_file(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    // before it is opened, because opening a device can have effects of its own
    if !std::fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    let mut options = OpenOptions::new();
    options.read(true).nonblock(true);
    let file = cap_std::fs::File::open_ambient_with(path, &options, ambient_authority())?.into_std();
    // it may have been replaced since, and then it was opened without waiting
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

/// The rest of a file that has about `len` bytes, at most `most`.
pub(crate) fn read_to_end(file: &mut impl Read, len: u64, most: u64) -> io::Result<Vec<u8>> {
    let room = len.min(most).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

/// The message for a directory, a pipe or a device where a file is wanted.
pub(crate) const NOT_REGULAR: &str = "it is not a regular file";

/// The message for a file that the system does not give.
pub(crate) fn cannot_be_read(error: &Error) -> String {
    format!("it cannot be read: {error}")
}

fn not_regular() -> Error {
    Error::new(ErrorKind::InvalidInput, NOT_REGULAR)
}

fn too_large(most: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("it is larger than {most} bytes"))
}
