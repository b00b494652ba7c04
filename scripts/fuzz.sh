#!/usr/bin/env bash
# fuzz.sh [TARGET] [SECONDS]: a target of fuzz/ (`cache` unless said) under libFuzzer and the address sanitizer,
# for a minute unless said. It needs a nightly toolchain and a C++ compiler, and not cargo-fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"

target=${1:-cache} seconds=${2:-60}
triple=$(rustc -vV | sed -n 's/^host: //p')
# what `cargo fuzz` sets: coverage that libFuzzer steers by, and the sanitizer
flags=(
  --cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
)
mkdir -p "corpus/$target" "artifacts/$target"
# the same flags for a build script or a macro would want a main that libFuzzer has
RUSTFLAGS="${flags[*]}" cargo +nightly run --target "$triple" --bin "$target" -- \
  "corpus/$target" -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -max_len=65536
