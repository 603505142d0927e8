#!/usr/bin/env python3
"""frames.py: are stack frames what the compilers say they are?

    tests/oracle/frames.py DWELL [--levels | --all-options] [--markdown] [FILE.c | NAME...]

In: dwell, and C files or names of sources (without any: frames.c and frames.cpp here, sqlite3, and
libraries from Debian's sources, see sources.py). Each is compiled with several compilers and options,
the large ones only with a few unless asked: --levels takes each level of optimization, and
--all-options each of them with each option that changes frames, which takes hours for all sources.
Out: a table with a row for each (--markdown: for all options of a compiler together, as in
docs/frames.md), what is different, and as the
last line `N passed, N failed, N skipped`. `dwell stack --json --all` on the object file is compared
with `-fstack-usage`; and a Rust program with the section that nightly rustc -Z emit-stack-sizes
makes. gcc counts the return address, clang and rustc do not. C functions are matched by name, C++
functions of gcc, which tells no symbols, by the line where they begin. Differences with a known
cause:

- dynamic: both say that the frame is dynamic; what part of it is fixed is a matter of taste
- aligned: the function realigns its stack; gcc and clang leave out padding that depends on the
  caller, dwell counts the most there can be
- pushed: clang does not count arguments that it pushes for a call
- merged: g++ found functions with the same code; of those only one has a line in the debug information

What lies in the red zone, which neither counts, is compared with the same code built without one: the
frame there is larger by what the red zone held, up to the alignment of the stack.
"""

import argparse
import json
import os
import re
import shutil
import sys
from collections import Counter, defaultdict

from sources import PACKAGES, Sources, package_sources, sqlite
from subjects import FOLDER, Results, run

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = ("frames.c", "frames.cpp")
RETURN_ADDRESS = 8
ALIGNMENT = 16
NO_LINE = "None:None"
VARIANTS = (
    ("gcc", "-O0"),
    ("gcc", "-O2"),
    ("gcc", "-Os"),
    ("gcc", "-O2 -fno-omit-frame-pointer"),
    ("gcc", "-O2 -fstack-clash-protection -fcf-protection=full"),
    ("gcc", "-O3 -mavx2 -fno-pie"),
    ("clang", "-O0"),
    ("clang", "-O2"),
    ("clang", "-O2 -fstack-clash-protection"),
)
FEW_VARIANTS = (("gcc", "-O0"), ("gcc", "-O2"), ("clang", "-O2"))
CPP_VARIANTS = (("gcc", "-O1 -fno-omit-frame-pointer"), ("gcc", "-Os -fno-omit-frame-pointer"))
FEW_PACKAGES = ("zlib", "pugixml")
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
OPTIONS = ("", "-fomit-frame-pointer", "-fno-omit-frame-pointer", "-fcf-protection=full",
           "-fstack-protector-strong", "-fstack-clash-protection",
           "-fno-omit-frame-pointer -fcf-protection=full -fstack-protector-strong "
           "-fstack-clash-protection")
ALL_VARIANTS = VARIANTS + tuple((compiler, f"{level} {options}".strip())
                                for compiler in ("gcc", "clang") for level in LEVELS
                                for options in OPTIONS)
LEVEL_VARIANTS = tuple((compiler, level) for compiler in ("gcc", "clang") for level in LEVELS)
CPP_COMPILERS = {"gcc": "g++", "clang": "clang++"}
RUST_VARIANTS = ("-Copt-level=0", "-Copt-level=3", "-Copt-level=s")
RUST_PROGRAM = """
use std::collections::HashMap;
fn main() {
    let mut sizes = HashMap::new();
    for word in std::env::args() { *sizes.entry(word.clone()).or_insert(0) += word.len(); }
    let mut list: Vec<_> = sizes.into_iter().collect();
    list.sort_by(|a, b| b.1.cmp(&a.1));
    for (word, size) in &list { println!("{word} {size}"); }
    let big = [1u8; 100000];
    println!("{}", big.iter().map(|&x| x as usize * list.len()).sum::<usize>());
}
"""
# What the compiler adds to the name of a changed copy of a function; in .su files only in part.
SUFFIX = re.compile(r"(\.(constprop|isra|part|cold|\d+))+$")
EXPLANATIONS = ("dynamic", "aligned", "pushed", "merged")
# Constructors and destructors of complete and of base objects often share their code.
STRUCTOR = re.compile(r"([CD])2(?=I?E)")


def compile_c(compiler, options, source):
    """Returns the object file and what stopped it."""
    if not shutil.which(compiler):
        return None, f"no {compiler}"
    stem = os.path.join(FOLDER, "frames-" + re.sub(r"\W+", "-", f"{compiler}{options}"))
    for suffix in (".o", ".su"):
        if os.path.exists(stem + suffix):
            os.remove(stem + suffix)
    finished = run([compiler, *options.split(), "-w", "-fstack-usage", "-c", source,
                    "-o", stem + ".o"])
    for made in (stem + ".su", os.path.basename(stem) + ".su"):
        if finished.returncode == 0 and os.path.exists(made):
            return stem + ".o", None
    return None, (finished.stderr.strip().splitlines() or ["no .su file"])[0]


def told_by_c_compiler(compiler, object_file):
    """Sizes with the return address, by name or line: [(bytes, whether it is dynamic)]."""
    told = defaultdict(list)
    added = RETURN_ADDRESS if compiler.startswith("clang") else 0
    with open(object_file[:-1] + "su", encoding="utf-8") as file:
        for line in file:
            place, size, kind = line.rstrip("\n").split("\t")
            is_dynamic = kind == "dynamic"  # "dynamic,bounded": pushed arguments are in the size
            parts = place.split(":")
            name = ":".join(parts[:2]) if compiler == "g++" else plain(parts[-1])
            told[name].append((int(size) + added, is_dynamic))
    return told


def told_by_rustc(object_file):
    told = defaultdict(list)
    for line in run(["llvm-readelf-14", "--stack-sizes", object_file]).stdout.splitlines():
        match = re.match(r"\s*(\d+)\s+(\S.*)$", line)
        for name in match.group(2).split(", ") if match else ():
            told[name].append((int(match.group(1)) + RETURN_ADDRESS, False))
    return told


def plain(name):
    name = SUFFIX.sub("", name)
    return STRUCTOR.sub(r"\g<1>1", name) if name.startswith("_Z") else name


def functions_of(dwell, object_file):
    finished = run([dwell, "stack", "--json", "--all", "--no-libs", object_file])
    return json.loads(finished.stdout)["functions"]


def told_by_dwell(dwell, object_file):
    told = defaultdict(list)
    for function in functions_of(dwell, object_file):
        row = (function["frame_bytes"], function["frame"] == "dynamic")
        for name in [function["linkage_name"], *function["aliases"]]:
            told[name].append(row)
    return told


def told_by_dwell_with_lines(dwell, object_file):
    """The same by the line where functions begin; and the names of each line's functions."""
    told, names = defaultdict(list), defaultdict(list)
    for function in functions_of(dwell, object_file):
        line = f"{function['file']}:{function['line']}"
        told[line].append((function["frame_bytes"], function["frame"] == "dynamic"))
        names[line].append(plain(function["linkage_name"]))
    return told, names


def by_plain_name(told):
    merged = defaultdict(list)
    for name, rows in told.items():
        merged[plain(name)] += rows
    return merged


def oddities(object_file):
    """By function: the largest alignment it gives its stack, and the pushes behind its prologue."""
    alignments, pushes = defaultdict(int), defaultdict(int)
    name, in_prologue = "", True
    for line in run(["objdump", "-d", "--no-show-raw-insn", object_file]).stdout.splitlines():
        if match := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            name, in_prologue = plain(match.group(1)), True
        elif match := re.search(r"\tand +\$(0xf+[0-9a-f]*),%rsp", line):
            alignments[name] = max(alignments[name], (1 << 64) - int(match.group(1), 16))
        elif "\tpush" in line and (not in_prologue or re.search(r"\tpush +([$]|.*\()", line)):
            pushes[name] += 1  # registers that are saved come first, and are no numbers or memory
            in_prologue = False
        elif not re.search(r"\t(push|mov +%rsp,%rbp|endbr64)", line):
            in_prologue = False
    return alignments, pushes


def explain(size, found, alignment, pushed):
    """Why the compiler's figure and dwell's differ, or None."""
    (wanted, wants_dynamic), (bytes_, is_dynamic) = size, found
    if wants_dynamic and is_dynamic:
        return "dynamic"
    if bytes_ is None or is_dynamic:
        return None
    if alignment > 16 and abs(bytes_ - wanted) <= 2 * alignment:
        return "aligned"
    if pushed and 0 < bytes_ - wanted <= 8 * (pushed + 1):  # one more slot may keep the alignment
        return "pushed"
    return None


def compare(told, found, alignments, pushes, has_lines=False):
    """Returns counts by outcome, and a line for each difference without a cause."""
    homeless = list(found.get(NO_LINE, ()))
    counts, wrong = defaultdict(int), []
    for name, sizes in told.items():
        rest = list(found.get(name, ()))
        for size in sorted(sizes):
            if size in rest:
                rest.remove(size)
                counts["equal"] += 1
                continue
            if has_lines and (not found.get(name) or size in found[name]):
                if size in homeless:
                    homeless.remove(size)
                    counts["equal"] += 1
                else:
                    counts["merged"] += 1
                continue
            causes = [(explain(size, row, alignments[name], pushes[name]), row) for row in rest]
            cause, row = next((pair for pair in causes if pair[0]), (None, None))
            if cause:
                rest.remove(row)
                counts[cause] += 1
            else:
                counts["different"] += 1
                wrong.append(f"{name}: {size[0]} bytes, dwell says {found.get(name, 'nothing')}")
    return counts, wrong


class Table(Results):
    """What came out, a row for each compilation."""

    def add(self, title, counts, wrong):
        told_nothing = [] if sum(counts.values()) else ["the compiler told nothing"]
        self.count(title, wrong[:10] + told_nothing, shown=11)
        self.rows.append((title, counts))

    def print(self):
        columns = ("equal", *EXPLANATIONS, "different")
        print(f"{'':60}" + "".join(f"{column:>11}" for column in columns))
        for title, counts in self.rows:
            print(f"{title:60}" + "".join(f"{counts[column]:>11,}" for column in columns))
        self.print_sum()

    def print_markdown(self):
        """All options of a compiler together; a title is a name, a compiler and options."""
        columns = ("equal", *EXPLANATIONS, "different")
        print("| sources | compiler | sets of options | functions | " + " | ".join(columns) + " |")
        print("|---|---|" + "---:|" * (len(columns) + 2))
        sums, sets = defaultdict(Counter), Counter()
        for title, counts in self.rows:
            name, compiler, *_ = title.split()
            sums[name, compiler].update(counts)
            sets[name, compiler] += 1
        for (name, compiler), counts in sums.items():
            figures = [sets[name, compiler], sum(counts.values()), *(counts[key] for key in columns)]
            print(f"| {name} | {compiler} | " + " | ".join(f"{each:,}" for each in figures) + " |")
        self.print_sum()


def compare_object(dwell, compiler, object_file):
    alignments, pushes = oddities(object_file)
    told = told_by_c_compiler(compiler, object_file)
    if compiler != "g++":
        return compare(told, by_plain_name(told_by_dwell(dwell, object_file)), alignments, pushes)
    found, names = told_by_dwell_with_lines(dwell, object_file)
    for counts in (alignments, pushes):
        for line, those in names.items():
            counts[line] = max(counts[name] for name in those)
    return compare(told, found, alignments, pushes, True)


def check_sources(dwell, sources, variants, table):
    if sources.reason:
        table.skip(sources.name, sources.reason)
        return
    for compiler, options in variants:
        compiler = CPP_COMPILERS[compiler] if sources.is_cpp else compiler
        title = f"{sources.name} {compiler} {options}"
        counts, wrong, problem = defaultdict(int), [], None
        for path in sources.files:
            flags = " ".join([options, *sources.flags, "-g" if compiler == "g++" else ""])
            object_file, reason = compile_c(compiler, flags, path)
            if reason:
                problem = f"{os.path.basename(path)}: {reason}"
                continue
            found, lines = compare_object(dwell, compiler, object_file)
            for key, count in found.items():
                counts[key] += count
            wrong += lines
        if problem and not counts:
            table.skip(title, problem)
        else:
            table.add(title, counts, wrong)


def check_red_zone(dwell, sources, table):
    """With a red zone and without: what is in it has to be in the frame then."""
    for compiler in ("gcc", "clang"):
        title = f"{sources.name} {compiler} red zone"
        counts, wrong, objects = defaultdict(int), [], []
        for path in sources.files:
            rows = []
            for option in ("-mno-red-zone", "-mred-zone"):
                object_file, reason = compile_c(compiler, " ".join(["-O2", option, *sources.flags]),
                                                path)
                rows.append({} if reason else {function["linkage_name"]: function for function
                                               in functions_of(dwell, object_file)})
            objects += rows
            for name in rows[0].keys() & rows[1].keys():
                outcome, line = compare_red_zone(name, rows[0][name], rows[1][name])
                counts[outcome] += 1
                wrong += [line] if outcome == "different" else []
        if not any(objects):
            table.skip(title, sources.reason or f"no {compiler}")
        else:
            table.add(title, counts, wrong)


def compare_red_zone(name, without, with_zone):
    zone = with_zone["red_zone_bytes"]
    if without["frame"] != "fixed" or with_zone["frame"] != "fixed":
        return "dynamic", None
    more = without["frame_bytes"] - with_zone["frame_bytes"]
    if without["red_zone_bytes"]:
        return "different", f"{name} uses {without['red_zone_bytes']} bytes of no red zone"
    if zone <= more < zone + ALIGNMENT or (not zone and not more):
        return "equal", None
    return "different", f"{name}: {zone} bytes in the red zone, {more} more in the frame without"


def check_rust(dwell, table):
    source, object_file = (os.path.join(FOLDER, "frames" + suffix) for suffix in (".rs", "-rs.o"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(RUST_PROGRAM)
    for options in RUST_VARIANTS:
        title = f"rustc nightly {options}"
        if not shutil.which("rustup") or not shutil.which("llvm-readelf-14"):
            table.skip(title, "no rustup or no llvm-readelf-14")
            continue
        finished = run(["rustup", "run", "nightly", "rustc", options, "-Zemit-stack-sizes",
                        "-Ccodegen-units=1", "--emit=obj", source, "-o", object_file])
        if finished.returncode:
            table.skip(title, finished.stderr.strip().splitlines()[-1])
            continue
        table.add(title, *compare(told_by_rustc(object_file), told_by_dwell(dwell, object_file),
                                  *oddities(object_file)))


def named_sources(name):
    if name in PACKAGES:
        return package_sources(name)
    if name == "sqlite3":
        return sqlite()
    path = os.path.join(HERE, name) if name in OWN else os.path.abspath(name)
    return Sources(os.path.basename(name), [path], [], name.endswith(".cpp"))


def check_usual(dwell, all_variants, table):
    """Everything; of what is large only a few variants, if not all were asked for."""
    check_rust(dwell, table)
    check_sources(dwell, named_sources("frames.c"), all_variants or VARIANTS, table)
    check_sources(dwell, named_sources("frames.cpp"), (all_variants or VARIANTS) + CPP_VARIANTS,
                  table)
    for name in ("sqlite3", *(PACKAGES if all_variants else FEW_PACKAGES)):
        check_sources(dwell, named_sources(name), all_variants or FEW_VARIANTS, table)
    check_red_zone(dwell, package_sources("zlib"), table)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dwell")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--levels", action="store_true")
    parser.add_argument("--all-options", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_intermixed_args()
    os.makedirs(FOLDER, exist_ok=True)
    table = Table()
    variants = ALL_VARIANTS if options.all_options else LEVEL_VARIANTS if options.levels else ()
    for name in options.names:
        check_sources(options.dwell, named_sources(name), variants or VARIANTS, table)
    if not options.names:
        check_usual(options.dwell, variants, table)
    if options.markdown:
        table.print_markdown()
    else:
        table.print()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
