#!/usr/bin/env python3
"""stripped.py: does a file without symbols promise what the same file with symbols denies?

    tests/oracle/stripped.py DWELL

In: dwell; programs that are linked statically, of each compiler and C library at hand. Out: a line
for each with how many verdicts `never` are left without symbols, what is wrong, and as the last line
`N passed, N failed, N skipped`. Verdicts are compared by address, before and after strip: what is
promised of a function afterwards must be true of what its names say.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

C = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) void *wrap(size_t n) { void *p = malloc(n); if (!p) exit(1); return p; }
__attribute__((noinline)) char *copy(const char *s) { return strcpy(wrap(strlen(s) + 1), s); }
__attribute__((noinline)) void drop(char *p) { free(p); }
__attribute__((noinline)) void *zero(size_t n) { return calloc(n, 8); }
__attribute__((noinline)) void *grow(void *p, size_t n) { return realloc(p, n); }
int main(int c, char **v)
{
    char *p = copy(v[0]);
    void *q = grow(zero((size_t)c), 100 * (size_t)c);
    int r = p[0] + (q != 0) + printf("%s\n", p);
    drop(p);
    drop(q);
    return r == 0;
}
"""

CPP = r"""
#include <map>
#include <string>
#include <vector>
int main(int c, char **v)
{
    std::map<std::string, std::vector<int>> all;
    for (int i = 0; i < c; i++)
        all[v[i]].push_back(i);
    return all.empty();
}
"""

RUST = r"""
fn main() {
    let all: Vec<u32> = (0..std::env::args().count() as u32).collect();
    println!("{all:?}");
}
"""

BUILDS = (
    ("glibc, C", "gcc", "c", C, ["-O1", "-static"]),
    ("glibc, C, PIE", "gcc", "c", C, ["-O2", "-static-pie"]),
    ("musl, C", "musl-gcc", "c", C, ["-O0", "-static"]),
    ("musl, C, -O2", "musl-gcc", "c", C, ["-O2", "-static"]),
    ("glibc, C++", "g++", "cpp", CPP, ["-O2", "-static"]),
    ("glibc, Rust", "rustc", "rs", RUST, ["-O", "-C", "target-feature=+crt-static"]),
)

# What may be said without symbols of what has this verdict with them.
TRUE_OF = {
    "never": ("never", "on_panic"),
    "on_panic": ("on_panic",),
    "maybe": ("maybe",),
    "always": ("maybe", "always"),
    "unknown": (),
}


def verdicts(dwell, path):
    finished = subprocess.run([dwell, "heap", "--json", "--all", "--no-cache", path],
                              capture_output=True, check=True)
    return {function["address"]: function for function in json.loads(finished.stdout)["functions"]}


def is_possible(dwell, path):
    finished = subprocess.run([dwell, "report", "--json", "--no-cache", path],
                              capture_output=True, check=True)
    return json.loads(finished.stdout)["heap"]["possible"]


def contradictions(named, nameless):
    for address, function in nameless.items():
        before = named.get(address)
        for key in ("allocates", "frees"):
            if before and function[key] != "unknown" and \
                    function[key] not in TRUE_OF[before[key]] and before[key] != "unknown":
                yield f"{before['name']} {key}: {before[key]}, and {function[key]} without symbols"


def compare(dwell, folder, title, compiler, suffix, source, options):
    path = os.path.join(folder, "program")
    with open(f"{path}.{suffix}", "w", encoding="utf-8") as file:
        file.write(source)
    built = subprocess.run([compiler, *options, "-o", path, f"{path}.{suffix}"],
                           capture_output=True, check=False)
    if built.returncode:
        return None
    named = verdicts(dwell, path)
    subprocess.run(["strip", "-o", f"{path}.stripped", path], check=True)
    nameless = verdicts(dwell, f"{path}.stripped")
    problems = list(contradictions(named, nameless))
    if not is_possible(dwell, f"{path}.stripped"):
        problems.append("dynamic memory is said to be impossible")
    if "main" not in {function["name"] for function in named.values()}:
        problems.append("the file with symbols has none")
    kept = sum(1 for function in nameless.values() if function["allocates"] == "never")
    before = sum(1 for function in named.values() if function["allocates"] == "never")
    print(f"{title}: {len(nameless)} functions, never allocate: {before}, {kept} without symbols")
    return problems


def main():
    dwell = os.path.abspath(sys.argv[1])
    passed = failed = skipped = 0
    for title, compiler, *rest in BUILDS:
        with tempfile.TemporaryDirectory() as folder:
            problems = shutil.which(compiler) and compare(dwell, folder, title, compiler, *rest)
        if problems is None:
            skipped += 1
            print(f"skipped: {title}: no {compiler} that builds this")
        elif problems:
            failed += 1
            print(f"FAILED: {title}:", *problems[:20], sep="\n    ")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
