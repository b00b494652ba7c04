//! Links, manifests and guests that try to lead `fs`, `sql` and `ffi` out of what the operator granted.

use std::fmt::Debug;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hostfn::engine::MissingCapability;
use hostfn::{Host, Registry, Status};
use hostfn_modules::{ffi, fs as files, sql};
use rusqlite::Connection;
use serde_bytes::{ByteBuf, Bytes};
use tempfile::TempDir;
use test_support::relay::{Guest, Refused, relay};

use crate::native::{declare, libm};

const NONE: [u8; 0] = [];

/// `srv` is what the operator grants, `out` is beside it. `srv/link` leads out, `srv/l` to what is denied.
struct Disk {
    dir: TempDir,
    host: Host,
}

impl Disk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let modules = [
            files::module().into(),
            sql::module().into(),
            declare(ffi::module(), &libm(), &[("cos", "(f64) -> f64")]).into(),
        ];
        let registry = Registry::builder().modules(modules).build().unwrap();
        let host = Host::builder(registry).missing(MissingCapability::Deny).build().unwrap();
        let disk = Disk { dir, host };
        for path in
            ["srv/text", "srv/private/text", "srv/homes/ada/public/text", "srv/homes/eve/x", "out/text"]
        {
            fs::create_dir_all(Path::new(&disk.at(path)).parent().unwrap()).unwrap();
            fs::write(disk.at(path), path).unwrap();
        }
        for directory in ["srv", "srv/private", "out"] {
            let data = Connection::open(disk.at(&format!("{directory}/a.db"))).unwrap();
            data.execute_batch("CREATE TABLE a (x); INSERT INTO a VALUES (1)").unwrap();
        }
        for (to, at) in [(disk.at("out"), "srv/link"), (disk.at("out"), "srv/homes/eve/public")] {
            symlink(to, disk.at(at)).unwrap();
        }
        symlink("private", disk.at("srv/l")).unwrap();
        disk
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.dir.path().canonicalize().unwrap().display())
    }

    fn list(&self, patterns: &[&str]) -> String {
        format!("{:?}", patterns.iter().map(|path| self.at(path)).collect::<Vec<_>>())
    }

    /// An instance that is granted this, of a plugin whose manifest asks for that.
    fn guest(&self, allow: &[&str], deny: &[&str], asked: &[&str]) -> Guest {
        const CAPABILITIES: [&str; 4] = ["fs.read", "fs.write", "sql.read", "sql.write"];
        let (allow, deny, asked) = (self.list(allow), self.list(deny), self.list(asked));
        let each = |row: &dyn Fn(&str) -> String| CAPABILITIES.map(row).join("\n");
        let grants = each(&|name| format!("{name:?} = {{ allow = {allow}, deny = {deny} }}"));
        let asked = each(&|name| format!("{name:?} = {{ reason = \"Tests.\", allow = {asked} }}"));
        let manifest = format!("name = \"relay\"\nversion = \"1.0.0\"\nabi = 1\n[capabilities]\n{asked}\n");
        let grants = self.host.registry().read_grants(&grants).unwrap();
        let wasm = with_section(relay(self.host.registry()), "hostfn.manifest", manifest.as_bytes());
        let plugin = self.host.load("relay", &wasm).unwrap();
        let instance = pollster::block_on(plugin.instantiate_async(&grants)).unwrap();
        Guest { host: self.host.clone(), instance }
    }
}

fn with_section(mut wasm: Vec<u8>, name: &str, content: &[u8]) -> Vec<u8> {
    let leb = |mut value: usize| {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    };
    let section = [&leb(name.len())[..], name.as_bytes(), content].concat();
    wasm.push(0);
    wasm.extend(leb(section.len()));
    wasm.extend(section);
    wasm
}

fn refused<T: Debug>(answer: Result<T, Refused>, what: &str) {
    let status = answer.expect_err(what).status;
    assert!([Status::NOT_FOUND, Status::NO_CAPABILITY].contains(&status), "{what}: {status:?}");
}

/// Every function that takes a path, on a file `text`, a new file, and a database in this directory.
fn nothing_is_reached(disk: &Disk, guest: &mut Guest, directory: &str, real: &str) {
    let at = |name: &str| disk.at(&format!("{directory}/{name}"));
    let real = disk.at(real);
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&real).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (names(), fs::read(format!("{real}/text")).unwrap());
    let data = Bytes::new(b"x");
    for function in
        ["fs_read", "fs_open", "fs_stat", "fs_remove", "fs_open_write", "fs_create", "fs_create_dir"]
    {
        for name in ["text", "new"] {
            refused(
                guest.call::<hostfn::abi::Value>(function, (at(name),)),
                &format!("{function} {directory}/{name}"),
            );
        }
    }
    refused(guest.call::<hostfn::abi::Value>("fs_list", (disk.at(directory), None::<&str>, 10)), "fs_list");
    for function in ["fs_write", "fs_append"] {
        for name in ["text", "new"] {
            refused(guest.call::<()>(function, (at(name), data)), &format!("{function} {directory}/{name}"));
        }
    }
    for (from, to) in
        [(at("text"), at("new")), (disk.at("srv/text"), at("new")), (at("text"), disk.at("srv/new"))]
    {
        refused(guest.call::<()>("fs_rename", (&from, &to)), &format!("fs_rename {from} {to}"));
    }
    for function in ["sql_open", "sql_open_write"] {
        for name in ["a.db", "new.db"] {
            refused(guest.call::<u64>(function, (at(name),)), &format!("{function} {directory}/{name}"));
        }
    }
    let memory: u64 = guest.call("sql_open_memory", ()).unwrap();
    for function in ["sql_attach", "sql_attach_write"] {
        refused(guest.call::<()>(function, (memory, at("a.db"), "a")), function);
    }
    assert_eq!((names(), fs::read(format!("{real}/text")).unwrap()), before);
}

#[test]
fn a_manifest_does_not_choose_the_base() {
    let disk = Disk::new();
    for asked in ["srv/**", "srv/link/**", "srv/link/*", "srv/*/*"] {
        let mut guest = disk.guest(&["srv/**"], &[], &[asked, "srv/*"]);
        nothing_is_reached(&disk, &mut guest, "srv/link", "out");
    }
    for asked in ["srv/**", "srv/l/**", "srv/l/*"] {
        let mut guest = disk.guest(&["srv/**"], &["srv/private/**"], &[asked, "srv/*"]);
        nothing_is_reached(&disk, &mut guest, "srv/l", "srv/private");
    }
    // what is granted is reached all the same
    let mut guest = disk.guest(&["srv/**"], &["srv/private/**"], &["srv/*"]);
    assert_eq!(&**guest.call::<ByteBuf>("fs_read", (disk.at("srv/text"),)).unwrap(), b"srv/text");
    let data: u64 = guest.call("sql_open", (disk.at("srv/a.db"),)).unwrap();
    guest.call::<hostfn::abi::Value>("sql_query", (data, "SELECT x FROM a", NONE)).unwrap();
}

#[test]
fn a_value_does_not_choose_the_base() {
    let disk = Disk::new();
    for pattern in
        ["srv/homes/*/public/**", "srv/homes/*/public/*", "srv/homes/e*/public/**", "srv/*/eve/*/*"]
    {
        let mut guest = disk.guest(&[pattern, "srv/*"], &[], &[pattern, "srv/*"]);
        nothing_is_reached(&disk, &mut guest, "srv/homes/eve/public", "out");
    }
}

#[test]
fn a_link_is_not_renamed_created_or_replaced() {
    let disk = Disk::new();
    let mut guest = disk.guest(&["srv/**"], &[], &["srv/**"]);
    symlink("text", disk.at("srv/inner")).unwrap();
    let [link, inner, text, other] =
        ["srv/link", "srv/inner", "srv/text", "srv/other"].map(|path| disk.at(path));
    for link in [&link, &inner] {
        assert_eq!(guest.code("fs_rename", (link, &other)), "not_a_file");
        assert_eq!(guest.code("fs_rename", (&text, link)), "already_exists");
        let home = disk.at("srv/homes");
        assert_eq!(guest.code("fs_rename", (&home, link)), "already_exists");
        for function in ["fs_write", "fs_append"] {
            assert_eq!(guest.code(function, (link, Bytes::new(b"x"))), "not_a_file", "{function}");
        }
        assert_eq!(guest.code("fs_open_write", (link,)), "not_a_file");
        for function in ["fs_create", "fs_create_dir"] {
            assert_eq!(
                guest.code(function, (link,)),
                match function {
                    "fs_create" => "not_a_file",
                    _ => "already_exists",
                }
            );
        }
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }
    assert_eq!(fs::read_to_string(&text).unwrap(), "srv/text");
    assert_eq!(fs::read_to_string(disk.at("out/text")).unwrap(), "out/text");
}

#[test]
fn a_directory_that_the_operator_names_is_not_moved() {
    let disk = Disk::new();
    // `srv/moved/eve` is a link to the outside, and `srv/homes/eve` a directory that is granted by name
    fs::create_dir(disk.at("srv/moved")).unwrap();
    symlink(disk.at("out"), disk.at("srv/moved/eve")).unwrap();
    let both = ["srv/**", "srv/homes/eve/**"];
    let mut guest = disk.guest(&both, &[], &both);
    let [homes, aside, moved, eve] =
        ["srv/homes", "srv/aside", "srv/moved", "srv/homes/eve"].map(|path| disk.at(path));
    for (from, code) in [(&homes, "not_granted"), (&eve, "not_a_file")] {
        assert_eq!(guest.code("fs_rename", (from, &aside)), code);
    }
    fs::rename(&homes, &aside).unwrap();
    assert_eq!(guest.code("fs_rename", (&moved, &homes)), "not_granted");
    guest.call::<()>("fs_rename", (&moved, disk.at("srv/elsewhere"))).unwrap();
}

#[test]
fn a_directory_is_not_moved_around_a_denial() {
    let disk = Disk::new();
    // the operator's directory is a link, and what is denied is named without it
    symlink("srv", disk.at("data")).unwrap();
    let mut guest = disk.guest(&["data/**"], &["srv/homes/ada/**"], &["data/**"]);
    let [homes, aside, text, moved] =
        ["data/homes", "data/aside", "data/homes/ada/public/text", "data/aside/ada/public/text"]
            .map(|path| disk.at(path));
    assert_eq!(guest.status("fs_read", (&text,)), Status::NOT_FOUND);
    assert_eq!(guest.code("fs_rename", (&homes, &aside)), "not_granted");
    assert_eq!(guest.status("fs_read", (&moved,)), Status::NOT_FOUND);
}

#[test]
fn a_swapped_directory_leads_nowhere() {
    let disk = Disk::new();
    let mut guest = disk.guest(&["srv/**"], &["srv/private/**"], &["srv/**"]);
    fs::create_dir(disk.at("srv/swap")).unwrap();
    fs::write(disk.at("srv/swap/text"), "srv/swap/text").unwrap();
    let [swap, aside] = ["srv/swap", "srv/aside"].map(|path| disk.at(path));
    let links = ["srv/link", "srv/l"].map(|path| disk.at(path));
    let [text, new] = ["srv/swap/text", "srv/swap/new"].map(|path| disk.at(path));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for link in links.iter().cycle().take(2_000) {
                fs::rename(&swap, &aside).unwrap();
                fs::rename(link, &swap).unwrap();
                fs::rename(&swap, link).unwrap();
                fs::rename(&aside, &swap).unwrap();
            }
        });
        for _ in 0..500 {
            if let Ok(read) = guest.call::<ByteBuf>("fs_read", (&text,)) {
                assert_eq!(read, b"srv/swap/text");
            }
            for function in ["fs_append", "fs_write"] {
                let _ = guest.call::<()>(function, (&new, Bytes::new(b"x")));
            }
            for function in ["fs_remove", "fs_create_dir", "fs_remove", "fs_create"] {
                let _ = guest.call::<()>(function, (&new,));
            }
        }
    });
    for directory in ["out", "srv/private"] {
        assert!(!Path::new(&disk.at(&format!("{directory}/new"))).exists(), "{directory}");
        assert!(Path::new(&disk.at(&format!("{directory}/text"))).exists(), "{directory}");
    }
}

#[test]
fn a_library_is_loaded_from_where_it_is_granted() {
    let disk = Disk::new();
    let libm = libm();
    let named = |path: &str| format!("\"ffi.load\" = {{ allow = [\"{path}\"] }}");
    let directory = disk.at("srv/**");
    symlink(&libm, disk.at("srv/libm.so")).unwrap();
    symlink(libm.parent().unwrap(), disk.at("srv/lib")).unwrap();
    let mut guest = Guest::in_host(&disk.host, &named(&directory));
    for path in ["srv/libm.so".to_owned(), format!("srv/lib/{}", libm.file_name().unwrap().to_str().unwrap())]
    {
        assert_eq!(guest.status("ffi_load", (disk.at(&path),)), Status::NOT_FOUND, "{path}");
    }
    let mut guest = Guest::in_host(&disk.host, &named(libm.to_str().unwrap()));
    guest.call::<u64>("ffi_load", (libm.to_str().unwrap(),)).unwrap();
}
