#!/usr/bin/env python3
"""lines.py: does every allocation of a run come from a line that dwell lists, in debug and in release?

    tests/oracle/lines.py DWELL [PROGRAM...]

In: dwell, and programs of tests/programs (without any: PROGRAMS below). Each is built with debug
information, without and with optimization, and runs under observer.c, which keeps the call stack of
each allocation. addr2line unfolds each frame of the program into what was inlined there; the first
frame of the source itself, from the allocation outward, is the own line. Out: lines that allocated
and are not in `dwell heap --json`, and as the last line `N passed, N failed, N skipped`. A line
that only panics get to counts as listed for programs that throw.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leave the source tree as it is
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from harness.checks import check, finish, skip

PROGRAMS = ("l1_lines.cpp", "l2_lines.rs", "l3_lines.c", "h10_containers.cpp", "h11_audio.cpp", "h11_audio.rs",
            "h13_caught.cpp", "h14_types.cpp", "h14_types.rs", "h16_constants.c", "h17_amounts.c", "h19_streams.c",
            "h1_boxes.rs", "h1_sizes.c", "h1_sizes.cpp", "h1_sizes.rs", "h4_room.rs", "h5_push.rs", "s10_iteration.rs",
            "c4_classes.cpp", "c3_traits.rs", "s8_dyn_trait.rs")
THROWS = ("h13_caught.cpp", "h10_containers.cpp")
NO_TAILS = "-fno-optimize-sibling-calls"  # a tail call leaves no frame to be seen
COMPILERS = {
    ".c": (["gcc", "-O0", "-g"], ["gcc", "-O2", "-g", NO_TAILS], ["clang", "-O2", "-g", NO_TAILS]),
    ".cpp": (["g++", "-O0", "-g"], ["g++", "-O2", "-g", NO_TAILS], ["clang++", "-O2", "-g", NO_TAILS]),
    ".rs": (["rustc", "--edition", "2021", "-Cdebuginfo=2"],
            ["rustc", "--edition", "2021", "-Cdebuginfo=2", "-O"]),
}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


def stacks_of(program, observer, folder):
    """Return addresses in the program, as in its file, of each allocation's stack, innermost first."""
    start = os.path.join(folder, "observed")
    run([program], env=dict(os.environ, LD_PRELOAD=observer, DWELL_OBSERVED=start, LD_BIND_NOW="1"))
    stacks = []
    for path in glob.glob(start + ".*"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
        images = sorted((int(words[1], 16), " ".join(words[2:])) for words in map(str.split, text.splitlines())
                        if words[0] == "image")
        stacks += [addresses_in(program, images, map(lambda word: int(word, 16), line.split()[1:]))
                   for line in text.splitlines() if line.startswith("stack")]
    return stacks


def addresses_in(program, images, addresses):
    found = []
    for address in addresses:
        below = [image for image in images if image[0] <= address]
        if below and os.path.realpath(below[-1][1] or program) == os.path.realpath(program):
            found.append(address - below[-1][0])
    return found


def frames_of(program, addresses):
    """For each return address the file and line of what was inlined around the call, innermost first."""
    wanted = sorted({address - 1 for stack in addresses for address in stack})
    listed = run(["addr2line", "-a", "-i", "-e", program], input="\n".join(map(hex, wanted)))
    frames, address = {}, None
    for line in listed.stdout.splitlines():
        if re.fullmatch(r"0x[0-9a-f]+", line):
            address = int(line, 16) + 1
            frames[address] = []
        else:
            file, _, number = line.split(" ")[0].rpartition(":")
            frames[address].append((os.path.basename(file), int(number) if number.isdigit() else 0))
    return frames


def own_line(stack, frames, source):
    for address in stack:
        for file, line in frames.get(address, ()):
            if file == source and line:
                return line
    return None


def check_build(dwell, source, command, observer, folder, confirmed):
    program = os.path.join(folder, "program")
    name = os.path.basename(source)
    built = run([*command, "-o", program, source])
    title = f"{name}: {' '.join(command)}"
    if built.returncode:
        skip(f"{title}: {built.stderr.strip().splitlines()[-1] if built.stderr else 'not built'}")
        return
    stacks = stacks_of(program, observer, folder)
    frames = frames_of(program, stacks)
    answer = json.loads(run([dwell, "heap", "--json", program]).stdout)
    rows = [row for row in answer["lines"] if os.path.basename(row["file"] or "") == name
            and row["kind"] != "free"]
    known = {row["line"] for row in rows if row["line"] and (name in THROWS or not row["on_panic"])}
    seen = {line for line in (own_line(stack, frames, name) for stack in stacks) if line}
    confirmed.update((title, line) for line in seen & known)
    check(title, seen <= known, f"allocated at {sorted(seen - known)}, which are not among {sorted(known)}")
    for row in rows:
        if row["bytes"] is not None and row["at_most_bytes"] != row["bytes"]:
            check(f"{title}: line {row['line']}", False, "at most is not what is said to be known")


def main():
    dwell = os.path.abspath(sys.argv[1])
    if not shutil.which("addr2line") or not shutil.which("gcc"):
        skip("no addr2line or no gcc")
        return finish()
    confirmed = set()
    with tempfile.TemporaryDirectory() as folder:
        observer = os.path.join(folder, "observer.so")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", observer, os.path.join(HERE, "observer.c"), "-ldl"],
                       check=True)
        for name in sys.argv[2:] or PROGRAMS:
            source = os.path.join(ROOT, "tests", "programs", name)
            for command in COMPILERS[os.path.splitext(name)[1]]:
                if not shutil.which(command[0]):
                    skip(f"{name}: no {command[0]}")
                    continue
                check_build(dwell, source, command, observer, folder, confirmed)
    print(f"{len(confirmed)} lines allocated and are listed")
    check("the programs allocate", len(confirmed) > len(sys.argv[2:] or PROGRAMS))
    return finish()


if __name__ == "__main__":
    sys.exit(main())
