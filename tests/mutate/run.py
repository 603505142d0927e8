#!/usr/bin/env python3
"""run.py: dwell's own sources, changed in one place after the other; some test must notice each.

    tests/mutate/run.py [--build DIR] [--only PATTERN] [--tests PATTERN] [--all] [--resume]
                        [--random N] [--seed N] [--list] [--markdown FILE]

In: the changes of tests/mutate/changes (table.py has their form). Out: a line for each change: the
test that failed first, or that it survived; at the end how many there were of each. Exit status 1 if
a change has no place in the source, does not compile, is called equivalent but was noticed, or if
more than 5 % survive.

All is done in DIR (build-mutate): a copy of the source tree, its build, and the programs of the
tests, which are built once. Results are written to DIR/results.jsonl as they come; --resume keeps
those of earlier runs over the same source. --only keeps the changes whose name matches, --tests the
tests whose name does. --random adds changes that are made by rule in places drawn at random
(drawn.py). --all tries the tests, too, that are slow or do little that others do not: the oracles,
programs built by clang, the comparison of optimized builds. Without them more changes survive,
never fewer. --markdown writes the table of docs/mutation.md.

A change is tried first on the test that noticed it in an earlier run (killers.txt), so that a run in
which nothing new happens is quick.
"""

import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # leave the source tree as it is

import drawn
import summary
import table
import trial

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KILLERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "killers.txt")
MAX_SURVIVORS = 0.05
BUILD_SECONDS = 300


def parse_arguments():
    parser = argparse.ArgumentParser(description="tests the tests by changes to the source")
    parser.add_argument("--build", default=os.path.join(ROOT, "build-mutate"))
    parser.add_argument("--only", default="", help="only changes whose name matches")
    parser.add_argument("--resume", action="store_true", help="keep the results that there are")
    parser.add_argument("--all", action="store_true", help="try all tests")
    parser.add_argument("--tests", default="", help="only tests whose name matches")
    parser.add_argument("--random", type=int, default=0, help="so many changes in random places")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="show the changes, try none")
    parser.add_argument("--markdown", help="write the summary into this file")
    parser.add_argument("--ninja", default="ninja -j1", help=argparse.SUPPRESS)
    return parser.parse_args()


class Tree:
    """The copy of the source tree and its build."""

    def __init__(self, options):
        self.root = os.path.join(os.path.abspath(options.build), "tree")
        self.build = os.path.join(os.path.abspath(options.build), "build")
        self.ninja = options.ninja.split()

    def update(self):
        """Makes the copy what the source tree is now; what is equal keeps its time."""
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                                capture_output=True, text=True, check=True).stdout.splitlines()
        wanted = {name for name in listed if os.path.isfile(os.path.join(ROOT, name))}
        for name in wanted:
            self.copy(name)
        for folder, _, names in os.walk(os.path.join(self.root, "src")):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.root) not in wanted:
                    os.remove(path)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            subprocess.run(["meson", "setup", self.build, self.root, "-Dbuildtype=plain",
                            "-Doptimization=1", "-Dwerror=false"], check=True, stdout=sys.stderr)

    def copy(self, name):
        source, copy = os.path.join(ROOT, name), os.path.join(self.root, name)
        if os.path.exists(copy) and read(source) == read(copy):
            return
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy2(source, copy)
        os.utime(copy)  # else the build could take it for old

    def digest(self, folder):
        """What stands for all files of a folder; without the changes, which are no tests."""
        found = hashlib.sha256()
        for path in sorted(glob.glob(os.path.join(self.root, folder, "**"), recursive=True)):
            if os.path.isfile(path) and not path.startswith(os.path.join(self.root, "tests/mutate")):
                found.update(path.encode() + read(path))
        return found.hexdigest()

    def digests(self):
        return {folder: self.digest(folder) for folder in ("src", "tests")}

    def compile(self):
        """Returns what the compiler says if it fails, or None."""
        finished = subprocess.run([*self.ninja, "-C", self.build], capture_output=True, text=True,
                                  check=False, timeout=BUILD_SECONDS)
        errors = [line for line in finished.stdout.splitlines() if "error" in line]
        return "\n".join(errors[:5] or ["?"]) if finished.returncode != 0 else None

    def code(self):
        """What was built, to see whether a change made any difference."""
        unit = os.path.join(self.build, "tests", "unit")
        programs = [os.path.join(self.build, "dwell"), *sorted(
            os.path.join(unit, name) for name in os.listdir(unit) if "." not in name)]
        return [read(path) for path in programs if os.path.isfile(path)]

    def with_change(self, change, function):
        """Builds the tree with the change and calls the function; the tree is as before then."""
        path = os.path.join(self.root, change.file)
        text = read(path)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(change.apply(text.decode()))
            problem = self.compile()
            return {"state": "error", "by": problem} if problem else function()
        finally:
            with open(path, "wb") as file:
                file.write(text)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Results:
    """What came out, by the name of the change; in a file, one line for each. Of an earlier run
    that is kept which still holds: a change that was noticed would be by more tests, too."""

    def __init__(self, options, digests):
        self.path = os.path.join(options.build, "results.jsonl")
        self.digests = {**digests, "suite": [options.all, options.tests]}
        self.found = {}
        if options.resume and os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.found = {row["name"]: row for row in map(json.loads, file) if self.holds(row)}
        elif os.path.exists(self.path):
            os.remove(self.path)

    def holds(self, row):
        return row["src"] == self.digests["src"] and \
            (row["state"] == "noticed" or
             all(row.get(key) == value for key, value in self.digests.items()))

    def add(self, row):
        row = {**row, **self.digests}
        self.found[row["name"]] = row
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def read_killers():
    """The test that once noticed each change, by its name."""
    if not os.path.exists(KILLERS):
        return {}
    with open(KILLERS, encoding="utf-8") as file:
        return dict(reversed(line.rstrip("\n").split("\t")) for line in file)


def write_killers(changes, results):
    known = read_killers()
    for name, row in results.found.items():
        if row["state"] == "noticed":
            known[name] = row["by"]
    kept = sorted(change.name for change in changes if change.name in known)
    with open(KILLERS, "w", encoding="utf-8") as file:
        file.writelines(f"{known[name]}\t{name}\n" for name in kept)


def prepare(tree, options):
    """Builds dwell as it is and runs all tests on it, which must pass."""
    problem = tree.compile()
    if problem:
        sys.exit(f"dwell does not compile: {problem}")
    suite = trial.Suite(tree.root, tree.build, options.all, options.tests)
    path = os.path.join(options.build, "measured.json")
    measured = {**tree.digests(), "names": sorted(suite.tests)}
    if os.path.exists(path) and measured.items() <= json.loads(read(path)).items():
        suite.seconds = json.loads(read(path))["seconds"]
        return suite
    print(f"{len(suite.tests)} tests, without a change:", flush=True)
    failure = suite.measure()
    if failure:
        sys.exit(f"{failure[0]} fails without a change: {failure[1]}")
    print(f"all pass, in {sum(suite.seconds.values()):.0f} seconds", flush=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**measured, "seconds": suite.seconds}, file)
    return suite


def try_change(tree, suite, change, known, plain):
    """The row of a change."""
    def run_tests():
        if tree.code() == plain:
            return {"state": "same code", "by": ""}
        failure = suite.first_failure(suite.order(change.file, known.get(change.name)))
        if not failure:
            return {"state": "survived", "by": ""}
        suite.note_kill(failure[0], change.file)
        return {"state": "noticed", "by": failure[0], "said": failure[1]}

    start = time.monotonic()
    row = tree.with_change(change, run_tests)
    return {"name": change.name, **row, "seconds": round(time.monotonic() - start, 1)}


def selected(options):
    changes = table.read_changes()
    problems = table.check(changes, ROOT)
    if problems:
        sys.exit("\n".join(problems))
    chosen = changes + drawn.draw(ROOT, options.random, options.seed)
    return changes, [change for change in chosen if re.search(options.only, change.name)]


def main():
    options = parse_arguments()
    changes, chosen = selected(options)
    if options.list:
        print("\n".join(f"{change.kind}: {change.name}" for change in chosen))
        return 0
    os.makedirs(options.build, exist_ok=True)
    tree, known = Tree(options), read_killers()
    tree.update()
    results = Results(options, tree.digests())
    missing = [change for change in chosen if change.name not in results.found]
    if missing:
        suite = prepare(tree, options)
        plain = tree.code()
    for change in missing:
        row = try_change(tree, suite, change, known, plain)
        results.add(row)
        write_killers(changes, results)
        print(f"{row['state']} {row['seconds']:.0f} s: {change.name}\n    {row['by']}", flush=True)
    return finish(chosen, results, options)


def finish(chosen, results, options):
    rows = [(change, results.found[change.name]) for change in chosen]
    text, is_good = summary.summarize(rows, MAX_SURVIVORS)
    print(text)
    if options.markdown:
        summary.write(options.markdown, rows)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
