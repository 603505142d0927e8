#!/usr/bin/env python3
"""observed.py: does every allocation that real programs make agree with what dwell says of them?

    tests/oracle/observed.py DWELL [PROGRAM...]

In: dwell, and names of PROGRAMS below (without any: all). Each runs under observer.c, which keeps
the call stack of each allocation; each image on those stacks is asked about once with `dwell heap`
and `dwell globals` (whose owners tell where functions end). Out: a table with a row for each
program, what is wrong, and as the last line `N passed, N failed, N skipped`. What must hold:

- verdicts: no function on the stack of an allocation is judged `never`
- sites: the call that the innermost frame has made is one of dwell's sites. Else it is "inside" an
  allocator; or the function that it calls has left its frame with a jump to the allocator: "tail"
  if dwell knows that jump as a site, "hidden" if the way goes through a pointer or another image
- calls: each call on a stack is one of `dwell calls`, and if callee and caller are of one image and
  the call is not "unresolved", the callee is a target ("edge") or tail called from one ("by tail")

A function judged `on_panic` may well be there in a run that ends or throws. Proof of it is a call,
its own or further in, of a function that does not come back (exit, a thread's start): one without
a return or a jump out of it; or the making of an exception. Others are shown as "unclear": they may
be preparing a message before they end the program.

Pieces of split functions ("part") have no verdict of their own and are only counted. LD_BIND_NOW
keeps the dynamic loader's own allocations out of whoever calls a function for the first time.
"""

import bisect
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field

from subjects import CPP_EXCEPTIONS, FOLDER, ROOT, Results, built, expand_targets, write

HERE = os.path.dirname(os.path.abspath(__file__))
OBSERVER = "observer.so"
LONGEST_CALL = 8
LOADED, RELRO = 1, 0x6474e552  # program headers
VERDICTS = ("always", "maybe", "unknown", "on_panic", "never", "part")
SITES = ("site", "inside", "tail", "hidden", "no site")
# Of objdump: through a register, through memory, to an address.
JUMP = re.compile(r"\t(?:\w+ )*j\w+ +(?:(\*%)|\*.*# ([0-9a-f]+)|\*|([0-9a-f]+)).*$", re.MULTILINE)
THROWS = ("__cxa_allocate_exception", "__cxa_throw", "_Unwind_RaiseException")
MALLOC_FAMILY = ("malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign")
EDGES = ("edge", "by tail", "elsewhere", "unresolved", "no edge")
MAX_JUMPS = 4  # from tail call to tail call
LARGE_BYTES = 64 << 20  # a file whose calls are too many to be read

PYTHON = """
import collections, json, re, struct, hashlib, datetime, decimal, random
words = collections.Counter(re.findall(r"[a-z]+", "the quick brown fox and the lazy dog" * 20))
text = json.dumps({"words": words, "list": [str(i) for i in range(500)]}, indent=1)
assert json.loads(text)["words"]["the"] > 1
print(hashlib.sha256(text.encode()).hexdigest(), struct.pack("<3q", 1, 2, 3),
      datetime.date(2024, 2, 29), decimal.Decimal(2).sqrt(), sorted(words.items(), key=str)[:2])
try:
    [][1]
except IndexError as error:
    print(error)
"""
SHELL = """
set -e
numbers=(); for i in {1..50}; do numbers+=("$((i * i))"); done
declare -A map; for n in "${numbers[@]}"; do map[$n]=${n//1/one}; done
short() { while read -r x; do echo "${x:0:2}"; done; }
count() { local n; n=$(printf '%s\\n' "$@" | short); echo "$n"; }
count "${numbers[@]}" >/dev/null
case "${map[100]}" in one*) echo yes;; *) echo no;; esac
[[ abc123 =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}" /et?
trap 'echo bye' EXIT
"""
PERL = """
use strict; my %seen; my @list = map { { n => $_, s => "x" x $_ } } 1 .. 200;
$seen{$_->{s} =~ s/xx/y/gr}++ for @list;
my $text = join ",", sort { length $a <=> length $b } keys %seen;
eval { die { code => 3 } }; printf "%d %s %s\\n", length $text, $@->{code}, sprintf "%.3e", 1 / 3;
print join(" ", (sort map { lc } split /\\W+/, "The quick, brown Fox")), "\\n";
"""
SQL = """
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
insert into t select i, printf('text %d', i * 7919 % 500), i / 3.0 from n;
create index i on t(b); create view v as select b, sum(c) s from t group by substr(b, 6, 1);
select * from v order by s desc limit 3;
select json_group_array(a) from t where b like '%1_' and a in (select a from t where c > 10);
update t set b = b || 'x' where a % 3 = 0; delete from t where a % 5 = 0;
begin; insert into t select a + 1000, b, c from t; rollback;
explain query plan select * from t x join t y on x.a = y.c; pragma integrity_check;
select nothing from t;
"""
C_SOURCE = """
struct list { struct list *next; int value; };
static int sum(const struct list *l) { int s = 0; for (; l; l = l->next) s += l->value; return s; }
int f(int n) { struct list a = {0, n}, b = {&a, 2}; switch (n) { case 1: return 3; case 2: return 9;
case 3: return 4; case 4: return 8; case 5: return 1; } return sum(&b) * n; }
double g(double *x, int n) { double s = 0; for (int i = 0; i < n; i++) s += x[i] * x[i]; return s; }
"""
NODE = """
const m = new Map(); for (let i = 0; i < 300; i++) m.set('k' + i, { i, s: 'x'.repeat(i) });
const t = JSON.stringify([...m.values()].filter(v => v.s.match(/x{5,}/)));
console.log(t.length, Buffer.from(t).toString('base64').length, require('zlib').gzipSync(t).length);
try { null.x } catch (e) { console.log(e.message) }
"""


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False,
                          **options)


# ---- The programs -------------------------------------------------------------------------------


def command_of(name, *arguments, text=None, path=None):
    """[command, input], or the reason why there is none."""
    path = path or shutil.which(name)
    return [[path, *arguments], text] if path and os.path.exists(path) else f"no {name}"


def python():
    """The interpreter itself: what the search path has may be a script that starts it."""
    path = shutil.which("python3.11")
    if path:
        path = run([path, "-c", "import sys; print(sys.executable)"]).stdout.strip()
    return command_of("python3.11", write("observed-python.py", PYTHON), path=path)


def git(*arguments):
    folder = os.path.join(FOLDER, "observed-repository")
    if shutil.which("git") and not os.path.exists(os.path.join(folder, ".git", "index")):
        os.makedirs(folder, exist_ok=True)
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
        run(["git", "init", "-q", folder])
        for number in range(3):
            with open(os.path.join(folder, f"file{number}"), "w", encoding="utf-8") as file:
                file.write(f"text {number}\n")
            run(["git", "add", "."], cwd=folder)
            run(["git", *identity, "commit", "-qm", f"commit {number}"], cwd=folder)
    return command_of("git", "--no-pager", "-C", folder, *arguments)


def compiled(subject, *arguments):
    return [[subject.path, *arguments], None] if subject.path else subject.reason


def rust():
    source = os.path.join(ROOT, "examples", "inventory", "src", "main.rs")
    return compiled(built("observed-inventory", ["rustc", "--edition=2021", "-O", source]))


def cc1():
    path = shutil.which("gcc") and run(["gcc", "-print-prog-name=cc1"]).stdout.strip()
    return command_of("cc1", "-quiet", "-O2", write("observed-cc1.c", C_SOURCE), "-o",
                      os.devnull, path=path)


def cargo(*arguments):
    """The program itself: what the search path has may choose a toolchain and start that one's."""
    rustc = shutil.which("rustc")
    sysroot = run([rustc, "--print", "sysroot"]).stdout.strip() if rustc else ""
    return command_of("cargo", *arguments, path=os.path.join(sysroot, "bin", "cargo"))


PROGRAMS = {
    "python": python,
    "python-system": lambda: command_of("python3.11", write("observed-python.py", PYTHON),
                                        path="/usr/bin/python3.11"),
    "git-log": lambda: git("log", "--stat", "-p"),
    "git-status": lambda: git("status"),
    "bash": lambda: command_of("bash", "-c", SHELL),
    "perl": lambda: command_of("perl", "-e", PERL),
    "sqlite3": lambda: command_of("sqlite3", text=SQL),
    "rust": rust,
    "c++": lambda: compiled(built("cpp-exceptions", [
        "g++", "-O2", "-g", write("exceptions.cpp", CPP_EXCEPTIONS)]), *"12345"),
    "cc1": cc1,
    "node": lambda: command_of("node", "-e", NODE),
    "cargo": lambda: cargo("--list"),
}


def built_observer():
    path = os.path.join(FOLDER, OBSERVER)
    finished = run(["gcc", "-std=gnu17", "-O1", "-fPIC", "-shared",
                    os.path.join(HERE, "observer.c"), "-o", path])
    return path if finished.returncode == 0 else None


def observe(name, command, text, observer):
    """Runs a program; returns what its processes have written, a text for each."""
    start = os.path.join(FOLDER, f"observed-{name}.stacks")
    for old in glob.glob(glob.escape(start) + ".*"):
        os.remove(old)
    environment = {**os.environ, "LD_PRELOAD": observer, "DWELL_OBSERVED": start,
                   "LD_BIND_NOW": "1"}
    run(command, input=text or "", env=environment, timeout=60)
    for path in sorted(glob.glob(glob.escape(start) + ".*")):
        with open(path, encoding="utf-8", errors="replace") as file:
            yield file.read()


# ---- What dwell says of an image ----------------------------------------------------------------


@dataclass
class Function:
    address: int
    bytes: int
    name: str
    symbol: str  # or None
    kind: str    # "function" or "plt"
    verdict: str  # "part": a piece of a function
    sites: list = field(default_factory=list)  # addresses


class Image:
    """One file: its bytes by address, and when first asked for, its functions by dwell."""

    def __init__(self, path, dwell):
        self.path, self.name = path, os.path.basename(path)
        with open(path, "rb") as file:
            self.file = file.read()
        self.segments = list(self.read_segments(LOADED))
        self.end = max((address + memory for address, _, _, memory in self.segments), default=0)
        self.dwell, self.functions, self.starts = dwell, None, []
        self.allocators, self.calls, self.slots = set(), None, None
        self.exits = {}  # by function address: see exits_of

    def analyze(self):
        self.functions = list(self.read_functions())
        self.starts = [function.address for function in self.functions]
        if len(self.file) < LARGE_BYTES:
            self.calls = Calls(document(self.dwell, "calls", self.path))

    def read_segments(self, wanted):
        """The program headers: (address, offset, bytes in the file, bytes in memory)."""
        offset, = struct.unpack_from("<Q", self.file, 32)
        size, count = struct.unpack_from("<HH", self.file, 54)
        for i in range(count):
            type_, _, start, address, _, in_file, in_memory = struct.unpack_from(
                "<IIQQQQQ", self.file, offset + i * size)
            if type_ == wanted:
                yield address, start, in_file, in_memory

    def read_functions(self):
        heap = document(self.dwell, "heap", self.path)
        verdicts = {f["address"]: f for f in heap["functions"]}
        sites = sorted(site["address"] for site in heap["sites"] if site["kind"] != "map")
        self.allocators = {site["allocator"] for site in heap["sites"] if site["kind"] != "map"}
        for owner in document(self.dwell, "globals", self.path, "--no-libs")["globals"]:
            if owner["memory"] != "code" or owner["kind"] not in ("function", "plt"):
                continue
            start, size = owner["address"], owner["bytes"]
            known = verdicts.get(start)
            first, last = bisect.bisect_left(sites, start), bisect.bisect_left(sites, start + size)
            yield Function(start, size, known["name"] if known else owner["name"],
                           owner["linkage_name"], owner["kind"],
                           known["allocates"] if known else "part", sites[first:last])

    def function_at(self, address):
        if self.functions is None:
            self.analyze()
        index = bisect.bisect_right(self.starts, address) - 1
        function = self.functions[index] if index >= 0 else None
        return function if function and address < function.address + function.bytes else None

    def bytes_at(self, address, count):
        for start, offset, in_file, _ in self.segments:
            if start <= address and address + count <= start + in_file:
                return self.file[offset + address - start:offset + address - start + count]
        return b""

    def called_at(self, return_address):
        """The callee of the call in front of an address: an address of this image if the call is
        known, a symbol if it goes through the GOT, else None."""
        code = self.bytes_at(return_address - 6, 6)
        if code[1:2] == b"\xe8":
            return return_address + struct.unpack("<i", code[2:])[0]
        if code[:2] == b"\xff\x15":
            return self.in_slot(return_address + struct.unpack("<i", code[2:])[0])
        return None

    def in_slot(self, address):
        """What the dynamic loader puts there: a symbol, an address of this image, or None. In
        writable memory an address may be replaced while the program runs."""
        if self.slots is None:
            self.slots, fixed = {}, [(row[0], row[0] + row[3]) for row in self.read_segments(RELRO)]
            for line in run(["readelf", "-rW", self.path]).stdout.splitlines():
                words = line.split()
                if len(words) > 4 and words[2].endswith(("_GLOB_DAT", "_JUMP_SLOT")):
                    self.slots[int(words[0], 16)] = words[4].split("@")[0]
                elif len(words) == 4 and words[2].endswith("_RELATIVE"):
                    place = int(words[0], 16)
                    if any(start <= place < end for start, end in fixed):
                        self.slots[place] = int(words[3], 16)
        return self.slots.get(address)

    def exits_of(self, function):
        """How control leaves a function but by calls: "return", addresses that it jumps to, what
        a jump through memory is known to lead to, or "", and "*%" for a jump through a register
        (it is taken for a jump table)."""
        if function.address not in self.exits:
            end = function.address + function.bytes
            listing = run(["objdump", "-d", "--no-show-raw-insn",
                           f"--start-address={function.address:#x}", f"--stop-address={end:#x}",
                           self.path]).stdout
            targets = {int(target, 16) if target else slot and self.in_slot(int(slot, 16)) or mode
                       for mode, slot, target in JUMP.findall(listing)}
            inside = {target for target in targets
                      if isinstance(target, int) and function.address <= target < end}
            returns = {"return"} if re.search(r"\t(\w+ )*ret", listing) else set()
            self.exits[function.address] = (targets - inside) | returns
        return self.exits[function.address]


class Calls:
    """The calls of an image by dwell."""

    def __init__(self, document_):
        rows = sorted(expand_targets(document_)["calls"], key=lambda row: row["address"])
        self.addresses = [row["address"] for row in rows]
        self.targets = [row["to"] for row in rows]
        self.own = {function["name"] for function in document_["functions"]}
        self.tails = {}  # from a function to what it tail calls; None: not known
        for row in document_["calls"]:
            if row["is_tail"]:
                known = row["to"] if row["is_complete"] and row["to"] else [None]
                self.tails.setdefault(row["from"], set()).update(known)

    def before(self, return_address):
        """The targets of the call that ends at an address, or None."""
        index = bisect.bisect_left(self.addresses, return_address) - 1
        if index < 0 or self.addresses[index] + LONGEST_CALL < return_address:
            return None
        return self.targets[index]

    def edge_state(self, return_address, callee):
        """One of EDGES; callee: a name, None if it is not one of this image."""
        targets = self.before(return_address)
        if targets is None:
            return "no edge"
        reached = set(targets)
        if not reached:
            return "unresolved"
        if callee is None or callee in reached:
            return "edge" if callee else "elsewhere"
        for _ in range(MAX_JUMPS):
            reached |= {to for name in reached for to in self.tails.get(name, ())}
        if callee in reached:
            return "by tail"
        return "unresolved" if None in reached else (
            "no edge" if reached <= self.own else "elsewhere")


def document(dwell, command, path, *options):
    finished = run([dwell, command, "--json", *options, path])
    if finished.returncode:
        raise RuntimeError(f"dwell {command} {path}: {finished.stderr.strip()[-500:]}")
    return json.loads(finished.stdout)


class Images:
    """All images that were met, each analyzed once."""

    def __init__(self, dwell):
        self.dwell, self.known = dwell, {}

    def get(self, path):
        path = os.path.realpath(path)
        if path not in self.known:
            is_file = os.path.isfile(path) and os.path.basename(path) != OBSERVER
            self.known[path] = Image(path, self.dwell) if is_file else None
        return self.known[path]


# ---- Stacks -------------------------------------------------------------------------------------


@dataclass
class Frame:
    image: Image
    function: Function  # or None
    return_address: int  # in the image

    def __str__(self):
        name = self.function.name if self.function else "no function"
        return f"{name} ({self.image.name} {self.return_address:#x})"


def read_stacks(text, images):
    """Yields lists of frames, innermost first, without the observer's own; the rest of a stack
    behind a frame outside of all images (code made at run time) is left out."""
    placed, known = [], {}
    for line in text.splitlines():
        kind, *words = line.split(" ", 2) if line.startswith("image") else line.split()
        if kind == "image":
            image = images.get(words[1])
            placed.append((int(words[0], 16), image, os.path.basename(words[1])))
            placed.sort(key=lambda row: row[0])
        elif kind == "stack":
            yield list(frames_of([int(word, 16) for word in words], placed, known))


def frames_of(addresses, placed, known):
    is_inside = False
    for address in addresses:
        if address not in known:
            known[address] = frame_at(address, placed)
        frame = known[address]
        if frame == OBSERVER and not is_inside:
            continue
        is_inside = True
        if not isinstance(frame, Frame):
            return
        yield frame


def frame_at(address, placed):
    """The frame of a return address, OBSERVER in that image, None outside of all."""
    index = bisect.bisect_right(placed, address - 1, key=lambda row: row[0]) - 1
    base, image, name = placed[index] if index >= 0 else (0, None, "")
    if name == OBSERVER:
        return OBSERVER
    if image is None or address - base > image.end:
        return None
    return Frame(image, image.function_at(address - 1 - base), address - base)


def site_state(frame):
    """How the innermost frame has come to the allocator: one of SITES."""
    function, end = frame.function, frame.return_address
    if function is None:
        return "no site"
    if any(site < end <= site + LONGEST_CALL for site in function.sites):
        return "site"
    if function.name in frame.image.allocators:
        return "inside"
    return tail_state(frame.image, frame.image.called_at(end), MAX_JUMPS)


def tail_state(image, target, jumps_left):
    """What a call without a site comes to: "tail", "hidden" or "no site"."""
    callee = image.function_at(target) if isinstance(target, int) else None
    if target is None or isinstance(target, str) or callee is None or callee.kind == "plt":
        symbol = callee.symbol if callee else target
        return "no site" if symbol in MALLOC_FAMILY else "hidden"
    if any(is_jump(image, site) for site in callee.sites):
        return "tail"
    if jumps_left == 0 or callee.name in image.allocators:
        return "no site"
    states = {tail_state(image, exit_, jumps_left - 1)
              for exit_ in image.exits_of(callee) if exit_ != "return"}
    return next((state for state in ("tail", "hidden") if state in states), "no site")


def is_jump(image, address):
    code = image.bytes_at(address, 4)
    code = code[1:] if code[:1] == b"\xf2" else code  # bnd
    if code[:1] in (b"\xff", b"\x0f"):
        return code[1] >> 3 & 7 == 4 if code[0] == 0xff else code[1] >> 4 == 8
    return code[:1] in (b"\xe9", b"\xeb") or b"\x70" <= code[:1] <= b"\x7f"


def comes_back(frame):
    """Whether the function may return; one that was split may do so in its other part."""
    if frame.function and frame.function.name in THROWS:
        return False
    return frame.function is None or bool(frame.image.exits_of(frame.function) - {"*%"})


# ---- Comparing ----------------------------------------------------------------------------------


class Findings:
    """What the stacks of one program tell."""

    def __init__(self):
        self.stacks = self.frames = 0
        self.verdicts = {}  # (image name, function address): verdict
        self.sites = {}     # (image name, return address): state, frame
        self.edges = {}     # (image name, return address, callee): state, text
        self.unclear = {}   # the same: what happened in it, although it is judged on_panic
        self.wrong = {}     # (image name, function address): what is wrong with the verdict

    def add(self, stack):
        self.stacks += 1
        self.frames += len(stack)
        if stack:
            key = stack[0].image.name, stack[0].return_address
            if key not in self.sites:
                self.sites[key] = site_state(stack[0]), stack[0]
        for i, frame in enumerate(stack):
            if frame.function:
                self.add_verdict(frame, stack[:i])
                self.add_edge(frame, stack[i - 1] if i else None)
            else:
                self.wrong.setdefault((frame.image.name, frame.return_address),
                                      f"no function there: {told(frame, stack[:i])}")

    def add_edge(self, frame, callee):
        is_own = callee and callee.image is frame.image and callee.function
        name = re.sub(r"\.cold$", "", callee.function.name) if is_own else None
        if is_own and callee.function.verdict == "part" and name == callee.function.name:
            name = None
        key = frame.image.name, frame.return_address, name
        if frame.image.calls and key not in self.edges:
            self.edges[key] = (frame.image.calls.edge_state(frame.return_address, name),
                               f"{frame} -> {callee}")

    def add_verdict(self, frame, below):
        key, verdict = (frame.image.name, frame.function.address), frame.function.verdict
        self.verdicts[key] = verdict
        if verdict == "never":
            self.wrong.setdefault(key, f"never: {told(frame, below)}")
        elif verdict == "on_panic" and all(map(comes_back, [frame, *below])):
            self.unclear.setdefault(key, told(frame, below))


def told(frame, below):
    """A frame and what it had called, up to three."""
    return " -> ".join(str(each) for each in [frame, *reversed(below[-3:])])


def check(title, findings, table):
    table.add(title, sorted(findings.wrong.values()))
    table.add(title, [f"no site: {frame}" for state, frame in findings.sites.values()
                      if state == "no site"])
    table.add(title, [f"no edge: {text}" for state, text in findings.edges.values()
                      if state == "no edge"])
    for text in sorted(findings.unclear.values()):
        print(f"unclear: {title}: on_panic: {text}")
    edges = Counter(state for state, _ in findings.edges.values())
    verdicts = Counter(findings.verdicts.values())
    states = Counter(state for state, _ in findings.sites.values())
    table.rows.append((title, findings.stacks, findings.frames,
                       *(verdicts[name] for name in VERDICTS), len(findings.unclear),
                       *(states[name] for name in SITES),
                       *(edges[name] for name in EDGES)))


class Table(Results):
    """What came out, a row for each program."""

    def add(self, title, wrong):
        self.count(title, wrong, shown=20)

    def print(self):
        columns = ("stacks", "frames", *VERDICTS, "unclear", *SITES, *EDGES)
        print(f"{'':14}" + "".join(f"{column:>11}" for column in columns))
        for title, *cells in self.rows:
            print(f"{title:14}" + "".join(f"{cell:>11,}" for cell in cells))
        self.print_sum()


def check_program(name, images, observer, table):
    command = PROGRAMS[name]()
    if isinstance(command, str):
        table.skip(name, command)
        return
    findings = Findings()
    try:
        for text in observe(name, *command, observer):
            for stack in read_stacks(text, images):
                findings.add(stack)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        table.add(name, [str(error)])
        return
    if findings.stacks:
        check(name, findings, table)
    else:
        table.add(name, ["no allocation was observed"])


def main():
    dwell, *names = sys.argv[1:]
    os.makedirs(FOLDER, exist_ok=True)
    table, images = Table(), Images(dwell)
    observer = shutil.which("gcc") and built_observer()
    for name in names or PROGRAMS:
        if observer:
            check_program(name, images, observer, table)
        else:
            table.skip(name, "no gcc, or it cannot build observer.c")
    table.print()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
