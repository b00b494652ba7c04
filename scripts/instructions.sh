#!/usr/bin/env bash
# Instructions of one call, by callgrind. Needs valgrind.
#   scripts/instructions.sh [ROW...]   prints the counts
#   scripts/instructions.sh --check    compares them with scripts/instructions.txt: a rise above 3 % fails
#   scripts/instructions.sh --bless    writes scripts/instructions.txt
# Counts are repeatable for one build whatever else the machine does, so compare two builds by them. Those of `call-two`,
# `greet` and `person` contain the system's allocator, which differs between systems by less than 3 %.
set -euo pipefail
cd "$(dirname "$0")/.."
baseline=scripts/instructions.txt
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 1; }
all=(add-window add-alloc greet-window greet-alloc person-window person-alloc echo-window echo-alloc
  owned-window log-window log-alloc call-none call-two start-map start-pool)
mode=print
case "${1-}" in --check) mode=check; shift ;; --bless) mode=bless; shift ;; esac
rows=("$@")
[ ${#rows[@]} -gt 0 ] || rows=("${all[@]}")
program=$(cargo bench --bench instructions --no-run --locked --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*instructions-[^"]*\)".*/\1/p' | tail -1)
[ -x "$program" ] || { echo "the bench cannot be built: run cargo bench --bench instructions --no-run"; exit 1; }
count() { # ROW RUNS
  # where backtraces are wanted, each error of the engine takes one
  env -u RUST_BACKTRACE -u RUST_LIB_BACKTRACE valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
counted=$(for row in "${rows[@]}"; do
  few=$(count "$row" 2) many=$(count "$row" 12)
  awk -v row="$row" -v few="$few" -v many="$many" 'BEGIN { printf "%-14s %8.1f\n", row, (many - few) / 10000 }'
done)
case $mode in
  print) echo "$counted" ;;
  bless) echo "$counted" > $baseline; cat $baseline ;;
  check)
    awk 'NR == FNR { stored[$1] = $2; next }
      !($1 in stored) { printf "%-14s %8.1f  has no stored count; run scripts/instructions.sh --bless\n", $1, $2; bad = 1; next }
      { change = ($2 / stored[$1] - 1) * 100
        much = (change > 3)
        printf "%-14s %8.1f  stored %8.1f  %+5.1f %%%s\n", $1, $2, stored[$1], change, much ? "  TOO MANY" : ""
        if (much) bad = 1 }
      END { exit bad }' $baseline <(echo "$counted") ;;
esac
