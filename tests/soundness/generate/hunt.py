#!/usr/bin/env python3
"""hunt.py: programs made at random, and each promise that dwell makes of them held against a run.

    tests/soundness/generate/hunt.py DWELL [--seconds N] [--seed N] [--builds N]

In: dwell; compilers. Out: a line for each promise that a run broke, with the seed and the command
that built the program (kept in the folder of --keep), and at the end what was counted; exit status 1
if anything broke. The same seed makes the same program and the same builds.

What is held against the run, of each subject: `never` (nothing is counted), `on_panic` (nothing on
a call that returned, unless something was thrown), `always` (something on each call that returned),
the bound (calls that returned took no more). Not yet: C++, constant sizes, targets of calls,
shrinking.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from generate import emitter, model
from generate.parts import calls, numbers, stores  # noqa: F401 (they register themselves)

HERE = os.path.dirname(os.path.abspath(__file__))
SUBJECTS = 2  # the parts of one may clash, and then the program is not built
SLACK_BYTES = 200  # what leaves may write below the stack, and the function that calls the subject
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
MODELS = (
    "-fPIE -pie", "-fno-pie -no-pie", "-fPIE -pie -mcmodel=large",
    "-fno-pie -no-pie -mcmodel=large", "-fPIE -pie -fcf-protection=full",
    "-fno-pie -no-pie -flto", "-fPIE -pie -fno-plt", "-fno-pie -static",
    "-fno-pie -no-pie -ffunction-sections -Wl,--gc-sections", "-fPIE -pie -fstack-protector-all",
)


def is_broken(verdict, event, run):
    """Whether a run (how it ended, what was counted, depth, throws) breaks a verdict."""
    count, has_returned = run[event], run["end"] == "returned"
    if verdict == "never":
        return count > 0
    if verdict == "on_panic":
        return has_returned and count > 0 and not run["raised"]
    return verdict == "always" and has_returned and not count


def runs_of(output):
    """What the driver printed, by subject."""
    runs, name = collections.defaultdict(list), None
    for words in map(str.split, output.splitlines()):
        if words[:1] == ["run"]:
            name = words[1].removeprefix("drive_")
        elif words[:1] == ["end"] and name:
            numbers = dict(zip(("allocates", "frees", "depth", "raised"), map(int, words[2:6])))
            runs[name].append({"end": words[1], **numbers})
    return runs


class Hunt:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.counts = collections.Counter()
        self.driver = {}

    def answer(self, command, path):
        finished = subprocess.run([self.options.dwell, command, "--json", "--all", "--no-cache",
                                   path], capture_output=True, check=True, timeout=60)
        return {row["name"]: row for row in json.loads(finished.stdout)["functions"]}

    def driver_for(self, is_pie):
        if is_pie not in self.driver:
            path = os.path.join(self.folder, f"driver-{is_pie}.o")
            subprocess.run(["gcc", "-O2", "-fPIE" if is_pie else "-fno-pie", "-c", "-o", path,
                            os.path.join(HERE, "driver.c")], check=True)
            self.driver[is_pie] = path
        return self.driver[is_pie]

    def build(self, path, features, rng):
        """Builds the program with options that are chosen at random; returns the command, or None."""
        compilers = [name for name in ("gcc", "clang") if shutil.which(name) and
                     (name == "gcc" or "gcc" not in features)]
        options = rng.choice(MODELS)
        command = [rng.choice(compilers), rng.choice(LEVELS), *options.split(),
                   *rng.choice(([], ["-g"])), "-w", "-Wl,-z,now", "-I" + HERE, "-o", path,
                   path + ".c", self.driver_for("-fPIE" in options), "-lpthread"]
        finished = subprocess.run(command, capture_output=True, check=False)
        self.counts["not built" if finished.returncode else "builds"] += 1
        return None if finished.returncode else command

    def check(self, path, report):
        try:
            finished = subprocess.run([path], capture_output=True, timeout=20, check=False)
        except subprocess.TimeoutExpired:
            self.counts["did not end"] += 1
            return
        self.counts["crashed"] += finished.returncode != 0
        heap, stack = self.answer("heap", path), self.answer("stack", path)
        for name, runs in runs_of(finished.stdout.decode(errors="replace")).items():
            if name in heap:
                self.check_subject(heap[name], stack[name]["bound_bytes"], runs, report)

    def check_subject(self, heap, bound, runs, report):
        for event in ("allocates", "frees"):
            self.counts["promises"] += heap[event] in ("never", "on_panic", "always")
            broken = [run for run in runs if is_broken(heap[event], event, run)]
            if broken:
                report(f"{heap['name']} {event} {heap[event]}", broken[0])
        if bound is None:
            return
        self.counts["promises"] += 1
        deeper = [run for run in runs if run["end"] == "returned" and not run["raised"] and
                  run["depth"] > bound + SLACK_BYTES]
        if deeper:
            report(f"{heap['name']} bound {bound}", deeper[0])

    def hunt(self, seed):
        program, rng = model.make(seed, SUBJECTS, ("c",))
        path = os.path.join(self.folder, "program")
        text, features = emitter.emit(program)
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(text)
        self.counts["programs"] += 1
        for _ in range(self.options.builds):
            command = self.build(path, features, rng)

            def report(promise, run, command=command):
                self.counts["broken"] += 1
                print(f"BROKEN: seed {seed}: {promise}: {run}\n    {' '.join(command)}", flush=True)
                if self.options.keep:
                    shutil.copy(path + ".c", os.path.join(self.options.keep, f"{seed}.c"))

            if command:
                self.check(path, report)


def main():
    parser = argparse.ArgumentParser(description="holds promises against random programs")
    parser.add_argument("dwell")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--builds", type=int, default=3, help="of each program")
    parser.add_argument("--keep", help="folder for programs that broke a promise")
    options = parser.parse_args()
    options.dwell = os.path.abspath(options.dwell)
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        hunt = Hunt(options, folder)
        seed = options.seed
        while time.monotonic() < end:
            hunt.hunt(seed)
            seed += 1
    print(", ".join(f"{count} {what}" for what, count in sorted(hunt.counts.items())))
    return 1 if hunt.counts["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
