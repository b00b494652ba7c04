#!/usr/bin/env bash
# Instructions of one host call, by callgrind: `scripts/instructions.sh [ROW...]`. Needs valgrind.
# Counts are repeatable for one build whatever else the machine does, so compare two builds by them.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 1; }
program=$(cargo bench --bench instructions --no-run --locked --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*instructions-[^"]*\)".*/\1/p' | tail -1)
count() { # ROW RUNS
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
rows=("$@")
[ ${#rows[@]} -gt 0 ] || rows=(add-window add-alloc greet-window greet-alloc person-window person-alloc)
for row in "${rows[@]}"; do
  few=$(count "$row" 2) many=$(count "$row" 12)
  awk -v row="$row" -v few="$few" -v many="$many" 'BEGIN { printf "%-14s %8.1f\n", row, (many - few) / 10000 }'
done
