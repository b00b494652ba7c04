#!/usr/bin/env bash
# package.sh: packages everything that is published, as `cargo publish` does, without an upload. Packages of the
# workspace are resolved from each other, so none has to be in a registry. `--verify` also compiles each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# in the order in which they are published
packages=(hostfn-abi hostfn-macros-core hostfn-macros hostfn-guest hostfn-core hostfn-bindgen hostfn hostfn-modules hostfn-js hostfn-cli)
verify=--no-verify
[ "${1:-}" = --verify ] && verify=
selected=()
for package in "${packages[@]}"; do
  files=$(cargo package --allow-dirty --list -p "$package")
  for needed in Cargo.toml README.md LICENSE-APACHE LICENSE-MIT; do
    grep -qx "$needed" <<<"$files" || { echo "package: $package has no $needed" >&2; exit 1; }
  done
  echo "$package: $(wc -l <<<"$files") files"
  selected+=(-p "$package")
done
cargo package --allow-dirty --quiet --locked $verify "${selected[@]}"
