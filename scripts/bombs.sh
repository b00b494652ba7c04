#!/usr/bin/env bash
# The most of each bomb that the default limits admit, each in a process with 1.5 GiB and 60 s of processor time.
# Prints size, time and peak memory of each. Takes some minutes; the short form runs in CI.
set -euo pipefail
cd "$(dirname "$0")/.."
HOSTFN_HEAVY_BOMBS=1 cargo test --release --locked --test bombs -- heavy
