#!/usr/bin/env python3
"""edges.py: is every call that the compiler made an edge of the call graph?

    tests/oracle/edges.py DWELL [FILE.c...]

In: dwell, and C files (without any: frames.c and calls.c here with several options, and SQLite, if it
is to be had, with -O2). gcc compiles each to an object file and tells its calls with
`-fcallgraph-info`; `dwell calls --json --no-libs` reads the object file. Out: a table with a row for
each compilation, what is different, and as the last line `N passed, N failed, N skipped`.

Three comparisons, all by names without what the compiler adds for changed copies of a function:

- edges: each pair of caller and callee that gcc tells is an edge of dwell's
- other way: each direct edge of dwell's is one that gcc tells
- indirect: for each function the number of calls through a pointer; in dwell's answer those of a kind
  other than direct, plt and (with -fno-plt) got

gcc tells its calls before the last optimizations. What these change is counted as explained only
if the machine code, as objdump reads it, shows it for this very function:

- removed: no instruction of the caller names the callee
- merged: there are fewer calls through pointers, because equal ends of paths were joined
- copied: there are more of them, because a block was duplicated
- late: gcc made the call after it had told its calls (of mcount, with -pg)
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict

from subjects import FOLDER, expand_targets, sqlite_source

HERE = os.path.dirname(os.path.abspath(__file__))
INDIRECT = "__indirect_call"
# What the compiler adds to the name of a changed copy of a function.
SUFFIX = re.compile(r"(\.(constprop|isra|part|cold|lto_priv|\d+))+$")
FIELD = re.compile(r'(\w+): "((?:[^"\\]|\\.)*)"')
OPTIONS = ("-O0", "-O2", "-Os", "-O2 -fPIC -fno-plt")
DIRECT_KINDS = ("direct", "plt", "got")
COLUMNS = ("edges", "removed", "missing", "other way", "late", "extra", "indirect", "merged",
           "copied", "different")


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def plain(name):
    """The name in the source; gcc puts a star before one that an asm label gives."""
    return SUFFIX.sub("", name.removeprefix("*"))


def compile_c(options, source):
    """Returns the object file, beside which there is a .ci file, and what stopped it. SQLite takes
    half a minute, so what was compiled since the source changed is used again."""
    if not shutil.which("gcc"):
        return None, "no gcc"
    name = os.path.basename(source)[:-2] + re.sub(r"\W+", "-", options)
    path = os.path.join(FOLDER, f"edges-{name}.o")
    told, made = path[:-1] + "ci", path[:-1] + "new."
    if os.path.exists(told) and os.path.getmtime(told) >= os.path.getmtime(source):
        return path, None
    finished = run(["gcc", *options.split(), "-w", "-fcallgraph-info=su,da", "-c", source,
                    "-o", made + "o"])
    if finished.returncode:
        return None, finished.stderr.strip().splitlines()[0]
    if not os.path.exists(made + "ci"):
        return None, "no .ci file"
    os.replace(made + "o", path)
    os.replace(made + "ci", told)  # last: half an answer must not be taken for one
    return path, None


def told_by_gcc(path):
    """Counts of (caller, callee); local functions are told as FILE:NAME."""
    edges = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("edge:"):
                fields = dict(FIELD.findall(line))
                caller, callee = (plain(fields[key].rsplit(":", 1)[-1])
                                  for key in ("sourcename", "targetname"))
                edges[caller, callee] += 1
    return edges


class Graph:
    """What dwell says of an object file."""

    def __init__(self, dwell, path):
        answer = expand_targets(json.loads(run([dwell, "calls", "--json", "--no-libs",
                                                path]).stdout))
        self.chosen = {}
        for function in answer["functions"]:
            for name in [function["linkage_name"], *function["aliases"]]:
                self.chosen[plain(name or function["name"])] = plain(function["name"])
        self.direct, self.indirect = Counter(), Counter()
        self.edges = set()
        for call in answer["calls"]:
            caller = plain(call["from"])
            pairs = {(caller, self.name(name)) for name in call["to"]}
            self.edges |= pairs
            if call["kind"] in DIRECT_KINDS:
                self.direct.update(pairs)
            else:
                self.indirect[caller] += 1

    def name(self, name):
        """Functions at one address are one, under the name that dwell chose."""
        return self.chosen.get(plain(name), plain(name))


class Code:
    """What objdump says of it: which names a function's instructions mention, and how many of them
    call or jump through a pointer."""

    def __init__(self, graph, path):
        self.mentioned, self.calls, self.jumps = defaultdict(set), Counter(), Counter()
        caller = ""
        for line in run(["objdump", "-dr", "--no-show-raw-insn", path]).stdout.splitlines():
            if match := re.match(r"[0-9a-f]+ <(.*)>:$", line):
                caller = graph.name(match.group(1))
            elif match := re.search(r"R_X86_64_\w+\t([^\s+-]+)|<([^>+]+)(\+0x\w+)?>", line):
                self.mentioned[caller].add(graph.name(match.group(1) or match.group(2)))
            if re.search(r"\t(notrack )?call +\*", line):
                self.calls[caller] += 1
            elif re.search(r"\t(notrack )?jmp +\*", line):
                self.jumps[caller] += 1

    def is_removed(self, caller, callee):
        """Calls of local functions in other sections name the section only."""
        names = self.mentioned[caller]
        return callee not in names and not any(name.startswith(".text") for name in names)

    def is_possible(self, caller, count):
        """A jump through a pointer is a call or goes to one of the function's own blocks."""
        return self.calls[caller] <= count <= self.calls[caller] + self.jumps[caller]


def compare(told, graph, code):
    counts, wrong = Counter(), []
    edges, indirect = set(), Counter()
    for (caller, callee), count in told.items():
        if graph.name(caller) not in graph.chosen.values():
            continue  # inlined everywhere and gone
        if callee == INDIRECT:
            indirect[graph.name(caller)] += count
        else:
            edges.add((graph.name(caller), graph.name(callee)))
    compare_edges(edges, graph, code, counts, wrong)
    compare_indirect(indirect, graph, code, counts, wrong)
    return counts, wrong


def compare_edges(edges, graph, code, counts, wrong):
    for caller, callee in sorted(edges):
        if (caller, callee) in graph.edges:
            counts["edges"] += 1
        elif code.is_removed(caller, callee):
            counts["removed"] += 1
        else:
            counts["missing"] += 1
            wrong.append(f"{caller} calls {callee}; dwell does not know")
    callees = {callee for _, callee in edges}
    for caller, callee in sorted(graph.direct):
        if (caller, callee) in edges:
            counts["other way"] += 1
        elif callee not in callees and callee in code.mentioned[caller]:
            counts["late"] += 1
        else:
            counts["extra"] += 1
            wrong.append(f"{caller} does not call {callee}, but dwell says so")


def compare_indirect(indirect, graph, code, counts, wrong):
    for caller in sorted({*indirect, *graph.indirect}):
        wanted, found = indirect[caller], graph.indirect[caller]
        if wanted == found:
            counts["indirect"] += 1
        elif code.is_possible(caller, found):
            counts["merged" if found < wanted else "copied"] += 1
        else:
            counts["different"] += 1
            wrong.append(f"{caller}: {wanted} calls through pointers, dwell says {found}")


def check(dwell, source, options, rows):
    """Returns passed, failed, skipped."""
    title = f"{os.path.basename(source)} gcc {options}"
    path, reason = compile_c(options, source)
    if reason:
        print(f"skipped: {title}: {reason}")
        return Counter(skipped=1)
    graph = Graph(dwell, path)
    counts, wrong = compare(told_by_gcc(path[:-1] + "ci"), graph, Code(graph, path))
    rows.append((title, counts))
    for line in wrong[:10]:
        print(f"FAILED: {title}: {line}")
    if not counts["edges"]:
        print(f"FAILED: {title}: the compiler told nothing")
    is_right = not wrong and counts["edges"]
    return Counter(passed=1) if is_right else Counter(failed=1)


def main():
    dwell, *sources = sys.argv[1:]
    os.makedirs(FOLDER, exist_ok=True)
    work = [(os.path.abspath(source), options) for source in sources for options in OPTIONS]
    if not sources:
        work = [(os.path.join(HERE, name), options) for name in ("frames.c", "calls.c")
                for options in OPTIONS]
        work += [(source, "-O2") for source in [sqlite_source()] if source]
    rows, totals = [], Counter()
    for source, options in work:
        totals += check(dwell, source, options, rows)
    print(f"{'':33}" + "".join(f"{column:>10}" for column in COLUMNS))
    for title, counts in rows:
        print(f"{title:33}" + "".join(f"{counts[column]:>10,}" for column in COLUMNS))
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
