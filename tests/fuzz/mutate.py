#!/usr/bin/env python3
"""mutate.py: damaged files through the whole of dwell.

    tests/fuzz/mutate.py BUILD [--inputs N] [--seed N]

In: a build folder with tests/fuzz/mutate, best one with sanitizers. Out: how many inputs were read,
and as the last line `N passed, N failed, N skipped`, one for each file and kind of damage. Each prefix
of three small files is read, and N versions (20,000) with random damage, spread over six.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import seeds

TRUNCATED = ("library", "sectionless", "object")
DAMAGED = ("dynamic", "library", "sectionless", "object", "cpp", "rust")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def parse_arguments():
    parser = argparse.ArgumentParser(description="reads damaged files")
    parser.add_argument("build")
    parser.add_argument("--inputs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def runs_of(options):
    for name in TRUNCATED:
        yield name, ["truncate"]
    for name in DAMAGED:
        yield name, [str(options.inputs // len(DAMAGED)), str(options.seed)]


def run(program, path, arguments):
    """Returns the lines that it printed, of which the last is the count, and whether all is well."""
    environment = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1:exitcode=99",
                   "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99", **os.environ}
    finished = subprocess.run([program, path, *arguments], capture_output=True, text=True,
                              errors="replace", env=environment, check=False)
    lines = finished.stdout.splitlines() or ["no output"]
    if finished.returncode != 0:
        lines[0:0] = digest(finished.stderr)
    return lines, finished.returncode == 0


def digest(text):
    """Each different thing that the sanitizers said, with the first places in our own code."""
    seen = {}
    for part in re.split(r"(?m)^(?==+$|\S+: runtime error)", text):
        title = re.search(r"(?m)^.*(?:ERROR: |runtime error: ).*$", part)
        if title:
            said = re.sub(r"==\d+==|0x[0-9a-f]+|\bpc.*|-?\d{2,}", "", title.group(0)).strip()
            places = re.findall(r"(?m)^ *#\d+ \S+ in (\w+ \.\./src/\S+)", part)[:4]
            said = "\n      ".join([said, *places])
            seen[said] = seen.get(said, 0) + 1
    return [line for said, count in seen.items() for line in f"{count} times {said}".splitlines()]


def main():
    options = parse_arguments()
    program = os.path.join(options.build, "tests", "fuzz", "mutate")
    paths = seeds.build_all(os.path.join(ROOT, "build", "tested", "fuzz"))
    runs = list(runs_of(options))
    passed = failed = skipped = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda run_of: paths[run_of[0]] and
                           run(program, paths[run_of[0]], run_of[1]), runs)
        for (name, arguments), result in zip(runs, results):
            if result is None:
                print(f"skipped: {name}: cannot be built here")
                skipped += 1
                continue
            lines, is_right = result
            passed, failed = passed + is_right, failed + (not is_right)
            print(f"{'' if is_right else 'FAILED: '}{name} {arguments[0]}: {lines[-1]}")
            for line in lines[:-1]:
                print(f"    {line}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
