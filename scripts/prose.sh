#!/usr/bin/env bash
# prose.sh: finds phrases that scripts/prose.txt bans, in every text file of the repository: rustdoc, comments, string
# literals, Markdown, scripts and snapshots. It also finds rustdoc summaries that open with What, Who or Whether.
#   scripts/prose.sh           prints each place; exit code 1 if there is any
#   scripts/prose.sh --count   prints the number of places
# scripts/prose-allow.txt has the exceptions. An exception that no longer matches fails as well.
set -euo pipefail
cd "$(dirname "$0")/.."

# the list itself, the rules that quote it, and texts of others
not_ours=(':!scripts/prose*' ':!*LICENSE*' ':!*Cargo.lock' ':!*package-lock.json')
banned=$(grep -v '^#' scripts/prose.txt | grep . | paste -sd'|')
allowed=$(grep -v '^#' scripts/prose-allow.txt | grep . || true)

phrases=$(git grep -nIiP "$banned" -- "${not_ours[@]}" || true)
openings=$(git ls-files -z '*.rs' | xargs -0 awk '
  FNR == 1 { doc = 0 }
  /^[[:space:]]*\/\/[\/!]/ {
    if (!doc && /^[[:space:]]*\/\/[\/!] (What|Who|Whom|Whose|Whether|How|Where|Why)[^[:alnum:]_]/) print FILENAME ":" FNR ":" $0
    doc = 1; next }
  { doc = 0 }')

found=$(
  { echo "$phrases"; echo "$openings"; } | { grep . || true; } | awk -v allowed="$allowed" '
    BEGIN { n = split(allowed, lines, "\n"); for (i = 1; i <= n; i++) { at = index(lines[i], ": "); file[i] = substr(lines[i], 1, at - 1); text[i] = substr(lines[i], at + 2) } }
    { for (i = 1; i <= n; i++) if (index($0, file[i] ":") == 1 && index($0, text[i])) { used[i] = 1; next }
      print }
    END { for (i = 1; i <= n; i++) if (!used[i]) print "scripts/prose-allow.txt: no longer needed: " lines[i] }'
)
if [ "${1-}" = --count ]; then
  if [ -z "$found" ]; then echo 0; else echo "$found" | wc -l; fi
  exit
fi
if [ -n "$found" ]; then
  echo "$found"
  echo "prose: $(echo "$found" | wc -l) places; CONTRIBUTING.md has the rules" >&2
  exit 1
fi
echo "prose: nothing found"
