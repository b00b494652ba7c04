#!/usr/bin/env bash
# compile-cost.sh [SIZES...] : what it costs to compile crates of so many annotated functions (100, 300 and
# 1000 unless said), against the same functions registered by hand: `cargo check` and `cargo build` of the
# crate alone, in milliseconds of processor time, which a busy machine hardly changes, and the bytes of code
# in a release build. What a crate without functions takes is taken off. The best of ROUNDS (3) counts.
#
# Wanted: 1000 functions cost at most 11 times what 100 do; annotated ones at most 1.3 times the time and 1.1
# times the bytes of those by hand.
set -euo pipefail
shopt -s inherit_errexit
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
        for j in "${!N[@]}"; do params+="Param::new::<${T[j]}>(\"${N[j]// /}\"),"; done
        unset IFS
        local decode="call.args::<($types,)>()?" answer="call.reply(&f$i($names))"
        if [ $((i % 4)) = 3 ]; then
          decode="call.args_within::<($types,), _>(|(path,)| path)?" answer="call.reply_result(&f$i($names))"
        fi
        echo "fn f$i($args) -> $ret { $body }"
        echo "static SPEC$i: HostFnSpec = HostFnSpec::new(\"host\", \"f$i\", |call| {"
        echo "    let mut call = call.authorize()?; let ($names,) = $decode; $answer"
        echo "})$requires.with_params(&[$params]).with_reply(reply_shape!($ret)).with_docs(\"Function $i.\").declared_at(here!());"
        echo "inventory::submit! { Linked(&SPEC$i) }"
      fi
    done
  } >"$dir/src/main.rs"
}

# milliseconds COMMAND DIR: of processor time, the crate alone
milliseconds() {
  local TIMEFORMAT='%3U %3S'
  touch "$2/src/main.rs"
  { time (cd "$2" && cargo "$1" -q --offline 2>&3); } 3>&2 2>&1 | awk '{ print int(($1 + $2) * 1000) }'
}

text() { size "$CARGO_TARGET_DIR/release/cost-$1-$2" | awk 'NR == 2 { print $1 }'; }

for style in annotated byhand; do
  for n in 0 "${sizes[@]}"; do crate "$style" "$n"; done
done
(cd "$work/annotated-0" && cargo check -q && cargo build -q && cargo build -q --release)

declare -A ms bytes
# the two styles in turn, so that a machine that is busy for a while slows both
for ((round = 0; round < rounds; round++)); do
  for n in 0 "${sizes[@]}"; do
    for command in check build; do
      for style in annotated byhand; do
        took=$(milliseconds "$command" "$work/$style-$n")
        key=$style-$command-$n
        [ "${ms[$key]:-$took}" -lt "$took" ] || ms[$key]=$took
      done
    done
  done
done
for style in annotated byhand; do
  for n in 0 "${sizes[@]}"; do
    (cd "$work/$style-$n" && cargo build -q --release --offline)
    bytes[$style-$n]=$(text "$style" "$n")
  done
done

# added STYLE COMMAND N: the milliseconds that N functions add
added() { echo $((ms[$1-$2-$3] - ms[$1-$2-0])); }

printf '%9s | %22s | %22s | %25s\n' functions "check, ms (ratio)" "build, ms (ratio)" "release bytes each (ratio)"
for n in "${sizes[@]}"; do
  awk -v n="$n" \
    -v ac="$(added annotated check "$n")" -v bc="$(added byhand check "$n")" \
    -v ab="$(added annotated build "$n")" -v bb="$(added byhand build "$n")" \
    -v at=$((bytes[annotated-$n] - bytes[annotated-0])) -v bt=$((bytes[byhand-$n] - bytes[byhand-0])) \
    'BEGIN { printf "%9d | %7d %7d (%.2f) | %7d %7d (%.2f) | %9.0f %8.0f (%.2f)\n", n, ac, bc, ac/bc, ab, bb, ab/bb, at/n, bt/n, at/bt }'
done
echo "(annotated, by hand, and the one divided by the other)"
first=${sizes[0]} last=${sizes[-1]}
for command in check build; do
  for style in annotated byhand; do
    awk -v a="$(added $style $command "$last")" -v b="$(added $style $command "$first")" \
      -v what="$style, $command" -v l="$last" -v f="$first" \
      'BEGIN { printf "%-16s: %d functions cost %.1f times what %d do\n", what, l, a/b, f }'
  done
done
