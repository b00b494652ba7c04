#!/usr/bin/env bash
# compile-cost.sh [SIZES...] : what it costs to compile crates of so many annotated functions (100, 300 and
# 1000 unless said), against the same functions registered by hand: `cargo check` and `cargo build` in
# seconds, the crate alone, and the bytes of code that a function adds to a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
sizes=("$@"); [ ${#sizes[@]} -gt 0 ] || sizes=(100 300 1000)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=0
rounds=${ROUNDS:-3}

# crate STYLE N: a program of N functions of four kinds; the hand-written ones do what the attribute writes
crate() {
  local style=$1 n=$2 dir=$work/$1-$2 i
  mkdir -p "$dir/src"
  cat >"$dir/Cargo.toml" <<TOML
[package]
name = "cost-$style-$n"
version = "0.0.0"
edition = "2024"
[dependencies]
hostfn = { path = "$root", default-features = false }
serde = { version = "1", features = ["derive"] }
[workspace]
TOML
  cp "$root/Cargo.lock" "$dir/Cargo.lock"
  {
    cat <<'RUST'
#![allow(dead_code)]
use hostfn::*;
capabilities! {
    /// Everything.
    pub CAP = "cap";
    /// Paths.
    pub PATHS = "paths" in path;
}
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Point { x: i32, y: i32 }
pub struct Failure;
impl std::fmt::Display for Failure { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("failed") } }
impl HostError for Failure { fn code(&self) -> &str { "failed" } }
fn main() { println!("{}", Registry::collect().map_or(0, |r| r.len())); }
RUST
    for ((i = 0; i < n; i++)); do
      local cap=CAP requires=".requires(&CAP)" args names types ret body
      case $((i % 4)) in
        0) args="a: u64, b: u64" names="a, b" types="u64, u64" ret=u64 body="a ^ b ^ $i" ;;
        1) args="name: &str" names="name" types="&str" ret=String body="format!(\"{name}$i\")" ;;
        2) args="p: Point" names="p" types="Point" ret=Point body="Point { x: p.y, y: p.x ^ $i }" ;;
        3) args="path: &str" names="path" types="&str" ret="Result<Vec<u8>, Failure>" cap="PATHS(path)"
           requires='.requires_on(&PATHS, "path")' body="if path.len() == $i { Err(Failure) } else { Ok(vec![$((i % 256))]) }" ;;
      esac
      if [ "$style" = annotated ]; then
        echo "/// Function $i."
        echo "#[host_fn(capability = $cap)] fn f$i($args) -> $ret { $body }"
      else
        local params="" name type IFS=,
        read -ra N <<<"$names"; read -ra T <<<"$types"
        for j in "${!N[@]}"; do params+="Param::of::<${T[j]}>(\"${N[j]// /}\"),"; done
        unset IFS
        local decode="call.args::<($types,)>()?" answer="call.reply(&f$i($names))"
        if [ $((i % 4)) = 3 ]; then
          decode="call.args_within::<($types,), _>(|(path,)| path)?" answer="call.reply_result(&f$i($names))"
        fi
        echo "fn f$i($args) -> $ret { $body }"
        echo "static SPEC$i: HostFnSpec = HostFnSpec::new(\"host\", \"f$i\", |call| {"
        echo "    let mut call = call.authorize()?; let ($names,) = $decode; $answer"
        echo "})$requires.params(&[$params]).replies(reply_shape!($ret)).docs(\"Function $i.\").declared_at(here!());"
        echo "inventory::submit! { Linked(&SPEC$i) }"
      fi
    done
  } >"$dir/src/main.rs"
}

# seconds COMMAND DIR: the best of some rounds, the crate alone
seconds() {
  local best=999999999 t0 t1 round
  for ((round = 0; round < rounds; round++)); do
    touch "$2/src/main.rs"
    t0=$(date +%s%N)
    (cd "$2" && cargo $1 -q --offline)
    t1=$(date +%s%N)
    ((t1 - t0 < best)) && best=$((t1 - t0))
  done
  echo "$((best / 1000000))"
}

text() { size "$CARGO_TARGET_DIR/release/cost-$1-$2" | awk 'NR == 2 { print $1 }'; }

for style in annotated byhand; do
  for n in 0 "${sizes[@]}"; do crate "$style" "$n"; done
done
(cd "$work/annotated-0" && cargo check -q && cargo build -q && cargo build -q --release)

declare -A ms bytes
for style in annotated byhand; do
  for n in 0 "${sizes[@]}"; do
    ms[$style-check-$n]=$(seconds check "$work/$style-$n")
    ms[$style-build-$n]=$(seconds build "$work/$style-$n")
    (cd "$work/$style-$n" && cargo build -q --release --offline)
    bytes[$style-$n]=$(text "$style" "$n")
  done
done

printf '%9s | %21s | %21s | %25s\n' functions "check, ms (ratio)" "build, ms (ratio)" "release bytes each (ratio)"
for n in "${sizes[@]}"; do
  awk -v n="$n" \
    -v ac=$((ms[annotated-check-$n] - ms[annotated-check-0])) -v bc=$((ms[byhand-check-$n] - ms[byhand-check-0])) \
    -v ab=$((ms[annotated-build-$n] - ms[annotated-build-0])) -v bb=$((ms[byhand-build-$n] - ms[byhand-build-0])) \
    -v at=$((bytes[annotated-$n] - bytes[annotated-0])) -v bt=$((bytes[byhand-$n] - bytes[byhand-0])) \
    'BEGIN { printf "%9d | %7d %6d (%.2f) | %7d %6d (%.2f) | %9.0f %8.0f (%.2f)\n", n, ac, bc, ac/bc, ab, bb, ab/bb, at/n, bt/n, at/bt }'
done
first=${sizes[0]} last=${sizes[-1]}
awk -v a=$((ms[annotated-check-$last] - ms[annotated-check-0])) -v b=$((ms[annotated-check-$first] - ms[annotated-check-0])) \
  -v l="$last" -v f="$first" 'BEGIN { printf "annotated, check: %d functions cost %.1f times what %d do\n", l, a/b, f }'
