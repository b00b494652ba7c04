#!/usr/bin/env bash
# build-js-engine.sh [FILE]: compiles QuickJS-ng and the glue of host-js/engine to one wasm module, by default
# host-js/engine.wasm, which is committed: users need no compiler. Needs clang-14 and llvm-14 from Debian.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(realpath -m "${1:-$root/host-js/engine.wasm}")
for tool in clang-14 llvm-ar-14; do
  command -v "$tool" >/dev/null || { echo "build-js-engine: no $tool; install it with 'apt-get install clang-14 llvm-14'" >&2; exit 1; }
done
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/host-js/engine/target}
export CC_wasm32_unknown_unknown=clang-14 AR_wasm32_unknown_unknown=llvm-ar-14
export CFLAGS_wasm32_unknown_unknown="-O3 -mbulk-memory -mnontrapping-fptoint -msign-ext -ffile-prefix-map=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_ENCODED_RUSTFLAGS
# an engine must not tell where it was built
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "--remap-path-prefix=$root=/hostfn" \
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo")-Clink-arg=-zstack-size=1048576
(cd "$root/host-js/engine" && "$root/scripts/wasm-rust.sh" build --release --locked --target wasm32-unknown-unknown)
cp "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/js_engine.wasm" "$out"
echo "$(wc -c <"$out") bytes: $out"
