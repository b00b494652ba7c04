#!/usr/bin/env bash
# build.sh [OUT]: builds the guests; without OUT, over the committed ones.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
clang=$(command -v clang-14 || command -v clang)
cd "$here/rust"
"$here/../../scripts/wasm-rust.sh" build -q --locked --release --target wasm32-unknown-unknown
cp target/wasm32-unknown-unknown/release/extism_guest.wasm "$out/rust.wasm"
"$clang" --target=wasm32 -std=c99 -Wall -Wextra -ffreestanding -Os -nostdlib -Wl,--no-entry "$here/c/guest.c" -o "$out/c.wasm"
