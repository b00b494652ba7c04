#!/usr/bin/env bash
# Builds a small host with `panic = "abort"`, and checks that it is refused unless it accepts that. It builds the
# engine once more, so it is not part of CI.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cp "$root/Cargo.lock" "$dir/Cargo.lock"
cat > "$dir/Cargo.toml" <<TOML
[package]
name = "aborts"
version = "0.0.0"
edition = "2024"
[workspace]
[dependencies]
hostfn = { path = "$root" }
[profile.dev]
panic = "abort"
debug = false
TOML
cat > "$dir/src/main.rs" <<'RUST'
use hostfn::{Code, Host, Registry};

fn main() {
    let builder = || Host::builder(Registry::builder().build().unwrap());
    let error = builder().build().unwrap_err();
    assert_eq!(error.code(), Code::AbortsOnPanic, "{error}");
    println!("{error}");
    builder().accept_abort_on_panic().build().unwrap();
}
RUST
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/panic-abort" cargo run -q --manifest-path "$dir/Cargo.toml"
