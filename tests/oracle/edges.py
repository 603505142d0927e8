#!/usr/bin/env python3
"""edges.py: is every call that the compiler made an edge of the call graph?

    tests/oracle/edges.py DWELL [--all-options] [FILE.c | NAME...]

In: dwell, and C or C++ files or names of sources (without any: frames.c and calls.c here with
several options, and with few SQLite and libraries from Debian's sources, see sources.py;
--all-options takes all of them at each level of optimization). gcc compiles each to an object file and tells its calls with
`-fcallgraph-info`; `dwell calls --json --no-libs` reads the object file. Out: a table with a row for
each set of options, what is different, and as the last line `N passed, N failed, N skipped`.

Three comparisons, all by names without what the compiler adds for changed copies of a function
(those of C++ by the demangled ones, which constructors of complete and of base objects share):

- edges: each pair of caller and callee that gcc tells is an edge of dwell's
- other way: each direct edge of dwell's is one that gcc tells
- indirect: for each function the number of calls through a pointer; in dwell's answer those of a kind
  other than direct, plt and (with -fno-plt) got

gcc tells its calls before the last optimizations. What these change is counted as explained only
if the machine code, as objdump reads it, shows it for this very function:

- removed: no instruction of the caller names the callee
- loop: a function calls itself last, and does so by a jump to where it begins
- seen: dwell knows whose call it is, since the pointer was loaded from the GOT before
- merged: there are fewer calls through pointers, because equal ends of paths were joined
- copied: there are more of them, because a block was duplicated
- late: gcc made the call after it had told its calls (of mcount, with -pg)
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from functools import lru_cache

from sources import PACKAGES, Sources, package_sources, sqlite
from subjects import FOLDER, Results, expand_targets

HERE = os.path.dirname(os.path.abspath(__file__))
INDIRECT = "__indirect_call"
# What the compiler adds to the name of a changed copy of a function.
SUFFIX = re.compile(r"(\.(constprop|isra|part|cold|lto_priv|\d+)|"
                    r" \[(clone )?[.\w]+\])+$")
FIELD = re.compile(r'(\w+): "((?:[^"\\]|\\.)*)"')
OPTIONS = ("-O0", "-O2", "-Os", "-O2 -fPIC -fno-plt")
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
# What the usual run looks at, with which options.
OWN = ("frames.c", "calls.c")
FEW = {"sqlite3": ("-O2",), "zlib": ("-O0", "-O2"), "bzip2": ("-Os",), "lz4": ("-O3",),
       "pugixml": ("-O1",)}
DIRECT_KINDS = ("direct", "plt", "got")
COLUMNS = ("edges", "removed", "loop", "missing", "other way", "late", "extra", "indirect", "seen",
           "merged", "copied", "different")


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def plain(name):
    """The name in the source; gcc puts a star before one that an asm label gives."""
    return SUFFIX.sub("", name.removeprefix("*"))


def compile_source(options, flags, source):
    """Returns the object file, beside which there is a .ci file, and what stopped it. SQLite takes
    half a minute, so what was compiled since the source changed is used again."""
    compiler = "g++" if source.endswith((".cpp", ".cc")) else "gcc"
    if not shutil.which(compiler):
        return None, f"no {compiler}"
    name = re.sub(r"\W+", "-", os.path.relpath(source, FOLDER).lstrip("./") + options)
    path = os.path.join(FOLDER, f"edges-{name}.o")
    told, made = path[:-1] + "ci", path[:-1] + "new."
    if os.path.exists(told) and os.path.getmtime(told) >= os.path.getmtime(source):
        return path, None
    finished = run([compiler, *options.split(), *flags, "-w", "-fcallgraph-info=su,da", "-c", source,
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


@lru_cache(maxsize=None)
def demangled(name):
    return plain(run(["c++filt", "-i", name]).stdout.strip()) if name.startswith("_Z") else name


class Graph:
    """What dwell says of an object file."""

    def __init__(self, dwell, path):
        answer = expand_targets(json.loads(run([dwell, "calls", "--json", "--no-libs",
                                                path]).stdout))
        self.chosen = {}
        for function in answer["functions"]:
            for name in [function["linkage_name"], *function["aliases"]]:
                self.chosen[plain(name or function["name"])] = plain(function["name"])
        self.defined = set(self.chosen.values())
        self.direct, self.indirect, self.got = Counter(), Counter(), Counter()
        self.edges = set()
        for call in answer["calls"]:
            caller = plain(call["from"])
            pairs = {(caller, self.name(name)) for name in call["to"]}
            self.edges |= pairs
            if call["kind"] in DIRECT_KINDS:
                self.direct.update(pairs)
                self.got[caller] += call["kind"] == "got"
            else:
                self.indirect[caller] += 1

    def name(self, name):
        """Functions at one address are one, under the name that dwell chose."""
        name = plain(name)
        return self.chosen.get(name) or self.chosen.setdefault(name, demangled(name))


class Code:
    """What objdump says of it: which names a function's instructions mention, and how many of them
    call or jump through a pointer (in `got`: through a slot of the GOT)."""

    def __init__(self, graph, path):
        self.mentioned, self.loops = defaultdict(set), set()
        self.calls, self.jumps, self.got = Counter(), Counter(), Counter()
        caller, pointers = "", None
        for line in run(["objdump", "-dr", "--no-show-raw-insn", path]).stdout.splitlines():
            if match := re.match(r"[0-9a-f]+ <(.*)>:$", line):
                caller = graph.name(match.group(1))
            elif match := re.search(r"R_X86_64_(\w+)\t([^\s+-]+)|<([^>+]+)(\+0x\w+)?>", line):
                name = graph.name(match.group(2) or match.group(3))
                self.mentioned[caller].add(name)
                if pointers is not None and (match.group(1) or "").startswith("GOTPCREL"):
                    pointers[caller] -= 1
                    self.got[caller] += 1
                if name == caller and "\tjmp " in line and not match.group(4):
                    self.loops.add(caller)
            pointers = self.pointers_of(line)
            if pointers is not None:
                pointers[caller] += 1

    def pointers_of(self, line):
        """What an instruction counts for."""
        match = re.search(r"\t(?:notrack |bnd )*(call|jmp) +\*", line)
        return match and {"call": self.calls, "jmp": self.jumps}[match.group(1)]

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
        if graph.name(caller) not in graph.defined:
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
        elif caller == callee and caller in code.loops:
            counts["loop"] += 1
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
        seen = graph.got[caller] - code.got[caller]
        if wanted == found:
            counts["indirect"] += 1
        elif wanted == found + seen:
            counts["seen"] += 1
        elif code.is_possible(caller, found + seen):
            counts["merged" if found < wanted else "copied"] += 1
        else:
            counts["different"] += 1
            wrong.append(f"{caller}: {wanted} calls through pointers, dwell says {found}")


class Table(Results):
    """What came out, a row for each set of options."""

    def add(self, title, counts, wrong):
        told_nothing = [] if counts["edges"] else ["the compiler told nothing"]
        self.count(title, wrong[:10] + told_nothing, shown=11)
        self.rows.append((title, counts))

    def print(self):
        print(f"{'':33}" + "".join(f"{column:>11}" for column in COLUMNS))
        for title, counts in self.rows:
            print(f"{title:33}" + "".join(f"{counts[column]:>11,}" for column in COLUMNS))
        self.print_sum()


def check(dwell, sources, options, table):
    title = f"{sources.name} {'g++' if sources.is_cpp else 'gcc'} {options}"
    counts, wrong, problem = Counter(), [], sources.reason
    for source in sources.files:
        path, reason = compile_source(options, sources.flags, source)
        if reason:
            problem = f"{os.path.basename(source)}: {reason}"
            continue
        graph = Graph(dwell, path)
        found, lines = compare(told_by_gcc(path[:-1] + "ci"), graph, Code(graph, path))
        counts += found
        wrong += lines
    if problem:
        table.skip(title, problem)
    else:
        table.add(title, counts, wrong)


def named_sources(name):
    if name in PACKAGES:
        return package_sources(name)
    if name == "sqlite3":
        return sqlite()
    path = os.path.join(HERE, name) if name in OWN else os.path.abspath(name)
    return Sources(os.path.basename(name), [path], [], name.endswith((".cpp", ".cc")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dwell")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all-options", action="store_true")
    options = parser.parse_intermixed_args()
    os.makedirs(FOLDER, exist_ok=True)
    usual = {**dict.fromkeys(OWN, OPTIONS), **FEW}
    if options.all_options:
        usual = dict.fromkeys([*OWN, "sqlite3", *PACKAGES], dict.fromkeys((*LEVELS, *OPTIONS)))
    table = Table()
    for name in options.names or usual:
        for option in usual.get(name, OPTIONS):
            check(options.dwell, named_sources(name), option, table)
    table.print()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
