"""promises.py: what dwell promises of a program, and what of it a run breaks.

In: dwell's answers about a file (Answers), and what the file printed when it ran (Run; the lines are
described in driver.c and stepper.h). Out: a Broken for each promise that does not hold, and how many
promises were held against the run. Of each function that was called:

    allocates, frees    never: no call did; on_panic: none that returned and saw nothing thrown;
                        always: each of those did
    bound               of the stack, of calls that returned; bound_with_panic of all
    frame               what the function takes itself
    call                what a call or jump enters is one of its targets, if these are complete; all
                        calls and jumps to functions are listed
    bytes               what a site asks for, if it is constant; each call of an allocator is a site

Only the program's own functions count, not those of a library that was linked in; but all are held
against the run.
"""

import bisect
import collections
import json
import os
import re
import subprocess

DRIVER_NAMES = ("malloc", "calloc", "realloc", "free", "aligned_alloc", "memalign", "posix_memalign",
                "valloc", "pvalloc", "malloc_usable_size", "take", "add_row", "hunt_leave",
                "hunt_allow_code", "hunt_create_thread", "__wrap_pthread_create", "stepper_pause", "stepper_resume",
                "set_trap_flag", "clear_trap_flag")

ALLOCATOR = re.compile(r"operator new|__rustc::__r(dl|ust)_")

Broken = collections.namedtuple("Broken", "promise function detail")
FIELDS = ("first last calls allocates frees depth frame normal_calls normal_allocates normal_frees "
          "normal_depth least_allocates least_frees").split()


class Run:
    """What a program printed; addresses as in the file."""

    def __init__(self, output):
        self.functions, self.transfers, self.allocations, self.is_done = {}, set(), set(), False
        self.runs, name, base = [], None, 0
        for words in map(str.split, output.splitlines()):
            kind = words[0] if words else ""
            if kind == "moved":
                base = int(words[1], 16)
            elif kind == "run":
                name = words[1]
            elif kind == "end":
                self.runs.append((name, words[1], *map(int, words[2:])))
            elif kind == "allocate":
                self.allocations.add((int(words[2], 16) - base, int(words[1])))
            elif kind == "function":
                values = [int(word, 16) - base for word in words[1:4]] + list(map(int, words[4:]))
                self.functions[values[0]] = dict(zip(FIELDS, values[1:]))
            elif kind in ("call", "jump"):
                self.transfers.add((int(words[1], 16) - base, int(words[2], 16) - base))
            elif kind == "done":
                self.is_done = True


class Answers:
    """What dwell says of a file. `names`, by address, are those of a file that has none."""

    def __init__(self, dwell, path, cache, names):
        self.dwell, self.path, self.names = dwell, path, names
        self.environment = dict(os.environ, XDG_CACHE_HOME=cache)
        heap, calls = self.ask("heap"), self.ask("calls")
        self.heap = {row["address"]: row for row in heap["functions"]}
        self.stack = {row["address"]: row for row in self.ask("stack")["functions"]}
        self.sites = {row["address"]: row for row in heap["sites"]}
        self.calls = collections.defaultdict(list)
        lists = {row["list"]: row for row in calls["target_lists"]}
        for row in calls["calls"]:
            targets = lists[row["to_list"]] if row["to_list"] is not None else row
            self.calls[row["address"]].append((row, targets["to_addresses"] or []))
        self.starts = sorted(self.heap)

    def ask(self, command):
        finished = subprocess.run([self.dwell, command, "--json", "--all", self.path],
                                  capture_output=True, check=True, timeout=120, env=self.environment)
        answer = json.loads(finished.stdout)
        for row in answer["functions"] if self.names else ():
            row["name"] = self.names.get(row["address"], row["name"])
        return answer

    def start_of(self, address):
        """Of the function that an address is in."""
        at = bisect.bisect_right(self.starts, address)
        return self.starts[at - 1] if at else None


class Check:
    """Holds the answers against a run. `own` tells whether a function's promises count."""

    def __init__(self, answers, run, own):
        self.answers, self.run, self.own = answers, run, own
        self.broken, self.count = [], collections.Counter()
        for address, seen in run.functions.items():
            if address in answers.heap:
                self.verdicts(answers.heap[address], seen)
                self.stack(answers.stack[address], seen)
        for site, target in run.transfers:
            self.transfer(site, target)
        for site, size in run.allocations:
            self.allocation(site, size)

    def hold(self, promise, row, holds, detail):
        self.count[promise.split()[0]] += self.own(row["name"])
        if not holds:
            self.broken.append(Broken(promise, row["name"], detail))

    def verdicts(self, row, seen):
        if row["name"] in DRIVER_NAMES:
            return
        for event in ("allocates", "frees"):
            verdict, normal = row[event], seen["normal_calls"] > 0
            if verdict == "never":
                self.hold(f"{event} never", row, not seen[event], seen)
            elif verdict == "on_panic":
                self.hold(f"{event} on_panic", row, not (normal and seen["normal_" + event]), seen)
            elif verdict == "always" and normal:
                self.hold(f"{event} always", row, seen["least_" + event], seen)

    def stack(self, row, seen):
        bound, panic_bound = row["bound_bytes"], row["bound_with_panic_bytes"]
        if bound is not None and seen["normal_calls"]:
            self.hold("bound", row, seen["normal_depth"] <= bound, (bound, seen))
        if panic_bound is not None:
            self.hold("bound with panic", row, seen["depth"] <= panic_bound, (panic_bound, seen))
        starts = {self.answers.start_of(seen[key]) for key in ("first", "last")}
        if row["frame"] == "fixed" and starts == {row["address"]}:
            self.hold("frame", row, seen["frame"] <= row["frame_bytes"], (row["frame_bytes"], seen))

    def transfer(self, site, target):
        caller = self.answers.heap.get(self.answers.start_of(site))
        rows = self.answers.calls.get(site, [])
        if not caller or target not in self.answers.heap:
            return
        detail = f"{site:x} -> {target:x}"
        is_stub = caller["name"] == "_init"  # what follows it has no symbols
        if not rows and target != caller["address"] and not is_stub:
            self.hold("call not listed", caller, False, detail)
        # Where one function falls off into another that begins with a jump, there are two.
        if rows and all(row["is_complete"] for row, _ in rows):
            self.hold("call", caller, any(target in targets for _, targets in rows), detail)

    def allocation(self, site, size):
        row = self.answers.sites.get(site)
        caller = self.answers.heap.get(self.answers.start_of(site))
        if not caller or caller["name"] in DRIVER_NAMES or ALLOCATOR.match(caller["name"]):
            return  # in an allocator, no site is one of its own
        rows = self.answers.calls.get(site, [])
        if not row and len(rows) == 1 and rows[0][0]["is_complete"] and len(rows[0][1]) == 1:
            self.hold("bytes: site not listed", caller, False, f"{site:x}")
        elif not row:
            return  # a call that may be any of several
        elif row["bytes"] is not None and row["count"] is None:
            self.hold("bytes", caller, row["bytes"] == size, (f"{site:x}", row["bytes"], size))
