#!/usr/bin/env python3
"""hunt.py: programs made at random, and each promise that dwell makes of them held against a run.

    tests/soundness/generate/hunt.py DWELL [--seconds N | --programs N] [--seed N] [--builds N]
                                     [--jobs N] [--keep DIR] [--replay FILE]...

In: dwell; compilers. Out: a line for each promise that runs broke, with the seed and the command
that built the program; and at the end what was counted; exit status 1 if anything broke. What broke
is made smaller (shrink.py) and kept in DIR: its model and its source. The same seed makes the same
program and the same builds. --replay runs kept models again.

What is held against the run: promises.py. How it is built: build.py; how it runs: driver.c, stepper.c.
The programs: model.py, emitter.py, parts/; rust.py.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from generate import build, model, rust, shrink
from generate.build import Builder
from generate.promises import Answers, Check, Run
from generate.parts import calls, controls, numbers, objects, stores  # noqa: F401 (they register themselves)

SUBJECTS = 12
AGAIN = 3  # runs that what broke must break, too


def program_from(data):
    return rust.Program(data["subjects"]) if data["language"] == "rust" else model.Program.from_json(data)


class Hunt:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.builder = Builder(folder)
        self.counts = collections.Counter()

    def say(self, *words):
        if self.options.verbose:
            print(*words, flush=True)

    def check(self, program, command, counts):
        """Builds, runs; returns what is broken, or None if there was nothing to check."""
        path = os.path.join(self.folder, "program")
        built = self.builder.build(command, program, path)
        if not built:
            counts["not built"] += 1
            self.say(" ".join(command), self.builder.errors[:2000])
            return None
        counts["builds"] += 1
        names = set(re.findall(r"\b(\w+)\(", build.source(program)[0]))
        answers = Answers(self.options.dwell, built[0], os.path.join(self.folder, "cache"), built[1])

        def is_own(name):
            return re.split(r"[.( <]", name)[0].split("::")[-1] in names

        check = self.measure(path, answers, is_own, command, counts)
        if not check:
            return None
        counts["promises"] += sum(check.count.values())
        for promise, count in check.count.items():
            counts["promises: " + promise] += count
        # A thread may get in the way of the stepper: what is true of the program is so again.
        for _ in range(AGAIN if check.broken else 0):
            again = self.measure(path, answers, is_own, command, collections.Counter())
            if again and not again.broken:
                counts["unsteady"] += 1
                print(f"UNSTEADY: {check.broken[0]}\n    {' '.join(command)}", flush=True)
                return []
        return check.broken

    def measure(self, path, answers, is_own, command, counts):
        """Runs a program once and holds the answers against it; None if it did not come to its end."""
        try:
            status, output = build.run(path)
        except subprocess.TimeoutExpired:
            counts["did not end"] += 1
            return None
        run = Run(output)
        if not run.is_done:
            counts["crashed"] += 1
            self.say("crashed:", status, run.runs[-1:], " ".join(command))
            return None
        counts["runs"] += len(run.runs)
        counts["runs not followed"] += sum(1 for one in run.runs if not one[-1])
        return Check(answers, run, is_own)

    def hunt(self, seed):
        language = random.Random(seed).choice(self.options.languages.split(","))
        if language == "rust":
            program, rng = rust.make(seed, SUBJECTS)
        else:
            program, rng = model.make(seed, SUBJECTS, [language])
        self.counts["programs"] += 1
        for _ in range(self.options.builds):
            command = self.builder.command(rng, program)
            broken = command and self.check(program, command, self.counts)
            if broken:
                self.report(f"seed {seed}", program, command, broken)
                return

    def report(self, title, program, command, broken):
        self.counts["broken"] += len(broken)
        for one in broken[:6]:
            print(f"BROKEN: {title}: {one.function}: {one.promise}: {one.detail}\n"
                  f"    {' '.join(command)}", flush=True)
        if self.options.keep:
            self.keep(program, command, broken[0].promise)

    def keep(self, program, command, promise):
        def is_broken(candidate):
            found = self.check(candidate, command, collections.Counter()) or ()
            return any(one.promise == promise for one in found)

        smaller = program.shrunk(is_broken) if program.language == "rust" else shrink.shrink(
            program, is_broken)
        name = f"{promise.replace(' ', '-')}-{zlib.crc32(smaller.to_json().encode()):08x}"
        path = os.path.join(self.options.keep, name)
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump({"promise": promise, "command": command,
                       "program": json.loads(smaller.to_json())}, file, indent=1)
        with open(f"{path}.{program.language}".replace(".rust", ".rs"), "w",
                  encoding="utf-8") as file:
            file.write(build.source(smaller)[0])
        print(f"    kept as {path}", flush=True)

    def replay(self, path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        program = program_from(kept["program"])
        if not shutil.which(kept["command"][0]):
            return
        broken = self.check(program, kept["command"], self.counts)
        if broken:
            self.report(os.path.basename(path), program, kept["command"], broken)


def work(options, worker, end):
    """What one process does: each jobs-th program."""
    with tempfile.TemporaryDirectory() as folder:
        hunt = Hunt(options, folder)
        for path in options.replay[worker::options.jobs]:
            hunt.replay(path)
        number = worker
        while not options.replay and time.monotonic() < end and number < options.programs:
            hunt.hunt(options.seed + number)
            number += options.jobs
        return hunt.counts


def main():
    parser = argparse.ArgumentParser(description="holds promises against random programs")
    parser.add_argument("dwell")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--programs", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--builds", type=int, default=2, help="of each program")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--languages", default="c,c,c,c,cpp,cpp,cpp,rust")
    parser.add_argument("--keep", help="folder for programs that broke a promise")
    parser.add_argument("--replay", nargs="*", default=[], help="kept programs, instead of new ones")
    parser.add_argument("--verbose", action="store_true", help="say what could not be built or run")
    options = parser.parse_args()
    options.dwell = os.path.abspath(options.dwell)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    end = time.monotonic() + options.seconds
    counts = collections.Counter()
    with multiprocessing.Pool(options.jobs) as pool:
        for one in pool.starmap(work, [(options, i, end) for i in range(options.jobs)], 1):
            counts.update(one)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if counts["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
