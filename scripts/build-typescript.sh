#!/usr/bin/env bash
# build-typescript.sh [FILE]: compiles the type stripper of host-js/typescript to a wasm module, by default
# host-js/typescript.wasm, which is committed: users compile no parser.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(realpath -m "${1:-$root/host-js/typescript.wasm}")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/host-js/typescript/target}
export CARGO_ENCODED_RUSTFLAGS
# a module must not tell where it was built
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "--remap-path-prefix=$root=/hostfn" \
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo")-Clink-arg=-zstack-size=1048576
(cd "$root/host-js/typescript" && "$root/scripts/wasm-rust.sh" build --release --locked --target wasm32-unknown-unknown)
cp "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/js_typescript.wasm" "$out"
echo "$(wc -c <"$out") bytes: $out"
