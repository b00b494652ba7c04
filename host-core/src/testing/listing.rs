use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Code, Problem, cannot_be_read, read_text_file};
use crate::registry::{LinkedModule, Registry};
use crate::surface::Listing;

/// Bytes of a lock that are read.
const MOST_LOCK: u64 = 1 << 30;

/// The environment variable that writes a lock again.
const BLESS: &str = "HOSTFN_BLESS";

/// Asserts that what plugins can reach is what the lock at `path` says: the one line that makes every change of it show
/// up in a review.
///
/// The surface is [`Registry::collect`]'s. `path` is relative to the folder of the package, where cargo runs tests.
/// `HOSTFN_BLESS=1 cargo test` writes the lock again, to be reviewed and committed with the change that widens or narrows
/// the surface.
///
/// It goes where the host's functions are linked in: for a program into a unit test of `main.rs`; for a library, into a
/// file of `tests/` that says `use my_library as _;`, so that functions of its own unit tests are not among them.
///
/// ```no_run
/// #[test]
/// fn what_plugins_can_reach_was_reviewed() {
///     hostfn_core::testing::assert_listing("hostfn.lock");
/// }
/// ```
///
/// # Panics
/// When the surface changed (`H0605`), with what changed, what widened on top; when there is no lock (`H0606`) or it cannot
/// be read; when the registry has problems; when no function is linked in at all, which is a mistake of the test; and when
/// a module with functions of its own is linked in, such as those of `hostfn-modules`. A host adds it by a call, so its
/// functions are not among the collected ones: give [`assert_listing_of`] the listing of the host's registry.
#[track_caller]
pub fn assert_listing(path: impl AsRef<Path>) {
    let registry = Registry::collect().unwrap_or_else(|error| panic!("{error}"));
    let modules: Vec<_> = inventory::iter::<LinkedModule>().map(|module| module.0).collect();
    assert!(
        modules.is_empty(),
        "the program links modules whose functions are not among those that `Registry::collect` finds: {}; write \
         `assert_listing_of(&registry.listing(), \"hostfn.lock\")` with the registry that the host is built with",
        modules.join(", ")
    );
    assert!(
        !registry.is_empty() || registry.contracts().len() > 0,
        "no host function is linked into this test, so there is nothing to compare; write `use your_library as _;`"
    );
    assert_listing_of(&registry.listing(), path);
}

/// The same for any listing: that of a registry which was built by hand, or of one host among several.
///
/// ```
/// use hostfn_core::{Registry, testing::assert_listing_of};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("hostfn.lock");
/// let listing = Registry::builder().build()?.listing();
/// # std::fs::write(&path, listing.to_lock())?;
/// assert_listing_of(&listing, &path);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// As [`assert_listing`], but for a registry's problems.
#[track_caller]
pub fn assert_listing_of(listing: &Listing, path: impl AsRef<Path>) {
    let path = path.as_ref();
    let bless = std::env::var_os(BLESS).is_some_and(|value| !value.is_empty() && value != "0");
    let outcome = if bless { write(listing, path) } else { compare(listing, path) };
    if let Err(complaint) = outcome {
        panic!("{complaint}");
    }
}

fn write(listing: &Listing, path: &Path) -> Result<(), String> {
    let lock = listing.to_lock();
    // one that is as it should be keeps its time of change
    if read_text_file(path, MOST_LOCK).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    fs::write(path, lock).map_err(|error| unusable(path, &format!("it cannot be written: {error}")))
}

fn compare(listing: &Listing, path: &Path) -> Result<(), String> {
    let shown = path.display().to_string();
    let old = match read_text_file(path, MOST_LOCK) {
        // a checkout on Windows may have put carriage returns there
        Ok(old) => old.replace("\r\n", "\n"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let remedy = "write it with `HOSTFN_BLESS=1 cargo test`, read it, and commit it";
            return Err(Problem::new(Code::LockMissing, shown, "there is no lock yet", remedy).to_string());
        }
        Err(error) => return Err(unusable(path, &cannot_be_read(&error))),
    };
    if old == listing.to_lock() {
        return Ok(());
    }
    let reviewed = Listing::from_lock(&shown, &old).map_err(|error| error.to_string())?;
    let diff = reviewed.diff(listing);
    let (what, remedy) = if diff.is_empty() {
        (
            "it says the same in another form than it is written in",
            "write it again with `HOSTFN_BLESS=1 cargo test`",
        )
    } else {
        (
            "what plugins can reach is not what it says",
            "if that is meant, write it again with `HOSTFN_BLESS=1 cargo test`, and commit it with the change",
        )
    };
    Err(format!("{}\n\n{}", Problem::new(Code::SurfaceChanged, shown, what, remedy), diff.to_text()))
}

fn unusable(path: &Path, what: &str) -> String {
    let remedy = "name a file that this test may read and write";
    Problem::new(Code::FileUnusable, path.display().to_string(), what, remedy).to_string()
}
