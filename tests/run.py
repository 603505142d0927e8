#!/usr/bin/env python3
"""run.py: runs all tests and counts them.

    tests/run.py --build DIR [--sanitized DIR] [--jobs N] [--only KIND]... [--rebase] [PATTERN]...

In: a build folder, and a second one built with sanitizers in which the same tests run again.
Out: one line for each failed or skipped test, and as the very last line
`N passed, N failed, N skipped`; exit status 1 if any failed. PATTERN keeps the tests whose name
contains it.

A kind is a module of tests/harness with a function `collect(context)` that yields
(name, function without arguments); the function returns a list of results (harness.results).
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # leave the source tree as it is

from harness import cli, matrix, programs, scripts, soundness, unit
from harness.results import Context, Result, failed

KINDS = {
    "check": scripts.collect_checks,
    "unit": unit.collect,
    "cli": cli.collect,
    "cache": scripts.collect_cache,
    "hostile": scripts.collect_hostile,
    "programs": programs.collect,
    "matrix": matrix.collect,
    "soundness": soundness.collect,
    "hunt": scripts.collect_hunt,
    "oracle": scripts.collect_oracles,
    "fuzz": scripts.collect_fuzz,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description="runs all tests and counts them")
    parser.add_argument("--build", default="build", help="build folder")
    parser.add_argument("--sanitized", help="the same, built with sanitizers")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", action="append", choices=list(KINDS), help="only this kind")
    parser.add_argument("--rebase", action="store_true", help="rewrite expected output of cli tests")
    parser.add_argument("patterns", nargs="*", help="only tests whose name contains one of these")
    return parser.parse_args()


def contexts_of(options):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield Context(root, os.path.abspath(options.build), False, options.rebase)
    if options.sanitized:
        yield Context(root, os.path.abspath(options.sanitized), True, False)


def tests_of(options):
    for context in contexts_of(options):
        for kind in options.only or KINDS:
            for name, run in KINDS[kind](context):
                full = f"{kind}/{name}" + (" [sanitized]" if context.is_sanitized else "")
                if not options.patterns or any(part in full for part in options.patterns):
                    yield full, run


def run_test(test):
    name, run = test
    try:
        return name, run()
    except Exception as problem:  # a test that cannot run has failed, the others go on
        return name, [failed(f"{type(problem).__name__}: {problem}")]


def show(name, results):
    for result in results:
        if result.state != Result.PASSED:
            label = f"{name}: {result.part}" if result.part else name
            print(f"{result.state}: {label}", flush=True)
            for line in result.message.splitlines():
                print(f"    {line}")


def main():
    options = parse_arguments()
    counts = {Result.PASSED: 0, Result.FAILED: 0, Result.SKIPPED: 0}
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, results in pool.map(run_test, list(tests_of(options))):
            show(name, results)
            for result in results:
                counts[result.state] += 1
    print(f"{counts[Result.PASSED]} passed, {counts[Result.FAILED]} failed, "
          f"{counts[Result.SKIPPED]} skipped")
    return 1 if counts[Result.FAILED] or not counts[Result.PASSED] else 0


if __name__ == "__main__":
    sys.exit(main())
