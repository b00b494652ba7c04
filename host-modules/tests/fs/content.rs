//! Contents of files after writes, and sizes of reads.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use hostfn_modules::fs::module;
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::Guest;

fn granted(dir: &TempDir) -> Guest {
    let path = dir.path().display();
    Guest::new(
        module(),
        &format!("\"fs.read\" = {{ allow = [\"{path}/**\"] }}\n\"fs.write\" = {{ allow = [\"{path}/**\"] }}"),
    )
}

#[test]
fn a_write_keeps_mode_and_owner() {
    let dir = tempfile::tempdir().unwrap();
    let mut guest = granted(&dir);
    let file = dir.path().join("file");
    let is_root = rustix::process::geteuid().is_root();
    for (mode, kept) in
        [(0o600, 0o600), (0o755, 0o755), (0o664, 0o664), (0o640, 0o640), (0o4755, 0o755), (0o2770, 0o770)]
    {
        fs::write(&file, "before").unwrap();
        if is_root {
            std::os::unix::fs::chown(&file, Some(4_242), Some(4_343)).unwrap();
        }
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let owner = fs::metadata(&file).map(|there| (there.uid(), there.gid())).unwrap();
        guest.call::<()>("fs_write", (file.to_str().unwrap(), Bytes::new(b"after"))).unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_eq!((fs::read(&file).unwrap(), after.mode() & 0o7777), (b"after".to_vec(), kept), "{mode:o}");
        assert_eq!((after.uid(), after.gid()), owner, "{mode:o}");
    }
    // a new file is one that anything else would create
    let (new, other) = (dir.path().join("new"), dir.path().join("other"));
    guest.call::<()>("fs_write", (new.to_str().unwrap(), Bytes::new(b"x"))).unwrap();
    fs::write(&other, "x").unwrap();
    assert_eq!(fs::metadata(&new).unwrap().mode(), fs::metadata(&other).unwrap().mode());
}

#[test]
fn a_file_that_tells_no_length_is_read_to_its_end() {
    let mut guest = Guest::new(module(), "\"fs.read\" = { allow = [\"/proc/**\"] }");
    for path in ["/proc/version", "/proc/cpuinfo"] {
        let whole = fs::read(path).unwrap().len();
        assert!(whole > 100);
        assert_eq!(guest.call::<ByteBuf>("fs_read", (path,)).unwrap().len(), whole, "{path}");
        let open: u64 = guest.call("fs_open", (path,)).unwrap();
        let mut read = 0;
        loop {
            let part = guest.call::<ByteBuf>("fs_read_next", (open, 1_000)).unwrap().len();
            read += part;
            if part == 0 {
                break;
            }
        }
        assert_eq!(read, whole, "{path}");
    }
    let mut guest = Guest::new(module().max_read(20), "\"fs.read\" = { allow = [\"/proc/**\"] }");
    assert_eq!(guest.code("fs_read", ("/proc/version",)), "too_large");
}

#[test]
fn an_open_file_is_truncated_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "the old content").unwrap();
    let mut guest = granted(&dir);
    let file: u64 = guest.call("fs_open_write", (path.to_str().unwrap(),)).unwrap();
    guest.call::<()>("fs_write_next", (file, Bytes::new(b"new"))).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new old content", "the default keeps what is there");
    guest.call::<()>("fs_truncate", (file, 3_u64)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    guest.call::<()>("fs_write_next", (file, Bytes::new(b"er"))).unwrap();
    guest.call::<()>("fs_truncate", (file, 7_u64)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "newer\0\0");
    assert_eq!(guest.code("fs_truncate", (file, (64_u64 << 20) + 1)), "too_large");
    let read: u64 = guest.call("fs_open", (path.to_str().unwrap(),)).unwrap();
    guest.call::<hostfn::abi::Value>("fs_truncate", (read, 0_u64)).unwrap_err();
    assert_eq!(fs::metadata(&path).unwrap().len(), 7);
}
