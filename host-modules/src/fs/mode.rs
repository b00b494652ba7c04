//! The mode and the owner of a file that takes another's place.

use std::io;

use hostfn::scope::cap_std::fs::{File, Metadata};

/// Gives a new file the mode of the old one, and its owner and group where the host may. Without set-user-id and
/// set-group-id, which a file loses when it is written to.
#[cfg(unix)]
pub(super) fn keep(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::fchown;

    use hostfn::scope::cap_std::fs::{MetadataExt, Permissions, PermissionsExt};

    const KEPT: u32 = 0o1777;

    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // the owner takes privileges; the group alone may need none
        let owned = fchown(file, Some(old.uid()), Some(old.gid()));
        let _ = owned.or_else(|_| fchown(file, None, Some(old.gid())));
    }
    file.set_permissions(Permissions::from_mode(old.mode() & KEPT))
}

/// Elsewhere what is kept is whether it is read-only.
#[cfg(not(unix))]
pub(super) fn keep(file: &File, old: &Metadata) -> io::Result<()> {
    file.set_permissions(old.permissions())
}
