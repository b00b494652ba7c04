#!/usr/bin/env bash
# new-project.sh: runs `hostfn new` in an empty folder for each language, tests the host, builds each plugin and lets the
# host run it. A language without a compiler on this machine is reported and skipped.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -n "${HOSTFN:-}" ] || (cd "$root" && cargo build --quiet --locked -p hostfn-cli)
target=${CARGO_TARGET_DIR:-$root/target}
hostfn=${HOSTFN:-$target/debug/hostfn}
unset CARGO_TARGET_DIR

zig=()
if command -v zig >/dev/null; then zig=(zig); elif python3 -m ziglang version >/dev/null 2>&1; then zig=(python3 -m ziglang); fi
asc=$root/conformance/guests/as/node_modules/.bin/asc

# each builds plugin.wasm in the folder of the plugin
build_rust() {
  "$root/scripts/wasm-rust.sh" build --quiet --release --target wasm32-unknown-unknown
  cp target/wasm32-unknown-unknown/release/plugin.wasm .
}
build_c() {
  clang-14 --target=wasm32 -mbulk-memory -std=c99 -ffreestanding -Os -Wall -Wextra -nostdlib \
    -fuse-ld="$(command -v wasm-ld-14)" -Wl,--no-entry plugin.c -o plugin.wasm
}
build_assemblyscript() { "$asc" main.ts --use abort=host/hostAbort -O --runtime incremental --outFile plugin.wasm; }
build_zig() {
  "${zig[@]}" build-exe main.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall -fstrip \
    --cache-dir "$folder/zig" -femit-bin=plugin.wasm
}
build_typescript() { "$hostfn" js pack plugin.ts --listing ../hostfn.lock --contract greeter.v1 --out plugin.wasm; }
has() {
  case $1 in
    rust | typescript) true ;;
    c) command -v clang-14 >/dev/null ;;
    assemblyscript) [ -x "$asc" ] ;;
    zig) [ ${#zig[@]} -gt 0 ] ;;
  esac
}

host=
ran=0
for language in rust c assemblyscript zig typescript; do
  has "$language" || { echo "new-project: $language: no compiler here: skipped"; continue; }
  mkdir "$folder/$language"
  cd "$folder/$language"
  "$hostfn" new demo --language "$language" --checkout "$root"
  cd demo
  if [ -z "$host" ]; then
    # versions that are built already; cargo removes the rest
    cp "$root/Cargo.lock" .
    CARGO_TARGET_DIR=$target cargo test --quiet
    CARGO_TARGET_DIR=$target cargo build --quiet
    host=$target/debug/demo
    "$hostfn" check --program "$host"
  fi
  # the host is the same in each language
  cmp src/main.rs "$folder/rust/demo/src/main.rs"
  (cd plugin && "build_$language")
  diff <(echo 'Hello, Ada!'; echo 'Hello, Grace!') <("$host" plugin/plugin.wasm Ada Grace)
  echo 'greet = false' > grants.toml
  ! "$host" plugin/plugin.wasm Ada 2>/dev/null || { echo "new-project: $language: it ran without a grant" >&2; exit 1; }
  ran=$((ran + 1))
done
echo "new-project: $ran projects passed"
[ "$ran" -gt 0 ]
