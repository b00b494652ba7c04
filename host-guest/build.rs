//! Makes cargo accept the key `links`, which it reads only for a package with a build script.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
