#!/usr/bin/env bash
# first-plugin.sh: does what docs/first-plugin.md says, in an empty folder, and holds what is printed to the page.
# A block with a file's name after its language is that file, one of `sh` is run, and one of `text` right behind it is
# what that prints. What the page calls setup is this repository as it is.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$root" && cargo build --quiet --locked --example first_plugin && cargo build --quiet --locked -p hostfn-cli)
target=${CARGO_TARGET_DIR:-$root/target}
unset CARGO_TARGET_DIR
mkdir "$folder/hostfn"
for part in "$root"/*; do ln -s "$part" "$folder/hostfn/"; done
ln -sfn "$target" "$folder/hostfn/target"
export PATH=$target/debug:$PATH root

# the target as the repository has it
cargo() { "$root/scripts/wasm-rust.sh" "$@"; }
export -f cargo

run() { # BLOCK: in the folder, with what it prints
  (cd "$folder" && bash -euo pipefail -c "$1" 2>&1) || { echo "first-plugin: this failed: $1" >&2; return 1; }
}

blocks=0 compared=0 info='' block='' printed='' in_block=
while IFS= read -r line; do
  if [ -z "$in_block" ]; then
    case $line in
      '```'*) in_block=1 info=${line#'```'} block='' ;;
      ?*) printed=none ;;
    esac
    continue
  fi
  if [ "$line" != '```' ]; then
    block+=$line$'\n'
    continue
  fi
  in_block=
  case $info in
    'sh setup') printed=none ;;
    sh) printed=$(run "$block"); blocks=$((blocks + 1)) ;;
    text)
      # a text that is about no block above it is not compared
      if [ "$printed" != none ]; then
        diff <(echo -n "$block") <(echo "$printed") || { echo "first-plugin: the page says otherwise" >&2; exit 1; }
        compared=$((compared + 1))
      fi
      printed=none ;;
    *' '*) mkdir -p "$folder/$(dirname "${info#* }")" && echo -n "$block" > "$folder/${info#* }"; printed=none ;;
    *) printed=none ;;
  esac
done < "$root/docs/first-plugin.md"
echo "first-plugin: $blocks blocks were run, and $compared printed what the page says"
[ "$compared" -gt 0 ]
