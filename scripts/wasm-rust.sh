#!/usr/bin/env bash
# wasm-rust.sh CARGO-ARGS... : cargo with a working wasm32-unknown-unknown target.
# 1. the active toolchain has the target: plain cargo.  2. otherwise, on Debian 12: rustc-web + rust-web-src
# from apt, unpacked (not installed) under $WASM_RUST_DIR, std built once into its sysroot.
set -euo pipefail
T=wasm32-unknown-unknown
has_target() { [ -n "$(ls "$(rustc --print sysroot)/lib/rustlib/$T/lib/"libcore-*.rlib 2>/dev/null)" ]; }
if has_target; then exec cargo "$@"; fi
D=${WASM_RUST_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/wasm-rust}
if [ ! -e "$D/ok" ]; then
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "no wasm32 target: run 'rustup target add $T'" >&2; exit 1; }
  echo "wasm-rust: target $T missing; building one from Debian's rustc-web under $D" >&2
  rm -rf "$D"; mkdir -p "$D/deb" "$D/root"
  apt-get update -qq
  STD=$(apt-cache depends libstd-rust-web-dev | sed -n 's/^ *Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | head -1)
  LLVM=$(apt-cache depends "$STD" | sed -n 's/^ *Depends: \(libllvm[0-9]*\)$/\1/p' | head -1)
  (cd "$D/deb" && apt-get download -qq -o APT::Sandbox::User=root rustc-web libstd-rust-web-dev rust-web-src "$STD" "$LLVM")
  for d in "$D"/deb/*.deb; do case $d in
    */rust-web-src_*) dpkg-deb --fsys-tarfile "$d" | tar -x -C "$D/root" --wildcards './usr/src/rustc-*/library' './usr/lib/rustlib/src' ;;
    *) dpkg-deb -x "$d" "$D/root" ;;
  esac; done
  rm -rf "$D/deb"
  LLD=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld   # rustup ships it
  [ -x "$LLD" ] || LLD=$(command -v wasm-ld || ls /usr/bin/wasm-ld-* 2>/dev/null | tail -1) || { echo "need a wasm linker: apt-get install lld" >&2; exit 1; }
  ln -s "$LLD" "$D/$(basename "$LLD" | sed 's/^wasm-ld.*/wasm-ld/')"
fi
export LD_LIBRARY_PATH=$D/root/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export RUSTC=$D/root/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(ls "$D"/rust-lld "$D"/wasm-ld 2>/dev/null | head -1)
if [ ! -e "$D/ok" ]; then
  mkdir -p "$D/seed/src"; : > "$D/seed/src/lib.rs"
  printf '[package]\nname="seed"\nversion="0.0.0"\nedition="2021"\n[profile.release]\npanic="abort"\ncodegen-units=1\n[workspace]\n' > "$D/seed/Cargo.toml"
  # std's own dependencies come vendored in rust-web-src, so this needs no registry
  printf '[source.crates-io]\nreplace-with="v"\n[source.v]\ndirectory="%s"\n' "$(ls -d "$D"/root/usr/src/rustc-*/library/vendor)" > "$D/seed/config.toml"
  (cd "$D/seed" && RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS="-Cembed-bitcode=yes"$'\x1f'"--remap-path-prefix=$D/root=/rust" CARGO_TARGET_DIR="$D/seed/target" cargo build --config config.toml --offline -q -j"${WASM_RUST_JOBS:-1}" --release -Zbuild-std=std,panic_abort --target $T)
  L=$D/root/usr/lib/rustlib/$T/lib; mkdir -p "$L"
  cp "$D"/seed/target/$T/release/deps/lib*.rlib "$L/"; rm -f "$L"/libseed-*
  rm -rf "$D/seed" "$D"/root/usr/src/rustc-*; touch "$D/ok"
fi
exec cargo "$@"
