#!/usr/bin/env bash
# check_layers.sh: the folders of src/ are stages of a pipeline, and each may include only what is
# listed here. One check for each folder and one for each library.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0

report() { # WHAT OFFENDING_LINES
    if [[ -z $2 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$1"
        sed 's/^/    /' <<<"$2"
    fi
}

# folder | own headers that its files may include (a regular expression)
layers='
src/base     | base/
src/program  | (base|program)/
src/arch     | (base|program|arch)/
src/load     | (base|program|load)/|arch/arch\.h
src/analysis | (base|program|analysis)/|arch/arch\.h
src/report   | (base|program|report)/
src/commands | (base|program|load|analysis|report|commands)/
'

while read -r folder _ allowed; do
    [[ -n $folder && -d $folder ]] || continue
    found=$(grep -rnE '^ *# *include *"' "$folder" --include='*.[ch]' |
        grep -vE "include *\"($allowed)")
    report "$folder may include only ${allowed}" "$found"
done <<<"$layers"

# folder that alone may use the library | its headers
libraries='
src/load | (libelf|gelf|dwarf|elfutils/.*|libiberty/.*|demangle)\.h
src/arch | (Zydis|Zycore|capstone)/.*
'

while read -r folder _ headers; do
    [[ -n $folder ]] || continue
    found=$(grep -rnE "^ *# *include *<$headers>" src --include='*.[ch]' | grep -v "^$folder/")
    report "only $folder may include <$headers>" "$found"
done <<<"$libraries"

echo "$passed passed, $failed failed, 0 skipped"
[[ $failed -eq 0 ]]
