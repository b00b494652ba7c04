//! `fs`, against real directories.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use hostfn::scope::ScopeKind;
use hostfn::{CancelToken, Interrupt, Limits, MemoryBudget, Scope, Status};
use hostfn_modules::fs::{Entry, Files, Fs, FsError, Kind, Listed, Stat, fs_list, module};
use rustix::fs::{CWD, FileType, Mode};
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, host, limited};

/// A directory of two: one that is granted, and one beside it that is not.
struct Tree {
    dir: TempDir,
    guest: Guest,
}

impl Tree {
    fn new() -> Self {
        Self::with(module(), |granted| {
            format!(
                "\"fs.read\" = {{ allow = [\"{granted}/**\"] }}\n\"fs.write\" = {{ allow = [\"{granted}/**\"] }}"
            )
        })
    }

    fn with(fs: Fs, grants: impl Fn(&str) -> String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["granted", "beside"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("beside/secret"), "a secret").unwrap();
        let granted = dir.path().join("granted");
        let guest = Guest::new(fs, &grants(granted.to_str().unwrap()));
        Tree { dir, guest }
    }

    fn at(&self, path: &str) -> String {
        self.dir.path().join(path).to_str().unwrap().to_owned()
    }

    fn granted(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, path: &str, content: &str) -> String {
        let path = self.at(path);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn read(&mut self, path: &str) -> Result<String, Refused> {
        let path = self.at(path);
        self.guest
            .call::<ByteBuf>("fs_read", (path,))
            .map(|bytes| String::from_utf8(bytes.into_vec()).unwrap())
    }

    fn write(&mut self, path: &str, content: &str) -> Result<(), Refused> {
        let path = self.at(path);
        self.guest.call("fs_write", (path, Bytes::new(content.as_bytes())))
    }

    fn list(&mut self, path: &str, after: Option<&str>, limit: u32) -> Listed {
        let path = self.at(path);
        self.guest.call("fs_list", (path, after, limit)).unwrap()
    }

    fn names(&mut self, path: &str) -> Vec<String> {
        self.list(path, None, 1_000).entries.into_iter().map(|entry| entry.name).collect()
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Refused>) -> String {
    answer.unwrap_err().code
}

#[test]
fn what_is_written_is_read() {
    let mut tree = Tree::new();
    tree.write("granted/a.txt", "hello").unwrap();
    assert_eq!(tree.read("granted/a.txt").unwrap(), "hello");
    assert_eq!(fs::read_to_string(tree.at("granted/a.txt")).unwrap(), "hello");
    tree.write("granted/a.txt", "").unwrap();
    assert_eq!(tree.read("granted/./b/../a.txt").unwrap(), "");
}

#[test]
fn a_write_replaces_the_whole_file_and_leaves_nothing_beside_it() {
    let mut tree = Tree::new();
    let path = tree.file("granted/a.txt", "the old content, which is longer");
    let before = fs::File::open(&path).unwrap();
    tree.write("granted/a.txt", "new").unwrap();
    // who had it open reads the old one to its end
    assert_eq!(std::io::read_to_string(before).unwrap(), "the old content, which is longer");
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(tree.names("granted"), ["a.txt"]);
}

#[test]
fn an_append_makes_the_file_and_goes_on_with_it() {
    let mut tree = Tree::new();
    let path = tree.at("granted/log");
    for line in ["one\n", "two\n"] {
        tree.guest.call::<()>("fs_append", (&path, Bytes::new(line.as_bytes()))).unwrap();
    }
    assert_eq!(tree.read("granted/log").unwrap(), "one\ntwo\n");
}

#[test]
fn a_directory_is_listed_by_name_in_pages() {
    let mut tree = Tree::new();
    for name in ["c", "a", "e", "b", "d"] {
        tree.file(&format!("granted/{name}"), "");
    }
    fs::create_dir(tree.at("granted/f")).unwrap();
    let first = tree.list("granted", None, 2);
    let entry = |name: &str, is_directory| Entry { name: name.to_owned(), is_directory };
    assert_eq!(first.entries, [entry("a", false), entry("b", false)]);
    assert_eq!(first.more_after.as_deref(), Some("b"));
    let rest = tree.list("granted", Some("b"), 1_000);
    assert_eq!(rest.entries, [entry("c", false), entry("d", false), entry("e", false), entry("f", true)]);
    assert_eq!(rest.more_after, None);
    let last = tree.list("granted", Some("b"), 4);
    assert_eq!((last.entries.len(), last.more_after), (4, None));
}

#[test]
fn a_stat_tells_what_it_is() {
    let mut tree = Tree::new();
    let path = tree.file("granted/a", "12345");
    let stat: Stat = tree.guest.call("fs_stat", (&path,)).unwrap();
    assert_eq!((stat.kind, stat.len), (Kind::File, 5));
    assert!(stat.modified_ms.unwrap() > 1_500_000_000_000);
    let granted = tree.at("granted");
    let stat: Stat = tree.guest.call("fs_stat", (granted,)).unwrap();
    assert_eq!(stat.kind, Kind::Directory);
}

#[test]
fn files_and_directories_are_made_once_renamed_and_removed() {
    let mut tree = Tree::new();
    let [file, dir, inside, moved] =
        ["granted/file", "granted/dir", "granted/dir/file", "granted/moved"].map(|path| tree.at(path));
    let guest = &mut tree.guest;
    guest.call::<()>("fs_create", (&file,)).unwrap();
    assert_eq!(guest.code("fs_create", (&file,)), "already_exists");
    guest.call::<()>("fs_create_dir", (&dir,)).unwrap();
    assert_eq!(guest.code("fs_create_dir", (&dir,)), "already_exists");
    guest.call::<()>("fs_rename", (&file, &inside)).unwrap();
    assert_eq!(guest.code("fs_remove", (&dir,)), "not_empty");
    guest.call::<()>("fs_rename", (&dir, &moved)).unwrap();
    assert_eq!(tree.names("granted"), ["moved"]);
    assert_eq!(tree.names("granted/moved"), ["file"]);
    let inside = tree.at("granted/moved/file");
    tree.guest.call::<()>("fs_remove", (inside,)).unwrap();
    tree.guest.call::<()>("fs_remove", (moved,)).unwrap();
    assert!(tree.names("granted").is_empty());
}

#[test]
fn a_rename_replaces_a_file_and_nothing_else() {
    let mut tree = Tree::new();
    let [a, b] = ["granted/a", "granted/b"].map(|path| tree.file(path, path));
    fs::create_dir(tree.at("granted/dir")).unwrap();
    let dir = tree.at("granted/dir");
    tree.guest.call::<()>("fs_rename", (&a, &b)).unwrap();
    assert_eq!(tree.read("granted/b").unwrap(), "granted/a");
    assert_eq!(tree.guest.code("fs_rename", (&b, &dir)), "already_exists");
    assert_eq!(tree.guest.code("fs_rename", (&a, &b)), "not_found");
}

#[test]
fn both_ends_of_a_rename_are_granted_or_it_is_refused() {
    let mut tree = Tree::new();
    let (inside, outside) = (tree.file("granted/a", "a"), tree.at("beside/a"));
    let to_outside = tree.guest.call::<()>("fs_rename", (&inside, &outside)).unwrap_err();
    assert_eq!((to_outside.status, to_outside.code.as_str()), (Status::NO_CAPABILITY, "not_granted"));
    let from_outside = (tree.at("beside/secret"), inside);
    assert_eq!(tree.guest.status("fs_rename", from_outside), Status::NO_CAPABILITY);
    assert!(Path::new(&tree.at("beside/secret")).exists());
}

#[test]
fn a_directory_is_not_renamed_around_what_is_denied() {
    let grants = |granted: &str| {
        let scope = format!("{{ allow = [\"{granted}/**\"], deny = [\"{granted}/a/private/**\"] }}");
        format!("\"fs.read\" = {scope}\n\"fs.write\" = {scope}")
    };
    let mut tree = Tree::with(module(), grants);
    tree.file("granted/a/private/key", "a key");
    tree.file("granted/c/private/key", "no key");
    let [a, b, c] = ["granted/a", "granted/b", "granted/c"].map(|path| tree.at(path));
    assert_eq!(code(tree.guest.call::<()>("fs_rename", (&a, &b))), "not_granted");
    fs::remove_dir_all(&a).unwrap();
    assert_eq!(code(tree.guest.call::<()>("fs_rename", (&c, &a))), "not_granted");
    tree.guest.call::<()>("fs_rename", (&c, &b)).unwrap();
}

#[test]
fn an_open_file_is_read_and_written_in_parts() {
    let mut tree = Tree::new();
    let path = tree.at("granted/parts");
    let guest = &mut tree.guest;
    let out: u64 = guest.call("fs_open_write", (&path,)).unwrap();
    for part in ["hello ", "world"] {
        guest.call::<()>("fs_write_next", (out, Bytes::new(part.as_bytes()))).unwrap();
    }
    guest.call::<()>("fs_seek", (out, 6)).unwrap();
    guest.call::<()>("fs_write_next", (out, Bytes::new(b"W"))).unwrap();

    let file: u64 = guest.call("fs_open", (&path,)).unwrap();
    let mut next = |len: u32| guest.call::<ByteBuf>("fs_read_next", (file, len)).unwrap().into_vec();
    assert_eq!(next(6), b"hello ");
    assert_eq!(next(100), b"World");
    assert_eq!(next(100), b"");
    guest.call::<()>("fs_seek", (file, 1_000_000_u64)).unwrap();
    assert_eq!(guest.call::<ByteBuf>("fs_read_next", (file, 1)).unwrap().into_vec(), b"");
    assert_eq!(guest.status("fs_write_next", (file, Bytes::new(b"x"))), Status::FAILED);

    guest.call::<()>("fs_close", (file,)).unwrap();
    for function in ["fs_close", "fs_read_next", "fs_seek"] {
        let answer = match function {
            "fs_close" => guest.status(function, (file,)),
            _ => guest.status(function, (file, 1)),
        };
        assert_eq!(answer, Status::NOT_FOUND, "{function}");
    }
}

#[test]
fn a_handle_means_nothing_to_another_instance() {
    let mut tree = Tree::new();
    let path = tree.file("granted/a", "a");
    let file: u64 = tree.guest.call("fs_open", (&path,)).unwrap();
    let granted = tree.at("granted");
    let mut other =
        Guest::in_host(&tree.guest.host, &format!("\"fs.read\" = {{ allow = [\"{granted}/**\"] }}"));
    assert_eq!(other.status("fs_read_next", (file, 1)), Status::NOT_FOUND);
    assert_eq!(tree.guest.call::<ByteBuf>("fs_read_next", (file, 1)).unwrap().into_vec(), b"a");
}

#[test]
fn a_handle_is_of_no_use_once_the_grant_is_revoked() {
    let mut tree = Tree::new();
    let path = tree.file("granted/a", "a");
    let file: u64 = tree.guest.call("fs_open", (&path,)).unwrap();
    tree.guest.instance.grants().revoke(&hostfn_modules::fs::FS_READ);
    assert_eq!(tree.guest.status("fs_read_next", (file, 1)), Status::NO_CAPABILITY);
}

#[test]
fn what_is_not_granted_cannot_be_told_from_what_is_not_there() {
    let mut tree = Tree::new();
    symlink(tree.at("beside/secret"), tree.at("granted/link")).unwrap();
    symlink(tree.at("beside/nothing"), tree.at("granted/broken")).unwrap();
    symlink(tree.at("beside"), tree.at("granted/out")).unwrap();
    let (there, missing) = (tree.read("beside/secret"), tree.read("beside/nothing"));
    assert_eq!(there, missing);
    assert_eq!(there.unwrap_err().status, Status::NO_CAPABILITY);
    let missing = tree.read("granted/nothing");
    for path in ["granted/link", "granted/broken", "granted/out/secret", "granted/out/nothing"] {
        assert_eq!(tree.read(path), missing, "{path}");
        let at = tree.at(path);
        for function in ["fs_stat", "fs_open"] {
            let answer = tree.guest.call::<()>(function, (&at,)).unwrap_err();
            assert_eq!(Err(answer), missing, "{function} {path}");
        }
    }
    assert_eq!(tree.read("granted/../beside/secret").unwrap_err().status, Status::NO_CAPABILITY);
}

#[test]
fn a_link_is_followed_to_what_the_grant_covers_and_nowhere_else() {
    let grants = |granted: &str| {
        let scope = format!("{{ allow = [\"{granted}/**\"], deny = [\"{granted}/private/**\"] }}");
        format!("\"fs.read\" = {scope}\n\"fs.write\" = {scope}")
    };
    let mut tree = Tree::with(module(), grants);
    tree.file("granted/private/key", "a key");
    tree.file("granted/a/text", "a text");
    for (to, link) in [("a/text", "link"), ("private/key", "denied"), ("private", "dir"), ("a", "b")] {
        symlink(to, tree.at(&format!("granted/{link}"))).unwrap();
    }
    assert_eq!(tree.read("granted/link").unwrap(), "a text");
    assert_eq!(tree.read("granted/b/text").unwrap(), "a text");
    for path in ["granted/denied", "granted/dir/key"] {
        assert_eq!(code(tree.read(path)), "not_found", "{path}");
    }
    assert_eq!(code(tree.write("granted/dir/key", "x")), "not_found");
    assert_eq!(code(tree.write("granted/denied", "x")), "not_a_file", "a link is not written through");
    assert_eq!(fs::read_to_string(tree.at("granted/private/key")).unwrap(), "a key");
    assert_eq!(tree.names("granted"), ["a", "b", "denied", "dir", "link"], "what is denied is not listed");
}

#[test]
fn a_link_is_removed_and_not_what_it_leads_to() {
    let mut tree = Tree::new();
    symlink(tree.at("beside/secret"), tree.at("granted/link")).unwrap();
    let link = tree.at("granted/link");
    tree.guest.call::<()>("fs_remove", (link,)).unwrap();
    assert!(Path::new(&tree.at("beside/secret")).exists());
}

#[test]
fn pipes_devices_and_directories_are_not_opened() {
    let mut tree = Tree::new();
    let pipe = tree.at("granted/pipe");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let data = Bytes::new(b"x");
    let granted = tree.at("granted");
    for path in [&pipe, &granted] {
        for function in ["fs_read", "fs_open"] {
            assert_eq!(tree.guest.code(function, (path,)), "not_a_file", "{function} {path}");
        }
    }
    assert_eq!(tree.guest.code("fs_open_write", (&pipe,)), "not_a_file");
    assert_eq!(tree.guest.code("fs_append", (&pipe, data)), "not_a_file");
    assert_eq!(tree.guest.code("fs_write", (&pipe, data)), "not_a_file");
    assert_eq!(tree.guest.call::<Stat>("fs_stat", (&pipe,)).unwrap().kind, Kind::Other);

    let mut devices = Guest::new(
        module(),
        "\"fs.read\" = { allow = [\"/dev/*\"] }\n\"fs.write\" = { allow = [\"/dev/*\"] }",
    );
    assert_eq!(devices.code("fs_read", ("/dev/zero",)), "not_a_file");
    assert_eq!(devices.code("fs_append", ("/dev/null", data)), "not_a_file");
}

#[test]
fn names_that_are_not_unicode_are_counted_and_cannot_be_reached() {
    let mut tree = Tree::new();
    tree.file("granted/a", "");
    let odd = tree.granted().join("granted").join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    fs::write(odd, "").unwrap();
    let listed = tree.list("granted", None, 10);
    assert_eq!((listed.entries.len(), listed.unnameable), (1, 1));
}

#[test]
fn names_that_no_path_can_have_are_outside_every_grant() {
    let mut tree = Tree::new();
    for path in ["granted/a\0b", "granted/a\\b"] {
        assert_eq!(tree.read(path).unwrap_err().status, Status::NO_CAPABILITY, "{path:?}");
    }
    for path in ["", ".", "a", "../granted/a"] {
        assert_eq!(tree.guest.status("fs_read", (path,)), Status::NO_CAPABILITY, "{path:?}");
    }
    tree.write("granted/*", "a star is a name like any other").unwrap();
    assert_eq!(tree.names("granted"), ["*"]);
}

#[test]
fn the_granted_directory_itself_stays() {
    let mut tree = Tree::new();
    let (granted, other) = (tree.at("granted"), tree.at("granted/other"));
    assert_eq!(tree.guest.code("fs_remove", (&granted,)), "not_a_file");
    assert_eq!(tree.guest.code("fs_rename", (&granted, &other)), "not_a_file");
    assert_eq!(tree.guest.code("fs_write", (&granted, Bytes::new(b"x"))), "not_a_file");
}

#[test]
fn reads_and_writes_beyond_the_limits_are_refused_and_change_nothing() {
    let everything = |granted: &str| {
        format!(
            "\"fs.read\" = {{ allow = [\"{granted}/**\"] }}\n\"fs.write\" = {{ allow = [\"{granted}/**\"] }}"
        )
    };
    let mut tree = Tree::with(module().max_read(10).max_file(20).max_open(2), everything);
    let path = tree.file("granted/a", "0123456789");
    assert_eq!(tree.read("granted/a").unwrap(), "0123456789");
    let more = Bytes::new(b"0123456789x");
    let too_large = tree.guest.call::<()>("fs_append", (&path, more)).unwrap_err();
    assert_eq!((too_large.status, too_large.code.as_str()), (Status::QUOTA_EXCEEDED, "too_large"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "0123456789");
    tree.guest.call::<()>("fs_append", (&path, Bytes::new(b"x"))).unwrap();
    assert_eq!(code(tree.read("granted/a")), "too_large");
    assert_eq!(code(tree.write("granted/b", "012345678901234567890")), "too_large");
    let new = tree.at("granted/new");
    assert_eq!(tree.guest.code("fs_append", (&new, Bytes::new(&[0; 21]))), "too_large");
    assert_eq!(tree.names("granted"), ["a"], "nothing is made for what is refused");

    let guest = &mut tree.guest;
    let open: Vec<u64> = (0..2).map(|_| guest.call("fs_open_write", (&path,)).unwrap()).collect();
    let too_many = guest.call::<u64>("fs_open", (&path,)).unwrap_err();
    assert_eq!((too_many.status, too_many.code.as_str()), (Status::QUOTA_EXCEEDED, "too_many_open"));
    guest.call::<()>("fs_seek", (open[0], 1_u64 << 40)).unwrap();
    assert_eq!(guest.code("fs_write_next", (open[0], Bytes::new(b"x"))), "too_large");
    assert_eq!(guest.status("fs_seek", (open[0], u64::MAX)), Status::FAILED);
    guest.call::<()>("fs_close", (open[1],)).unwrap();
    guest.call::<u64>("fs_open", (&path,)).unwrap();
}

#[test]
fn what_is_read_counts_against_the_instance_s_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("big");
    fs::write(&path, vec![0; 3 << 20]).unwrap();
    let grants = format!("\"fs.read\" = {{ allow = [\"{}/**\"] }}", dir.path().display());
    let mut limits = Limits::default();
    (limits.memory, limits.reply) = (2 << 20, 2 << 20);
    let mut guest = Guest::in_host(&limited([module().into()], limits), &grants);
    let refused = guest.call::<ByteBuf>("fs_read", (path.to_str().unwrap(),)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
    // and what was held is given back
    fs::write(&path, vec![0; 100 << 10]).unwrap();
    for _ in 0..100 {
        guest.call::<ByteBuf>("fs_read", (path.to_str().unwrap(),)).unwrap();
    }
}

#[test]
fn messages_hold_no_path_of_the_host_s() {
    let mut tree = Tree::new();
    let here = tree.dir.path().to_str().unwrap().to_owned();
    let (file, missing) = (tree.file("granted/file", ""), tree.at("granted/missing"));
    let inside = format!("{file}/inside");
    for (function, path) in [
        ("fs_read", &missing),
        ("fs_read", &inside),
        ("fs_list", &file),
        ("fs_create", &file),
        ("fs_create_dir", &inside),
        ("fs_remove", &missing),
    ] {
        let answer = match function {
            "fs_list" => tree.guest.call::<Listed>(function, (path, None::<&str>, 1)).unwrap_err(),
            _ => tree.guest.call::<()>(function, (path,)).unwrap_err(),
        };
        assert!(!answer.message.contains(&here), "{function}: {answer:?}");
    }
}

#[test]
fn everything_is_closed_with_the_instance() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, "").unwrap();
    let host = host([module().into()]);
    let mut guest =
        Guest::in_host(&host, &format!("\"fs.read\" = {{ allow = [\"{}/**\"] }}", dir.path().display()));
    let open = || {
        let held =
            fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
        held.filter(|to| *to == path).count()
    };
    for _ in 0..3 {
        guest.call::<u64>("fs_open", (path.to_str().unwrap(),)).unwrap();
    }
    assert_eq!(open(), 3);
    guest.instance.close().unwrap();
    assert_eq!(open(), 0);
}

#[test]
fn list_of_a_directory_ends_with_the_instance() {
    let tree = Tree::new();
    tree.file("granted/a", "");
    let path = tree.at("granted");
    let grant = Scope::new(ScopeKind::Path, &[&path, &format!("{path}/**")], &[]).unwrap();
    let end = CancelToken::new();
    let files = Files::new(module(), &MemoryBudget::new(1 << 20), &Interrupt::new(&end));
    assert_eq!(fs_list(&files, &grant, &path, None, 1).unwrap().entries.len(), 1);
    end.cancel();
    assert!(matches!(fs_list(&files, &grant, &path, None, 1), Err(FsError::Interrupted)));
}
