//! Paths that are opened, in real directories.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use hostfn_core::cap_std::fs::OpenOptions;
use hostfn_core::{Grants, LastLink, LocateError, Scope, ScopeKind};
use tempfile::TempDir;

use super::FS_READ;

/// `srv` is the operator's; `out` is out of the plugin's reach.
struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Disk(tempfile::tempdir().unwrap());
        for path in
            ["srv/private/key", "srv/open/text", "srv/homes/ada/public/text", "out/text", "out/public/text"]
        {
            disk.file(path);
        }
        disk
    }

    fn file(&self, path: &str) {
        let at = self.at(path);
        fs::create_dir_all(Path::new(&at).parent().unwrap()).unwrap();
        fs::write(at, path).unwrap();
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.0.path().canonicalize().unwrap().display())
    }

    fn link(&self, to: &str, at: &str) {
        symlink(to, self.at(at)).unwrap();
    }

    fn scope(&self, allow: &[&str], deny: &[&str]) -> Scope {
        let at = |list: &[&str]| list.iter().map(|path| self.at(path)).collect::<Vec<_>>();
        Scope::new(ScopeKind::Path, &at(allow), &at(deny)).unwrap()
    }

    /// Returns what is read at a path: its content, or `-` for what is not covered, `>` for a link that leads out, `?` for what
    /// does not exist, `!` for what is no file.
    fn read(&self, scope: &Scope, path: &str) -> String {
        let read = || -> Result<String, LocateError> {
            let mut text = String::new();
            let at = scope.locate(&self.at(path), LastLink::Follow)?;
            at.open(OpenOptions::new().read(true))?.read_to_string(&mut text)?;
            Ok(text)
        };
        read().unwrap_or_else(|error| {
            match error {
                LocateError::NotCovered => "-",
                LocateError::LeadsOut(_) => ">",
                LocateError::NotAFile => "!",
                _ => "?",
            }
            .to_owned()
        })
    }
}

#[test]
fn a_manifest_does_not_choose_the_base() {
    let disk = Disk::new();
    disk.link(&disk.at("out"), "srv/link");
    disk.link("private", "srv/inside");
    let operator = disk.scope(&["srv/**"], &["srv/private/**"]);
    let everything = Scope::everything(ScopeKind::Path);
    for asked in
        ["srv/**", "srv/link/**", "srv/link/*", "srv/link/text", "srv/inside/*", "srv/inside/key", "**"]
    {
        let asked = if asked == "**" { everything.clone() } else { disk.scope(&[asked], &[]) };
        // however often it is cut down, the operator's patterns stay
        for scope in [
            asked.within(&operator),
            asked.within(&operator).within(&operator),
            asked.within(&asked).within(&operator),
        ] {
            for path in ["srv/link/text", "srv/inside/key", "srv/link/new", "srv/private/key"] {
                let read = disk.read(&scope, path);
                assert!(["-", ">"].contains(&&*read), "`{scope}` reads {path}: {read}");
            }
        }
    }
    let asked = disk.scope(&["srv/link/**"], &[]);
    // what a guest asks of an operator who grants everything is still not where its own link leads
    assert_eq!(disk.read(&asked.within(&everything), "srv/link/text"), ">");
    // grants carry it
    let grants = |scope: &Scope| Grants::none().allow_scope(&FS_READ, scope.clone()).unwrap();
    let both = grants(&asked).within(&grants(&operator));
    assert_eq!(disk.read(both.scope_of(&FS_READ).unwrap(), "srv/link/text"), ">");
    // an operator who names the link trusts it
    assert_eq!(disk.read(&asked.within(&disk.scope(&["srv/link/**"], &[])), "srv/link/text"), "out/text");
}

#[test]
fn a_value_does_not_choose_the_base() {
    let disk = Disk::new();
    fs::create_dir(disk.at("srv/homes/eve")).unwrap();
    disk.link(&disk.at("out/public"), "srv/homes/eve/public");
    disk.link("../../out", "srv/homes/bob");
    let scope = disk.scope(&["srv/homes/*/public/**"], &[]);
    assert_eq!(disk.read(&scope, "srv/homes/ada/public/text"), "srv/homes/ada/public/text");
    assert_eq!(disk.read(&scope, "srv/homes/eve/public/text"), ">");
    assert_eq!(disk.read(&scope, "srv/homes/bob/public/text"), ">");
    for pattern in ["srv/**/public/text", "srv/homes/e*/public/text", "srv/homes/*/public/text"] {
        assert_eq!(disk.read(&disk.scope(&[pattern], &[]), "srv/homes/eve/public/text"), ">", "{pattern}");
    }
}

#[test]
fn a_link_is_judged_by_where_it_leads() {
    let disk = Disk::new();
    for (to, at) in [
        ("open/text", "srv/file"),
        ("open", "srv/dir"),
        ("./open/../open/.", "srv/dots"),
        ("private/key", "srv/denied"),
        ("private", "srv/denied_dir"),
        ("dir", "srv/twice"),
        ("..", "srv/up"),
        ("../srv/open", "srv/around"),
        ("loop", "srv/loop"),
        ("/proc/self/cwd", "srv/magic"),
        ("nothing", "srv/broken"),
    ] {
        disk.link(to, at);
    }
    disk.link(&disk.at("srv/open"), "srv/absolute");
    disk.link(&disk.at("srv/private"), "srv/absolute_denied");
    disk.link(&disk.at("srvx"), "srv/prefix");
    let scope = disk.scope(&["srv/**"], &["srv/private/**"]);
    for (path, expected) in [
        ("srv/file", "srv/open/text"),
        ("srv/dir/text", "srv/open/text"),
        ("srv/dots/text", "srv/open/text"),
        ("srv/twice/text", "srv/open/text"),
        ("srv/absolute/text", "srv/open/text"),
        ("srv/denied", ">"),
        ("srv/denied_dir/key", ">"),
        ("srv/absolute_denied/key", ">"),
        ("srv/up/out/text", ">"),
        // out and in again, which is out
        ("srv/around/text", ">"),
        ("srv/prefix/text", ">"),
        ("srv/magic/Cargo.toml", ">"),
        ("srv/loop", "?"),
        ("srv/loop/x", "?"),
        ("srv/broken", "?"),
        // `..` of a value is resolved by the text, before any link
        ("srv/dir/../open/text", "srv/open/text"),
        ("srv/dir/../../out/text", "-"),
        ("srv/dots", "!"),
        ("srv", "!"),
    ] {
        assert_eq!(disk.read(&scope, path), expected, "{path}");
    }
}

#[test]
fn denials_of_both_sides_hold_where_it_leads() {
    let disk = Disk::new();
    disk.link("open", "srv/a");
    let operator = disk.scope(&["srv/**"], &["srv/private/**"]);
    for asked in [disk.scope(&["srv/**"], &["srv/open/**"]), disk.scope(&["srv/a/**"], &[])] {
        assert_eq!(disk.read(&asked.within(&operator), "srv/a/text"), ">", "{asked}");
    }
    // a base over a link of the operator's: its denials hold by either name
    disk.link("srv", "data");
    let by_link = disk.scope(&["data/**"], &["srv/private/**", "data/homes/**"]);
    assert_eq!(disk.read(&by_link, "data/open/text"), "srv/open/text");
    assert_eq!(disk.read(&by_link, "data/private/key"), ">");
    assert_eq!(disk.read(&by_link, "data/homes/ada/public/text"), "-");
    // also those that do not touch what the manifest asks for by its text
    let asked = disk.scope(&["data/**"], &[]);
    assert_eq!(disk.read(&asked.within(&by_link), "data/private/key"), ">");
    let at = disk.at("data");
    let listed = by_link.locate(&at, LastLink::Follow).unwrap();
    assert!(listed.covers("open") && !listed.covers("private") && !listed.covers("homes/ada"));
    assert!(!listed.covers("private/key"));
}

#[test]
fn the_last_link_is_kept_and_not_opened() {
    let disk = Disk::new();
    disk.link("open/text", "srv/file");
    disk.link("nothing", "srv/broken");
    disk.link(&disk.at("out/new"), "srv/new");
    let scope = disk.scope(&["srv/**"], &[]);
    for path in ["srv/file", "srv/broken", "srv/new"] {
        let at = disk.at(path);
        let at = scope.locate(&at, LastLink::Keep).unwrap();
        assert!(at.metadata().unwrap().is_symlink());
        let opened = at.open(OpenOptions::new().write(true).create(true));
        assert!(matches!(opened, Err(LocateError::NotAFile)), "{path}: {opened:?}");
    }
    assert!(!Path::new(&disk.at("out/new")).exists() && !Path::new(&disk.at("srv/nothing")).exists());
    // neither can it be created over, at the last moment
    let at = disk.at("srv/late");
    let late = scope.locate(&at, LastLink::Keep).unwrap();
    disk.link(&disk.at("out/new"), "srv/late");
    assert!(late.open(OpenOptions::new().write(true).create(true)).is_err());
    assert!(late.dir().open_with("late", OpenOptions::new().write(true).create(true)).is_err());
    let base = disk.at("srv");
    assert_eq!(scope.locate(&base, LastLink::Keep).unwrap().name(), None);
}

#[test]
fn a_directory_that_is_swapped_leads_nowhere() {
    let disk = Disk::new();
    fs::create_dir(disk.at("srv/swap")).unwrap();
    disk.file("srv/swap/text");
    disk.link("private", "srv/spare_inside");
    disk.link(&disk.at("out"), "srv/spare_outside");
    fs::write(disk.at("srv/private/text"), "srv/private/text").unwrap();
    let scope = disk.scope(&["srv/**"], &["srv/private/**"]);
    let [swap, aside, inside, outside] =
        ["srv/swap", "srv/aside", "srv/spare_inside", "srv/spare_outside"].map(|path| disk.at(path));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for link in [&inside, &outside].into_iter().cycle().take(3_000) {
                fs::rename(&swap, &aside).unwrap();
                fs::rename(link, &swap).unwrap();
                fs::rename(&swap, link).unwrap();
                fs::rename(&aside, &swap).unwrap();
            }
        });
        let path = disk.at("srv/swap/written");
        for _ in 0..3_000 {
            let read = disk.read(&scope, "srv/swap/text");
            assert!(["srv/swap/text", ">", "?", "!"].contains(&&*read), "{read}");
            if let Ok(at) = scope.locate(&path, LastLink::Keep)
                && let Ok(mut file) = at.open(OpenOptions::new().write(true).create(true))
            {
                file.write_all(b"x").unwrap();
            }
        }
    });
    for path in ["out/written", "srv/private/written"] {
        assert!(!Path::new(&disk.at(path)).exists(), "{path} was written");
    }
}

#[test]
fn a_file_that_is_swapped_is_not_followed() {
    let disk = Disk::new();
    fs::write(disk.at("srv/swap"), "srv/swap").unwrap();
    disk.link("private/key", "srv/spare");
    let scope = disk.scope(&["srv/**"], &["srv/private/**"]);
    let [swap, aside, spare] = ["srv/swap", "srv/aside", "srv/spare"].map(|path| disk.at(path));
    let ended = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                fs::rename(&swap, &aside).unwrap();
                fs::rename(&spare, &swap).unwrap();
                fs::rename(&swap, &spare).unwrap();
                fs::rename(&aside, &swap).unwrap();
            }
        });
        let read: BTreeSet<_> = (0..20_000).map(|_| disk.read(&scope, "srv/swap")).collect();
        ended.store(true, Ordering::Relaxed);
        let harmless = ["srv/swap", ">", "?", "!"];
        assert!(read.iter().all(|read| harmless.contains(&&**read)), "{read:?}");
    });
}

#[test]
fn a_hard_link_is_the_file_itself() {
    let disk = Disk::new();
    fs::hard_link(disk.at("out/text"), disk.at("srv/hard")).unwrap();
    assert_eq!(disk.read(&disk.scope(&["srv/**"], &[]), "srv/hard"), "out/text");
}

#[test]
fn pipes_and_devices_are_not_waited_for() {
    let disk = Disk::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        disk.at("srv/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let scope = disk.scope(&["srv/**"], &[]);
    assert_eq!(disk.read(&scope, "srv/pipe"), "!");
    assert_eq!(disk.read(&scope, "srv/pipe/x"), "?");
    // also as the operator's directory
    assert_eq!(disk.read(&disk.scope(&["srv/pipe/**"], &[]), "srv/pipe/x"), "?");
    let devices = Scope::new(ScopeKind::Path, &["/dev/*"], &[]).unwrap();
    let zero = devices.locate("/dev/zero", LastLink::Follow).unwrap();
    assert!(matches!(zero.open(OpenOptions::new().read(true)), Err(LocateError::NotAFile)));
}

#[test]
fn denials_by_another_name_hold_for_what_is_below() {
    let disk = Disk::new();
    disk.link("srv", "data");
    let allow = ["data/**"];
    for (deny, free) in [
        (&[][..], true),
        (&["data/homes/ada/**"], false),
        (&["srv/homes/ada/**"], false),
        (&["srv/*/ada/public"], false),
        (&["srv/private/**"], true),
    ] {
        let operator = disk.scope(&allow, deny);
        let asked = disk.scope(&["data/homes/**", "data/open/**"], &[]);
        for scope in [asked.within(&operator), operator] {
            let homes = disk.at("data/homes");
            let homes = scope.locate(&homes, LastLink::Keep).unwrap();
            assert_eq!(homes.covers_all_below().unwrap(), free, "{scope} of {deny:?}");
        }
    }
    let narrow = disk.scope(&["data/homes/*"], &[]);
    assert!(!narrow.locate(&disk.at("data/homes/ada"), LastLink::Keep).unwrap().covers_all_below().unwrap());
}

#[test]
fn a_deep_path_takes_few_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let disk = Disk::new();
    let deep = format!("srv/deep{}", "/d".repeat(1_500));
    fs::create_dir_all(disk.at(&deep)).unwrap();
    disk.file(&format!("{deep}/text"));
    disk.link(&format!("deep{}/../../d", "/d".repeat(1_499)), "srv/short");
    disk.link(&format!("{}text", "../d/".repeat(300)), &format!("{deep}/back"));
    let scope = disk.scope(&["srv/**"], &["srv/private/**"]);
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: Some(200), ..limit }).unwrap();
    let read = [format!("{deep}/text"), "srv/short/d/d/text".to_owned(), format!("{deep}/back")]
        .map(|path| disk.read(&scope, &path));
    setrlimit(Resource::Nofile, limit).unwrap();
    let text = format!("{deep}/text");
    assert_eq!(read, [text.clone(), text, "?".to_owned()], "the last one leads over too many directories");
}

#[test]
fn directories_that_the_operator_names_are_known() {
    let scope = Scope::new(ScopeKind::Path, &["/srv/**", "/srv/homes/eve/**", "/etc/hosts"], &[]).unwrap();
    let asked = Scope::new(ScopeKind::Path, &["/srv/a/b/**"], &[]).unwrap().within(&scope);
    for (path, expected) in [
        ("/srv", true),
        ("/srv/homes", true),
        ("/srv/homes/eve", true),
        ("/srv/homes/eve/x", false),
        ("/srv/homesick", false),
        ("/srv/a", false),
        ("/etc", true),
        ("/etc/hosts", false),
        ("/", true),
    ] {
        assert_eq!(scope.has_base_at_or_below(path), expected, "{path}");
        assert_eq!(asked.has_base_at_or_below(path), expected, "{path} of what was cut down");
    }
    assert!(!Scope::everything(ScopeKind::Name).has_base_at_or_below("/"));
}
