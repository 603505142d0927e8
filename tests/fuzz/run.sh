#!/usr/bin/env bash
# run.sh BUILD SECONDS: runs the libFuzzer target of the loader, from small real files as seeds. What it finds
# of interest is kept in BUILD/corpus for the next time; a crash is left in BUILD as crash-*.
set -uo pipefail
build=$1 seconds=$2
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$build/corpus" "$build/seeds"
python3 -B "$here/seeds.py" "$build/seeds" || exit 2

"$build/tests/fuzz/load_fuzzer" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=4096 \
    -max_len=65536 -artifact_prefix="$build/" -print_final_stats=1 \
    "$build/corpus" "$build/seeds" 2>"$build/fuzz.log"
status=$?

grep -E '^stat::number_of_executed_units|^stat::average|^stat::peak|cov:' "$build/fuzz.log" | tail -4
if [[ $status -ne 0 ]]; then
    echo "FAILED: load_fuzzer: status $status"
    grep -vE '^#[0-9]+.*(NEW|REDUCE|pulse|INITED|READ)' "$build/fuzz.log" | tail -60 | sed 's/^/    /'
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
fi
echo '1 passed, 0 failed, 0 skipped'
