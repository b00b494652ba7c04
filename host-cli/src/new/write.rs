//! Writing a project: all of it or nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hostfn_core::Problem;

use crate::problem::unusable;

/// A folder that is removed unless it becomes the project's.
struct Draft(Option<PathBuf>);

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // nothing is left to report it to
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Writes a project as the folder `name` in `parent`. The files go into a draft beside it, which gets the name last.
pub(crate) fn write(parent: &Path, name: &str, files: &[(&str, String)]) -> Result<(), Problem> {
    let folder = parent.join(name);
    let shown = folder.display().to_string();
    if folder.symlink_metadata().is_ok() {
        return Err(unusable(&shown, "it exists already", "choose another name, or move it away"));
    }
    let draft = parent.join(format!(".{name}.{}.new", std::process::id()));
    let failed = |error: io::Error| {
        let what = format!("it cannot be written: {error}");
        unusable(&shown, &what, "run the command in a folder that you can write to")
    };
    fs::create_dir(&draft).map_err(failed)?;
    let mut draft = Draft(Some(draft));
    if let Some(path) = &draft.0 {
        for (file, text) in files {
            write_file(&path.join(file), text).map_err(failed)?;
        }
        fs::rename(path, &folder).map_err(failed)?;
    }
    draft.0 = None;
    Ok(())
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(text.as_bytes())
}
