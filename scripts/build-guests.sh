#!/usr/bin/env bash
# build-guests.sh [DIR]: every guest under examples/guests, built from source into DIR/<guest>.wasm, and every
# plugin under examples/plugins, into DIR/plugins/<plugin>/<plugin>.wasm beside its manifest; the guests of
# conformance/guests into DIR/conformance/<language>.wasm.
# Unless DIR is given they are built where their sources are: there they are committed, so that tests need no
# wasm compiler.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
guests=$root/examples/guests
plugins=$root/examples/plugins
mkdir -p "${1:-$guests}"
out=$(cd "${1:-$guests}" && pwd)

need() {
  command -v "$1" >/dev/null || { echo "build-guests: no $1; install it with 'apt-get install $2'" >&2; exit 1; }
}

# a guest must not tell where it was built
rust_flags=(
  "--remap-path-prefix=$root=/hostfn"
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
)

build_rust() {
  local target=${CARGO_TARGET_DIR:-$guests/target} triple=wasm32-unknown-unknown
  (
    cd "$guests"
    export CARGO_TARGET_DIR=$target CARGO_ENCODED_RUSTFLAGS
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${rust_flags[*]}")
    # one by one: together they would all get the features that any of them wants
    for guest in "$@"; do
      "$root/scripts/wasm-rust.sh" build -p "$guest" --release --locked --target "$triple"
    done
  )
  for guest in "$@"; do
    cp "$target/$triple/release/${guest//-/_}.wasm" "$out/$guest.wasm"
  done
}

build_c() {
  for guest in "$@"; do
    (cd "$guests/$guest" && clang-14 "${c_flags[@]}" -I"$guests/notes-c" ./*.c -o "$out/$guest.wasm")
  done
  for plugin in "$plugins"/*/; do
    plugin=$(basename "$plugin")
    local into=$plugins/$plugin
    if [ "$out" != "$guests" ]; then
      into=$out/plugins/$plugin
      mkdir -p "$into"
      cp "$plugins/$plugin/plugin.toml" "$into/"
    fi
    (cd "$plugins/$plugin" && clang-14 "${c_flags[@]}" -I"$plugins" -I"$guests/notes-c" ./*.c -o "$into/$plugin.wasm")
  done
}

# after the suite's guests, whose compiler it is
build_assemblyscript() {
  local asc=$root/conformance/guests/as/node_modules/.bin/asc
  for guest in "$@"; do
    (cd "$guests/$guest" && "$asc" main.ts --use abort=host/hostAbort -O --runtime incremental --outFile "$out/$guest.wasm")
  done
}

build_conformance() {
  local from=$root/conformance/guests
  local into=$from
  if [ "$out" != "$guests" ]; then
    into=$out/conformance
    mkdir -p "$into"
  fi
  local target=${CARGO_TARGET_DIR:-$from/target} triple=wasm32-unknown-unknown
  (
    cd "$from"
    export CARGO_TARGET_DIR=$target CARGO_ENCODED_RUSTFLAGS
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${rust_flags[*]}")
    "$root/scripts/wasm-rust.sh" build --workspace --release --locked --target "$triple"
  )
  cp "$target/$triple/release/conformance_rs.wasm" "$into/rust.wasm"
  (cd "$from/c" && clang-14 "${c_flags[@]}" -Os ./*.c -o "$into/c.wasm")
  build_with_libc "$from/c" "$from/allocators" "$into"
  (
    cd "$from/as"
    npm ci --silent --no-fund --no-audit
    local flags=(main.ts --use abort=host/hostAbort -O)
    npx --no-install asc "${flags[@]}" --runtime incremental --outFile "$into/as.wasm"
    npx --no-install asc "${flags[@]}" --runtime stub --outFile "$into/as-stub.wasm"
    npx --no-install asc unexported.ts "${flags[@]:1}" --runtime stub --outFile "$into/as-unexported.wasm"
  )
  build_zig "$from/zig" "$into/zig.wasm"
  (cd "$into" && wc -c rust.wasm c.wasm as.wasm as-stub.wasm)
}

# build_with_libc DIR ALLOCATORS INTO: the guest in C beside malloc, and in C++ beside malloc and new
build_with_libc() {
  if [ ! -e /usr/lib/wasm32-wasi/libc.a ]; then
    echo "wasi-libc: not installed, guests with malloc skipped (apt-get install wasi-libc)"
    return
  fi
  local flags=(--target=wasm32 -mbulk-memory -Os -Wall -Wextra -Wpedantic -Werror -DHOSTFN_MALLOC -DGUEST_ALLOCATES)
  flags+=(-I. -I/usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -nostdlib "-fuse-ld=$(command -v wasm-ld-14)")
  flags+=(-Wl,--no-entry -Wl,--strip-all)
  (
    cd "$1"
    clang-14 "${flags[@]}" -std=gnu11 ./*.c "$2/malloc.c" -lc -o "$3/c-malloc.wasm"
    clang-14 "${flags[@]}" -std=c++20 -fno-exceptions -fno-rtti -x c++ ./*.c "$2/new.cc" -lc -o "$3/cpp.wasm"
  )
  (cd "$3" && wc -c c-malloc.wasm cpp.wasm)
}

# build_zig DIR FILE: the guest in Zig, where there is a compiler; one of another version may give other bytes
build_zig() {
  local zig
  if command -v zig >/dev/null; then
    zig=(zig)
  elif python3 -m ziglang version >/dev/null 2>&1; then
    zig=(python3 -m ziglang)
  else
    echo "zig: not installed, skipped (pip install ziglang)"
    return
  fi
  (
    cd "$1"
    "${zig[@]}" fmt --check .
    "${zig[@]}" build-exe main.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall -fstrip -femit-bin="$2"
  )
  wc -c "$2"
}

need clang-14 clang-14
need wasm-ld-14 lld-14
need npm npm
c_flags=(
  --target=wasm32 -mbulk-memory -std=c99 -ffreestanding -O2 -Wall -Wextra -Wpedantic -Werror
  -nostdlib -fuse-ld="$(command -v wasm-ld-14)" -Wl,--no-entry -Wl,--strip-all
)
cd "$guests"
rust=(*-rs) c=(*-c) assemblyscript=(*-as)
build_rust "${rust[@]}"
build_c "${c[@]}"
build_conformance
build_assemblyscript "${assemblyscript[@]}"
for guest in *-zig; do
  build_zig "$guests/$guest" "$out/$guest.wasm"
done
(cd "$out" && wc -c "${rust[@]/%/.wasm}" "${c[@]/%/.wasm}" "${assemblyscript[@]/%/.wasm}")
