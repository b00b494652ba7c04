//! The directory and its key.

use std::fs;
use std::path::Path;

use hostfn::{Host, HostFn};
use test_support::probe::{problems, registry};

use super::{entries, host, load, only_entry, twice};

fn refused(dir: &Path) -> String {
    let error = Host::builder(registry(&[twice::SPEC])).cache(dir).build().unwrap_err();
    let [problem] = &problems(&error)[..] else { panic!("one problem: {error}") };
    problem.replace(&dir.display().to_string(), "DIR")
}

#[test]
fn it_is_made_with_all_above_it() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a/b/c");
    assert!(!load(&host(&dir), "a"));
    assert!(load(&host(&dir), "a"));
}

#[test]
fn a_file_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        refused(&file),
        "H0331 the cache `DIR`: there is no such directory, and none can be made: File exists (os error 17); \
         name a directory that this process can make, or has made"
    );
}

#[test]
fn problems_come_with_the_hosts_others() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let builder = Host::builder(registry(&[])).shared(" ", 0_u8).cache(file);
    let codes: Vec<_> = builder.build().unwrap_err().problems().iter().map(hostfn::Problem::code).collect();
    assert_eq!(codes, [hostfn::error::Code::BlankStateId, hostfn::error::Code::CacheUnusable]);
}

#[test]
fn a_key_of_the_wrong_length_gives_way_to_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    load(&host(dir.path()), "a");
    for len in [0, 1, 31, 33] {
        let before = fs::read(&key).unwrap();
        fs::write(&key, vec![7; len]).unwrap();
        assert!(!load(&host(dir.path()), "a"), "a key of {len} bytes");
        assert!(load(&host(dir.path()), "a"));
        let after = fs::read(&key).unwrap();
        assert_eq!(after.len(), 32);
        assert_ne!(after, before);
    }
}

#[test]
fn another_key_makes_every_entry_foreign() {
    let dir = tempfile::tempdir().unwrap();
    load(&host(dir.path()), "a");
    fs::write(dir.path().join("key"), [7; 32]).unwrap();
    assert!(!load(&host(dir.path()), "a"));
    assert!(load(&host(dir.path()), "a"));
}

#[test]
fn a_host_goes_on_with_the_key_it_began_with() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    fs::remove_file(dir.path().join("key")).unwrap();
    assert!(load(&host, "a"));
}

#[test]
fn a_directory_in_the_keys_place_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("key")).unwrap();
    let problem = refused(&dir.path().canonicalize().unwrap());
    assert!(problem.starts_with("H0331 the cache `DIR`: its file `key` can be neither used nor made: "));
    // nothing is left behind
    assert_eq!(entries(dir.path()), <[std::path::PathBuf; 0]>::default());
}

#[test]
fn a_directory_that_is_gone_costs_the_time_of_compiling() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    load(&host, "a");
    fs::remove_dir_all(dir.path()).unwrap();
    assert!(!load(&host, "a"));
    assert!(!load(&host, "a"));
}

#[cfg(unix)]
mod rights {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    /// Returns whether this process may do what the rights of a file forbid.
    fn is_root() -> bool {
        fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
    }

    #[test]
    fn what_it_makes_is_for_nobody_else() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("cache");
        load(&host(&dir), "a");
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join("key")), 0o600);
        assert_eq!(mode(&only_entry(&dir)), 0o600);
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for mode in [0o770, 0o720, 0o702, 0o777, 0o1777] {
            set_mode(dir.path(), mode);
            assert_eq!(
                refused(dir.path()),
                "H0331 the cache `DIR`: users beside its owner can write to it, and so put code there that this \
                 process runs; take that right away: `chmod go-w DIR`"
            );
        }
        set_mode(dir.path(), 0o755);
        assert!(!load(&host(dir.path()), "a"));
    }

    #[test]
    fn a_directory_of_another_user_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        // only root can give a directory away
        if chown(dir.path(), Some(1), None).is_ok() {
            assert_eq!(
                refused(dir.path()),
                "H0331 the cache `DIR`: it belongs to another user, who could put code there that this process \
                 runs; name a directory of the user that this process runs as"
            );
        }
    }

    #[test]
    fn a_key_that_others_can_read_gives_way_to_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        load(&host(dir.path()), "a");
        let before = fs::read(&key).unwrap();
        for rights in [0o640, 0o604, 0o620] {
            set_mode(&key, rights);
            assert!(!load(&host(dir.path()), "a"));
            assert_eq!(mode(&key), 0o600);
            assert_ne!(fs::read(&key).unwrap(), before);
        }
    }

    #[test]
    fn a_link_in_the_keys_place_is_not_followed() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = elsewhere.path().join("target");
        fs::write(&target, [7; 32]).unwrap();
        set_mode(&target, 0o600);
        symlink(&target, dir.path().join("key")).unwrap();
        assert!(!load(&host(dir.path()), "a"));
        assert!(fs::symlink_metadata(dir.path().join("key")).unwrap().is_file());
        assert_eq!(fs::read(&target).unwrap(), [7; 32]);
    }

    #[test]
    fn a_link_to_the_directory_is_followed_once() {
        let root = tempfile::tempdir().unwrap();
        let (dir, link) = (root.path().join("cache"), root.path().join("link"));
        load(&host(&dir), "a");
        symlink(&dir, &link).unwrap();
        let host = host(&link);
        fs::remove_file(&link).unwrap();
        assert!(load(&host, "a"));
    }

    #[test]
    fn a_directory_that_can_only_be_read_gives_what_it_has() {
        let dir = tempfile::tempdir().unwrap();
        load(&host(dir.path()), "a");
        set_mode(dir.path(), 0o500);
        let host = host(dir.path());
        assert!(load(&host, "a"));
        assert!(!load(&host, "b"));
        assert_eq!(load(&host, "b"), is_root());
    }

    #[test]
    fn a_directory_that_can_only_be_read_and_has_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        set_mode(dir.path(), 0o500);
        if !is_root() {
            assert!(refused(dir.path()).contains("its file `key` can be neither used nor made"));
        }
    }
}
