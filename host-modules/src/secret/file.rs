//! Files that hold what others must not see.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::Path;

use hostfn::__private::open_regular_file;
use zeroize::Zeroizing;

/// The reason a file's content is not taken for a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotPrivate {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a file")]
    NotAFile,
    #[error("is open to everybody on this machine; `chmod o= {0}`")]
    Exposed(String),
    #[error("is more than {0} bytes")]
    TooLarge(usize),
    #[error("is empty")]
    Empty,
}

/// The content of a file that not everybody on the machine has access to (where that can be told, on Unix), without the
/// line end after it.
pub(crate) fn read(path: &Path, max: usize) -> Result<Zeroizing<Vec<u8>>, NotPrivate> {
    let file = open_regular_file(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => NotPrivate::NotAFile,
        _ => NotPrivate::Io(error),
    })?;
    let metadata = file.metadata()?;
    if is_exposed(&metadata) {
        return Err(NotPrivate::Exposed(path.display().to_string()));
    }
    // so many that what is too much stays so without its line end
    let most = max.saturating_add(3);
    // in one place from the start: what is moved leaves itself behind
    let room = usize::try_from(metadata.len()).unwrap_or(usize::MAX).min(most).saturating_add(1);
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    file.take(most as u64).read_to_end(&mut content)?;
    let end = [&b"\r\n"[..], b"\n"].iter().find(|end| content.ends_with(end)).map_or(0, |end| end.len());
    let len = content.len() - end;
    content.truncate(len);
    match len {
        0 => Err(NotPrivate::Empty),
        len if len > max => Err(NotPrivate::TooLarge(max)),
        _ => Ok(content),
    }
}

#[cfg(unix)]
fn is_exposed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    metadata.mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &Metadata) -> bool {
    false
}
