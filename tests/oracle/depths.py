#!/usr/bin/env python3
"""depths.py: does any run take more stack than its bound?

    tests/oracle/depths.py DWELL [--all-options] [PROGRAM [ARGUMENTS...]]

In: dwell, and a program (without one: small ones of depths/ and of tests/programs, and some that are
installed; with --all-options more of them, and by more compilers). Each is run one instruction at a time by depths.c, which
measures the deepest stack of each function that runs. Out: a table with a row for each program,
what is wrong, and as the last line `N passed, N failed, N skipped`. For each function of the
program:

- an activation that returned took at most `bound_bytes`
- any activation took at most `bound_with_panic_bytes`

and for the programs of depths/, which execute their deepest path, the functions that the head
comment names as `tight` have a bound that is less than 5 % above what they took (and those named as
`bounded` have one; there the bound holds for all variants of a function of the C library, of which
the loader chooses one; those named as `unbounded` have none). Columns: functions that ran, those with a bound, the largest share of a
bound that a run took, and what main took and may take.
"""

import glob
import json
import os
import re
import shutil
import sys

from subjects import FOLDER, ROOT, Results, run

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 500_000
LOOSE = 1.05
FLAGS = {".c": ["-w", "-pthread"], ".cpp": ["-w", "-pthread"],
         ".rs": ["--edition", "2021", "--cap-lints", "allow"]}
COMPILERS = {".c": ["gcc", "clang"], ".cpp": ["g++", "clang++"], ".rs": ["rustc", "/usr/bin/rustc"]}
LEVELS = {".c": ["-O0", "-O2"], ".cpp": ["-O0", "-O2"], ".rs": ["-Copt-level=0", "-Copt-level=3"]}
MORE_LEVELS = {".c": ["-O1", "-O3", "-Os"], ".cpp": ["-O1", "-Os"], ".rs": ["-Copt-level=s"]}
FEW_PROGRAMS = ("s1_values.rs", "s2_arguments.c", "s9_copy.rs", "s11_unbounded.c", "s12_entries.c", "s13_alloca.c",
                "s12_entries.cpp", "s12_entries.rs")
CRASHING = ("s5_", "s6_")  # what has no end, or a bad one, has nothing to compare
INSTALLED = (("git", "--version"), ("bash", "-c", "echo $((1 + 2))"))
MORE_INSTALLED = (("xz", "--version"), ("jq", "-n", "1"), ("sqlite3", ":memory:", "select 1"), ("grep", "x", "/dev/null"),
                  ("sort", "/dev/null"), ("python3", "-S", "-c", "1"))


class Table(Results):
    """What came out, a row for each program."""

    def add(self, title, figures, wrong):
        self.count(title, wrong)
        self.rows.append((title, *figures))

    def print(self):
        print(f"{'':44}{'ran':>8}{'bounded':>9}{'largest':>9}{'main took':>12}  bound")
        for title, ran, bounded, share, took, bound in self.rows:
            print(f"{title:44}{ran:>8,}{bounded:>9,}{share:>9.1%}{took:>12}  {bound}")
        self.print_sum()


def stepper():
    """Returns the path of depths.c's program, or the reason why there is none."""
    path = os.path.join(FOLDER, "depths")
    finished = run(["cc", "-O2", "-o", path, os.path.join(HERE, "depths.c")])
    if finished.returncode:
        return None, finished.stderr.strip().splitlines()[0]
    return path, None


def functions_of(dwell, program):
    finished = run([dwell, "stack", "--json", "--all", program])
    if finished.returncode:
        raise RuntimeError(finished.stderr.strip())
    document = json.loads(finished.stdout)
    functions = {function["address"]: function for function in document["functions"]}
    main = next((entry["name"] for kind in ("main", "start") for entry in document["entries"]
                 if entry["kind"] == kind), None)
    # The user's main of a Rust program is called by C's, which returns last.
    named = {function["linkage_name"]: function for function in functions.values()}
    first = named.get("main") or next((function for function in functions.values()
                                       if function["name"] == main), None)
    return functions, first


def measure(tool, program, arguments, functions, first):
    """Returns {address: (normal, all)} and how the run ended."""
    addresses = [first["address"], *sorted(functions)]
    finished = run([tool, str(STEPS), program, *arguments], timeout=300,
                   input="".join(f"{address:x}\n" for address in addresses))
    lines = finished.stdout.splitlines()
    if finished.returncode or not lines:
        return None, (finished.stderr.strip() or f"status {finished.returncode}")
    rows = (line.split() for line in lines[:-1])
    return {int(row[0], 16): (int(row[1]), int(row[2])) for row in rows}, lines[-1]


def reason_of(function):
    because = function["unbounded_because"]
    return f"none: {because[0]['kind']} in {because[0]['function']}" if because else "none"


def compare(functions, measured):
    """Returns what is too deep, how many have a bound, and the largest share of one."""
    wrong, bounded, largest = [], set(), 0.0
    for address, took in measured.items():
        function = functions[address]
        for bytes_, key in zip(took, ("bound_bytes", "bound_with_panic_bytes")):
            bound = function[key]
            if bytes_ < 0 or bound is None:
                continue
            bounded.add(address)
            largest = max(largest, bytes_ / bound)
            if bytes_ > bound:
                wrong.append(f"{function['name']} took {bytes_}, {key} is {bound}")
    return wrong, len(bounded), largest


def check_promises(source, functions, measured):
    """What the head comment of a program of depths/ says of its functions."""
    wrong = []
    with open(source, encoding="utf-8") as file:
        promises = re.findall(r"^ \* (tight|bounded|unbounded): (.*)$", file.read(), re.MULTILINE)
    for promise, names in promises:
        for address, (normal, _) in measured.items():
            function = functions[address]
            if function["name"].split(".")[0] not in names.split() or normal < 0:
                continue
            bound = function["bound_bytes"]
            if promise == "unbounded":
                if bound is not None:
                    wrong.append(f"{function['name']} has a bound")
            elif bound is None:
                wrong.append(f"{function['name']} has no bound: {reason_of(function)}")
            elif promise == "tight" and bound > LOOSE * normal:
                wrong.append(f"{function['name']} took {normal}, its bound is {bound}")
    return wrong if promises else ["no promises in the head comment"]


def check(dwell, tool, table, title, program, arguments=(), source=None):
    functions, first = functions_of(dwell, program)
    if not first:
        table.skip(title, "where does it begin?")
        return
    measured, end = measure(tool, program, arguments, functions, first)
    if measured is None:
        table.skip(title, end)
        return
    if not measured:
        table.add(title, (0, 0, 0.0, "", ""), ["no function was seen"])
        return
    wrong, bounded, largest = compare(functions, measured)
    if source:
        wrong += check_promises(source, functions, measured)
    took = measured.get(first["address"], (-1, -1))
    bound = first["bound_bytes"] if took[0] >= 0 else first["bound_with_panic_bytes"]
    told = f"{bound:,}" if bound is not None else reason_of(first)
    table.add(title, (len(measured), bounded, largest, f"{max(took):,}", f"{told} ({end})"), wrong)


def builds(sources, has_more):
    """Yields title, program, source, and the reason if it could not be built."""
    for source in sources:
        extension = os.path.splitext(source)[1]
        levels = LEVELS[extension] + (MORE_LEVELS[extension] if has_more else [])
        seen = set()
        compilers = COMPILERS[extension] if has_more else COMPILERS[extension][:1]
        for compiler in filter(None, map(shutil.which, compilers)):
            version = run([compiler, "--version"]).stdout.splitlines()[0]
            if version in seen:
                continue
            seen.add(version)
            for level in levels:
                title = f"{os.path.basename(source)} {compiler} {level}"
                program = os.path.join(FOLDER, "depths-" + re.sub(r"\W+", "-", title))
                finished = run([compiler, level, *FLAGS[extension], source, "-o", program])
                problem = finished.stderr.strip().splitlines()
                yield title, program, source, problem[-1] if finished.returncode else None


def check_builds(dwell, tool, table, has_more):
    own = sorted(glob.glob(os.path.join(HERE, "depths", "*.c")))
    programs = sorted(glob.glob(os.path.join(ROOT, "tests", "programs", "[sh]*.*")))
    if not has_more:
        programs = [path for path in programs if os.path.basename(path) in FEW_PROGRAMS]
    programs = [path for path in programs if not os.path.basename(path).startswith(CRASHING)]
    for title, program, source, problem in builds(own + programs, has_more):
        if problem:
            table.skip(title, problem)
        else:
            check(dwell, tool, table, title, program, (), source if source in own else None)


def check_installed(dwell, tool, table, has_more):
    for name, *arguments in INSTALLED + (MORE_INSTALLED if has_more else ()):
        path = shutil.which(name)
        if path:
            check(dwell, tool, table, " ".join([name, *arguments]), os.path.realpath(path), arguments)
        else:
            table.skip(name, "not installed")


def main():
    dwell, *words = [word for word in sys.argv[1:] if word != "--all-options"]
    has_more = "--all-options" in sys.argv
    os.makedirs(FOLDER, exist_ok=True)
    table = Table()
    tool, reason = stepper()
    if not tool:
        table.skip("all", reason)
    elif words:
        check(dwell, tool, table, words[0], words[0], words[1:])
    else:
        check_builds(dwell, tool, table, has_more)
        check_installed(dwell, tool, table, has_more)
    table.print()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
