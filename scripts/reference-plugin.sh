#!/usr/bin/env bash
# reference-plugin.sh: builds the reference plugin (examples/guests/till-*) from source in each language, and prints a
# table: bytes of the module, seconds of the build, calls per second, warnings under strict flags, and lines that a person
# wrote. A language without a compiler on this machine is reported as missing.
# HOST_PROFILE=dev measures the calls with an unoptimized host (default: release).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
guests=$root/examples/guests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
asc=$root/conformance/guests/as/node_modules/.bin/asc

# FOLDER: the author's own sources, without generated bindings, blank lines and comments
lines() {
  find "$1" -type f \( -name '*.rs' -o -name '*.c' -o -name '*.cpp' -o -name '*.ts' -o -name '*.zig' \) \
    ! -name 'host.*' ! -path '*/target/*' ! -path '*/node_modules/*' -exec cat {} + | grep -cvE '^\s*(//|$)' || true
}

# each writes $work/NAME.wasm, and its messages to standard output
build_rs() {
  local target=wasm32-unknown-unknown
  cd "$guests"
  # what it depends on is built before: the time is that of a change of the plugin
  export CARGO_TARGET_DIR=$work/target
  RUSTFLAGS="-Wunused -Wrust-2018-idioms" "$root/scripts/wasm-rust.sh" build -q -p till-rs --release --locked --target $target
  touch till-rs/src/lib.rs
}
again_rs() {
  cd "$guests"
  CARGO_TARGET_DIR=$work/target RUSTFLAGS="-Wunused -Wrust-2018-idioms" \
    "$root/scripts/wasm-rust.sh" build -p till-rs --release --locked --target wasm32-unknown-unknown 2>&1
  cp "$work/target/wasm32-unknown-unknown/release/till_rs.wasm" "$work/till-rs.wasm"
}
again_c() {
  cd "$guests/till-c"
  clang-14 --target=wasm32 -mbulk-memory -std=c99 -ffreestanding -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
    -nostdlib -fuse-ld="$(command -v wasm-ld-14)" -Wl,--no-entry -Wl,--strip-all -I"$guests/notes-c" ./*.c -o "$work/till-c.wasm" 2>&1
}
again_as() {
  cd "$guests/till-as"
  "$asc" main.ts --use abort=host/hostAbort -O --runtime incremental --noColors --outFile "$work/till-as.wasm" 2>&1
}
again_zig() {
  cd "$guests/till-zig"
  ${zig[@]} build-exe main.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall -fstrip \
    --cache-dir "$work/zig" -femit-bin="$work/till-zig.wasm" 2>&1
}

zig=()
if command -v zig >/dev/null; then zig=(zig); elif python3 -m ziglang version >/dev/null 2>&1; then zig=(python3 -m ziglang); fi
has() {
  case $1 in
    rs) command -v cargo ;;
    c) command -v clang-14 ;;
    as) [ -x "$asc" ] ;;
    zig) [ ${#zig[@]} -gt 0 ] ;;
  esac >/dev/null
}

calls=$work/calls
(cd "$root" && cargo run -q --profile "${HOST_PROFILE:-release}" --example polyglot) > "$calls"
# LANGUAGE: calls per second, from the nanoseconds per call that the example prints
per_second() {
  awk -v language="$1" '$1 == language { print int(1e9 / $5) }' "$calls"
}

printf '%-15s %9s %9s %10s %9s %6s\n' language bytes 'build s' calls/s warnings lines
bad=0
for entry in rs:Rust c:C as:AssemblyScript zig:Zig; do
  short=${entry%%:*} language=${entry#*:}
  if ! has "$short"; then
    printf '%-15s no compiler on this machine\n' "$language"
    continue
  fi
  if [ "$short" = rs ]; then (build_rs) > /dev/null; fi
  start=$EPOCHREALTIME
  (again_"$short") > "$work/messages" || { cat "$work/messages" >&2; exit 1; }
  end=$EPOCHREALTIME
  warnings=$(grep -ciE '(^|[ :])warning( [A-Z]+[0-9]+)?:' "$work/messages" || true)
  [ "$warnings" -eq 0 ] || { cat "$work/messages" >&2; bad=1; }
  printf '%-15s %9d %9.2f %10s %9d %6d\n' "$language" "$(stat -c %s "$work/till-$short.wasm")" \
    "$(awk -v a="$start" -v b="$end" "BEGIN { print b - a }")" "$(per_second "$language")" "$warnings" "$(lines "$guests/till-$short")"
done
exit $bad
