#!/usr/bin/env python3
"""indirect.py: is what real calls enter among the targets that dwell gives for them?

    tests/oracle/indirect.py DWELL [--large] [--shares] [PROGRAM...]

In: dwell, and valgrind, whose callgrind runs real programs and writes which function each call
instruction entered (--dump-instr=yes). Out: a row for each program and each library that it used,
with the number of call instructions that were seen at work by the kind that dwell gives them, and
as the last line `N passed, N failed, N skipped`. A call fails if dwell resolves it and the function
it entered is not among the targets, or if dwell does not list it as a call at all. Calls with the
target in the instruction are left to edges.py.

A library is read alone, without the program that called it; so what it calls back must be
unresolved there, or it fails. --large looks at all libraries and at larger programs. --shares prints
instead how dwell resolves the calls of well-known programs, without running them; the table in
docs/calls.md is made by it.
"""

import argparse
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections import Counter, defaultdict

import observed
from subjects import FOLDER, built, c_subjects, expand_targets, run

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("plt", "got", "constant", "vtable", "field", "prototype", "address_taken", "unresolved")
LIBRARIES = ("libc.so", "libstdc++.so", "libpython", "libsqlite3", "sqlite3.so")
POSITION = re.compile(r"(0x[0-9a-f]+) ")
PERL = 'my %h; $h{$_ % 7} .= $_ for 1..200; print join(",", sort { $a <=> $b } map { length } values %h), "\\n";'
SQL = """create table t(a integer primary key, b text);
insert into t(b) values ('one'), ('two'), ('three');
select b, length(b), count(*) from t where b like '%e' group by b order by b desc;
update t set b = upper(b) where a = 2; select group_concat(b) from t;"""


def source(name, compiler, *options):
    return observed.compiled(built("indirect-" + re.sub(r"\W", "-", name), [
        compiler, *options, os.path.join(HERE, name)]), "1", "2")


def git():
    observed.git("log")  # makes the repository
    return observed.command_of("git", "--no-pager", "-C",
                               os.path.join(FOLDER, "observed-repository"), "log", "--stat")


def sqlite_debug():
    """A library with debug information: types of structures and of what pointers point to."""
    library = next(subject for subject in c_subjects() if subject.name == "sqlite3.so")
    if not library.path:
        return library.reason
    return observed.compiled(built("indirect-database", [
        "gcc", "-O1", "-g", os.path.join(HERE, "database.c"), library.path,
        "-Wl,-rpath," + FOLDER]))


PROGRAMS = {
    "c++": lambda: source("virtual.cpp", "g++", "-O2", "-g"),
    "c++-debug": lambda: built_debug("virtual.cpp", "g++", "-O0", "-g"),
    "c++-plain": lambda: source_plain("virtual.cpp", "g++", "-O2"),
    "rust": lambda: source("dynamic.rs", "rustc", "--edition=2021", "-O", "-g"),
    "rust-debug": lambda: built_debug("dynamic.rs", "rustc", "--edition=2021", "-g"),
    "sqlite3": lambda: observed.command_of("sqlite3", text=SQL),
    "sqlite-debug": sqlite_debug,
    "git": git,
    "bash": lambda: observed.command_of("bash", "-c", 'x=(1 2 3); for i in "${x[@]}"; do y+=$((i*2)); done; echo $y'),
    "perl": lambda: observed.command_of("perl", "-e", PERL),
}
LARGE = {
    "python": lambda: observed.command_of("python3.11", "-S", "-c",
                                          "import re, json; print(json.dumps(re.split('a', 'banana')))",
                                          path="/usr/bin/python3.11"),
    "git-status": lambda: observed.git("status"),
    "cc1": observed.cc1,
    "cargo": lambda: observed.cargo("--list"),
}


def source_plain(name, compiler, *options):
    """Without debug information, but with symbols."""
    return observed.compiled(built("indirect-plain-" + re.sub(r"\W", "-", name), [
        compiler, *options, os.path.join(HERE, name)]), "1", "2")


def built_debug(name, compiler, *options):
    return observed.compiled(built("indirect-debug-" + re.sub(r"\W", "-", name), [
        compiler, *options, os.path.join(HERE, name)]), "1", "2")


# ---- What really happened ------------------------------------------------------------------------


def observe(name, command, text):
    """Returns {object: {address of the call: {(object, address) of what it entered}}}."""
    output = os.path.join(FOLDER, f"indirect-{name}.callgrind")
    if os.path.exists(output):
        os.remove(output)
    environment = {**os.environ, "LD_BIND_NOW": "1", "LC_ALL": "C"}
    run(["valgrind", "--tool=callgrind", "--dump-instr=yes", "--compress-strings=no",
         "--compress-pos=no", f"--callgrind-out-file={output}", *command],
        input=text or "", env=environment, timeout=300)
    return read_calls(output) if os.path.exists(output) else {}


def read_calls(path):
    """The format is in valgrind's manual, "Callgrind Format Specification": `calls=` is followed by
    a line of costs that begins with where the call stands."""
    calls = defaultdict(lambda: defaultdict(set))
    here = callee = target = None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("ob="):
                here = line[3:].strip()
            elif line.startswith("cob="):
                callee = line[4:].strip()
            elif line.startswith("fn="):
                callee = None
            elif line.startswith("calls="):
                target = int(line.split()[1], 16)
            elif target is not None and (match := POSITION.match(line)):
                calls[here][int(match.group(1), 16)].add((callee or here, target))
                callee = target = None
    return calls


# ---- What dwell says -----------------------------------------------------------------------------


class Image:
    """A file as dwell reads it: its calls and functions by address; and its bytes."""

    def __init__(self, dwell, path):
        answer = expand_targets(json.loads(run([dwell, "calls", "--json", path]).stdout))
        self.calls = {call["address"]: call for call in answer["calls"]}
        self.names = {function["address"]: function["name"] for function in answer["functions"]}
        self.path, self.chosen = path, None
        with open(path, "rb") as file:
            self.data = file.read()
        table, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", self.data, table + i * size)
                   for i in range(count)]
        self.segments = [(address, offset, length) for kind, _, offset, address, _, length, _, _
                         in headers if kind == 1]

    def resolvers(self):
        """Names of functions that are chosen when the program starts: only the machine it runs on
        decides, perhaps for one that is in no file, such as `time`."""
        if self.chosen is None:
            lines = run(["nm", "-D", "--defined-only", self.path]).stdout.splitlines()
            self.chosen = {line.split()[2].split("@")[0] for line in lines
                           if len(line.split()) == 3 and line.split()[1] == "i"}
        return self.chosen

    def bytes_at(self, address, count):
        for start, offset, length in self.segments:
            if start <= address < start + length:
                return self.data[offset + address - start:][:count]
        return b""


class Images:
    """All that were asked for, each read once."""

    def __init__(self, dwell):
        self.dwell, self.images = dwell, {}

    def __getitem__(self, path):
        path = os.path.realpath(path)
        if path not in self.images:
            self.images[path] = Image(self.dwell, path)
        return self.images[path]


def is_call_instruction(code):
    """Whether the bytes are a call through a register or memory: FF /2 behind prefixes."""
    code = code.lstrip(b"\x3e\x66\xf2")
    if code[:1] and 0x40 <= code[0] <= 0x4f:
        code = code[1:]
    return len(code) >= 2 and code[0] == 0xff and code[1] >> 3 & 7 == 2


def is_among(call, path, target, images):
    """Functions of other files are told by name only: the one that dwell gives them there."""
    where, address = target
    if os.path.realpath(where) == os.path.realpath(path):
        return address in call["to_addresses"]
    image = images[where]
    return image.names.get(address) in call["to"] or not image.resolvers().isdisjoint(call["to"])


def is_beyond(target):
    """The dynamic linker binds and runs what it likes, as if the caller had called it; and the
    kernel's page of system calls is no file."""
    return not os.path.exists(target[0]) or os.path.basename(target[0]).startswith("ld-linux")


def compare(path, calls, images):
    """Returns how many calls of each kind were seen, and what is wrong."""
    seen, wrong = Counter(), []
    image = images[path]
    for address, targets in sorted(calls.items()):
        call = image.calls.get(address)
        if call is None:
            if is_call_instruction(image.bytes_at(address, 8)):
                wrong.append(f"{address:#x}: a call that dwell does not list")
            continue
        if call["kind"] == "direct":
            continue
        seen[call["kind"]] += 1
        for target in sorted(targets):
            if call["kind"] != "unresolved" and not is_beyond(target) and not is_among(
                    call, path, target, images):
                where = images[target[0]]
                name = where.names.get(target[1], "no function's start")
                wrong.append(f"{address:#x} in {call['from'][:80]} ({call['kind']}, "
                             f"{len(call['to'])} targets) entered {target[1]:#x}, {name[:80]}, "
                             f"of {os.path.basename(target[0])}")
    return seen, wrong


# ---- Together ------------------------------------------------------------------------------------


def objects_of(calls, command, is_large):
    program = os.path.realpath(command[0])
    for path in sorted(calls, key=lambda path: os.path.realpath(path) != program):
        name = os.path.basename(path)
        is_program = os.path.realpath(path) == program
        if os.path.exists(path) and not name.startswith(("ld-linux", "vgpreload")) and (
                is_program or is_large or name.startswith(LIBRARIES)):
            yield path


def check(name, make, is_large, images):
    made = make()
    if isinstance(made, str):
        print(f"skipped: {name}: {made}")
        return Counter(skipped=1)
    command, text = made
    calls = observe(name, command, text)
    totals = Counter()
    for path in objects_of(calls, command, is_large):
        seen, wrong = compare(path, calls[path], images)
        print(f"{name + ' ' + os.path.basename(path):34}"
              + "".join(f"{seen[kind]:>14,}" for kind in KINDS))
        for line in wrong[:12]:
            print(f"FAILED: {name}: {os.path.basename(path)}: {line}")
        if len(wrong) > 12:
            print(f"    and {len(wrong) - 12} more")
        totals["failed" if wrong else "passed"] += 1
    if not totals["passed"] + totals["failed"]:
        print(f"FAILED: {name}: valgrind saw nothing")
        totals["failed"] += 1
    return totals


# ---- Shares --------------------------------------------------------------------------------------


def share_subjects():
    for name, options in (("debug", ["-g"]), ("release", ["-O"])):
        hello = built(f"indirect-hello-{name}", [
            "rustc", *options, os.path.join(FOLDER, "hello.rs")])
        yield f"hello, {name}", hello.path
    sysroot = run(["rustc", "--print", "sysroot"]).stdout.strip() if shutil.which("rustc") else ""
    yield "cargo", os.path.join(sysroot, "bin", "cargo")
    for name in ("python3.11", "node", "git", "sqlite3", "bash", "perl"):
        yield name, os.path.join("/usr/bin", name)
    for name, pattern in (("libstdc++", "/lib/*/libstdc++.so.6"),
                          ("clang", "/usr/lib/llvm-14/bin/clang"),
                          ("libLLVM", "/usr/lib/*/libLLVM-14.so.1"),
                          ("librustc_driver", sysroot + "/lib/librustc_driver-*.so")):
        yield name, next(iter(glob.glob(pattern)), None)


def print_shares(dwell):
    """A table in Markdown: of all calls, and of those through pointers, percent by kind."""
    with open(os.path.join(FOLDER, "hello.rs"), "w", encoding="utf-8") as file:
        file.write('fn main() {\n    println!("hello");\n}\n')
    print("| program | calls | direct | " + " | ".join(kind.replace("_", " ") for kind in KINDS) + " |")
    print("|---|" + "---:|" * (len(KINDS) + 2))
    for name, path in share_subjects():
        if not path or not os.path.exists(path):
            print(f"skipped: {name}: not here", file=sys.stderr)
            continue
        finished = run([dwell, "calls", "--json", "--limit", "1", path])
        counts = {row["kind"]: row["calls"] for row in json.loads(finished.stdout)["kinds"]}
        total = sum(counts.values())
        shares = [f"{100 * counts.get(kind, 0) / total:.1f} %" if counts.get(kind) else "–"
                  for kind in ("direct", *KINDS)]
        print(f"| {name} | {total:,} | " + " | ".join(shares) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dwell")
    parser.add_argument("programs", nargs="*")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--shares", action="store_true")
    options = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    if options.shares:
        print_shares(options.dwell)
        return 0
    totals, images = Counter(), Images(options.dwell)
    programs = {**PROGRAMS, **(LARGE if options.large or options.programs else {})}
    if not shutil.which("valgrind"):
        print("skipped: no valgrind")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    print(f"{'calls seen at work':34}" + "".join(f"{kind:>14}" for kind in KINDS))
    for name, make in programs.items():
        if not options.programs or name in options.programs:
            totals += check(name, make, options.large, images)
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
