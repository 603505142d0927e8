#!/usr/bin/env bash
# check_paths.sh BUILD: neither a file of the source tree nor the program built in the folder BUILD
# names a place of the machine on which it was written or built.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
cd "$root" || exit 2

passed=0 failed=0 skipped=0

report() { # WHAT OFFENDING_LINES
    if [[ -z $2 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$1"
        sed 's/^/    /' <<<"$2" | cut -c-300 | head -20
    fi
}

source_files() {
    git ls-files -co --exclude-standard -z 2>/dev/null ||
        find . -name 'build*' -prune -o -type f -print0
}

places="(/root|/home/[a-z][a-z0-9_.-]*|/Users/[A-Za-z]+|$root)/"
start='(^|[^[:alnum:]_./-])' # not the end of a longer path
found=$(source_files | xargs -0 grep -nIE "$start$places" -- 2>/dev/null |
    grep -v '^\(\./\)\?tests/check_paths\.sh:')
report 'the source names a home folder or this folder' "$found"

if [[ -x $build/dwell ]]; then
    found=$(grep -aoE "$start$places[[:print:]]*" "$build/dwell" | tr -d '\0')
    report 'the program names the folder in which it was built' "$found"
else
    echo "skipped: $build/dwell is not built"
    skipped=1
fi

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
