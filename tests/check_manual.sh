#!/usr/bin/env bash
# check_manual.sh BUILD: docs/dwell.1 is what the program in the folder BUILD says of itself, and
# roff has nothing to complain about. `check_manual.sh BUILD --rebase` writes the page anew.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
page=$root/docs/dwell.1

if [[ ${2:-} == --rebase ]]; then
    "$build/dwell" --manual >"$page"
    exit
fi

passed=0 failed=0 skipped=0

if difference=$("$build/dwell" --manual | diff -u "$page" -); then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo 'FAILED: docs/dwell.1 is not the output of dwell --manual (check_manual.sh BUILD --rebase)'
    sed 's/^/    /' <<<"$difference"
fi

if ! command -v groff >/dev/null; then
    skipped=$((skipped + 1))
    echo 'skipped: no groff to check the manual page with'
elif complaints=$(groff -man -Tutf8 -ww -z "$page" 2>&1) && [[ -z $complaints ]]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo 'FAILED: groff complains about docs/dwell.1'
    sed 's/^/    /' <<<"$complaints"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
