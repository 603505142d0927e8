#!/usr/bin/env python3
"""verdicts.py: how many functions of well-known programs get which verdict, and why some get none.

    tests/oracle/verdicts.py DWELL [NAME...]

In: dwell, and programs that this machine has or can build. Out: a table in Markdown, for
docs/calls.md: the functions of each program (not of its libraries, which are read too) by the
verdict `allocates`, in percent; of those that may allocate, the share for which the only way there
is over a call whose candidates were told by types or registers alone; and the functions whose
unresolved calls make the most others unknown: the shortest way to a call whose target is not known
ends there. It compares nothing.
"""

import argparse
import json
import os
import sys
from collections import Counter

from indirect import share_subjects
from subjects import FOLDER, RUST_HELLO, run, write

VERDICTS = ("never", "on_panic", "maybe", "always", "unknown")
NAMES = ("hello, debug", "hello, release", "cargo", "python3.11", "node", "git", "sqlite3", "clang")
WEAK_KINDS = ("prototype", "address_taken")
MAX_REASONS = 3


def short(name):
    """Without template arguments and parameters, which can be pages long."""
    depth, kept = 0, []
    if name.startswith("<"):  # a Rust method: what it implements tells more than the type
        name = name.split(" as ", 1)[-1].replace(">::", "::", 1)
    for character in name:
        depth += character in "<("
        if not depth:
            kept.append(character)
        depth -= character in ">)"
    text = "".join(kept)
    return text if len(text) <= 50 else "…" + text[-49:]


def reasons_of(functions):
    reasons = Counter(function["witness"][-1] if function["witness"] else function["name"]
                      for function in functions if function["allocates"] == "unknown")
    return ", ".join(f"`{short(name)}` {count:,}"
                     for name, count in reasons.most_common(MAX_REASONS))


def print_row(dwell, name, path):
    finished = run([dwell, "heap", "--json", path])
    if finished.returncode != 0:
        print(f"skipped: {name}: {finished.stderr.strip()}", file=sys.stderr)
        return
    functions = json.loads(finished.stdout)["functions"]
    counts = Counter(function["allocates"] for function in functions)
    shares = [f"{100 * counts[verdict] / max(len(functions), 1):.1f} %" for verdict in VERDICTS]
    guessed = sum(function["allocates"] == "maybe" and function["witness_kind"] in WEAK_KINDS
                  for function in functions)
    print(f"| {name} | {len(functions):,} | {' | '.join(shares)} | "
          f"{100 * guessed / max(len(functions), 1):.1f} % | {reasons_of(functions)} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dwell")
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    write("hello.rs", RUST_HELLO)
    print(f"| program | functions | {' | '.join(name.replace('_', ' ') for name in VERDICTS)} | "
          "maybe by candidates | most are unknown because of |")
    print("|---|" + "---:|" * 7 + "---|")
    for name, path in share_subjects():
        if name not in options.names:
            continue
        if path and os.path.exists(path):
            print_row(options.dwell, name, path)
        else:
            print(f"skipped: {name}: not here", file=sys.stderr)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
