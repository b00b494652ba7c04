//! Native libraries of the system, and of the tests' own.

use std::fs;
use std::path::{Path, PathBuf};

use hostfn_modules::ffi::Ffi;

/// As a host does for a function that it knows; the tests here know theirs.
#[expect(unsafe_code, reason = "the host's author promises that this is its signature")]
pub fn declare(ffi: Ffi, library: &Path, functions: &[(&str, &str)]) -> Ffi {
    functions.iter().fold(ffi, |ffi, (symbol, signature)| {
        // SAFETY: the tests name functions by their signatures in the standard and in their source, all of them sound for
        // every value and on every thread, or such as are never called
        unsafe { ffi.function(library, *symbol, *signature) }
    })
}

/// A library of the system, by the names that it has on different ones: beside the C library that this process runs
/// with, or where libraries are.
fn system(names: &[&str]) -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped = maps.lines().filter_map(|line| Some(Path::new(&line[line.find('/')?..])));
    let mut places: Vec<PathBuf> = mapped.filter_map(Path::parent).map(Path::to_owned).collect();
    for place in ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].map(PathBuf::from) {
        let within = fs::read_dir(&place).into_iter().flatten().flatten().map(|entry| entry.path());
        places.extend(within.filter(|path| path.to_string_lossy().contains("-linux-")));
        places.push(place);
    }
    places.dedup();
    let mut found = places.iter().flat_map(|place| names.iter().map(|name| place.join(name)));
    let found = found.find(|path| path.is_file());
    let found = found.unwrap_or_else(|| panic!("none of {names:?} is in any of {places:?}"));
    found.canonicalize().unwrap()
}

/// `cos` and `pow` are here.
pub fn libm() -> PathBuf {
    system(&["libm.so.6", "libm.so.1", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"])
}

/// `labs` is here.
pub fn libc() -> PathBuf {
    system(&["libc.so.6", "libc.so.1", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"])
}
