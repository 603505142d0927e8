#!/usr/bin/env python3
"""hunt.py: programs made at random, and each promise that dwell makes of them held against a run.

    tests/soundness/generate/hunt.py DWELL [--seconds N | --programs N] [--seed N] [--builds N]
                                     [--jobs N] [--keep DIR] [--replay FILE]...

In: dwell; compilers. Out: a line for each promise that a run broke, with the seed and the command
that built the program; and at the end what was counted; exit status 1 if anything broke. What broke
is made smaller (shrink.py) and kept in DIR: its model and its source. The same seed makes the same
program and the same builds. --replay runs kept models again.

What is held against the run: promises.py. How it runs: driver.c, stepper.c. The programs: model.py,
emitter.py, parts/.
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

from generate import emitter, model, shrink
from generate.promises import Answers, Check, Run
from generate.parts import calls, controls, numbers, objects, stores  # noqa: F401 (they register themselves)

HERE = os.path.dirname(os.path.abspath(__file__))
SUBJECTS = 12
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
MODELS = (
    "-fPIE -pie", "-fPIE -pie", "-fno-pie -no-pie", "-fno-pie -no-pie",
    "-fPIE -pie -mcmodel=large", "-fno-pie -no-pie -mcmodel=large",
    "-fPIE -pie -mcmodel=medium", "-fno-pie -no-pie -mcmodel=medium",
    "-fno-pie -static", "-fPIE -static-pie",
)
OPTIONS = ("", "", "", "-flto", "-fno-plt", "-fcf-protection=full", "-fstack-protector-all",
           "-ffunction-sections -Wl,--gc-sections", "-fuse-ld=gold -Wl,--icf=all",
           "-fomit-frame-pointer -mtune=generic", "-fno-omit-frame-pointer", "-march=native",
           "-fno-jump-tables", "-fno-stack-clash-protection", "-fstack-clash-protection",
           "-fno-optimize-sibling-calls", "-fno-inline", "-finline-limit=10000")
COMPILERS = {"c": ("gcc", "clang"), "cpp": ("g++", "clang++")}


def has_option(compiler, option):
    return not (compiler.startswith("clang") and option in ("-finline-limit=10000", "-flto"))


class Builder:
    """Builds programs with options chosen at random."""

    def __init__(self, folder):
        self.folder, self.objects = folder, {}
        self.has_gold = bool(shutil.which("ld.gold"))

    def command(self, rng, language, features):
        """The compiler and its options."""
        names = [name for name in COMPILERS[language] if shutil.which(name) and
                 not (name.startswith("clang") and "gcc" in features)]
        compiler, option = rng.choice(names), rng.choice(OPTIONS)
        if not has_option(compiler, option) or ("gold" in option and not self.has_gold):
            option = ""
        if "asm" in features and "-flto" in option:
            option = ""
        model_options = rng.choice(MODELS)
        if "-static" in model_options and "dynamic" in features:
            model_options = MODELS[0]
        return [compiler, rng.choice(LEVELS), *model_options.split(), *option.split(),
                *rng.choice(([], ["-g"]))]

    def driver(self, command):
        kind = "-fPIE" if "-fPIE" in command else "-fno-pie"
        if kind not in self.objects:
            self.objects[kind] = [self.compiled(name, kind) for name in ("driver", "stepper")]
        return self.objects[kind]

    def compiled(self, name, kind):
        path = os.path.join(self.folder, name + kind + ".o")
        subprocess.run(["gcc", "-O2", kind, "-c", "-o", path, os.path.join(HERE, name + ".c")],
                       check=True)
        return path

    def build(self, command, text, path):
        """Returns whether the program could be built."""
        source = path + (".cpp" if "++" in command[0] else ".c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        finished = subprocess.run(
            [*command, "-w", "-Wl,-z,now", "-Wl,--wrap=pthread_create", "-I" + HERE, "-o", path, source,
             *self.driver(command), "-lpthread"], capture_output=True, check=False)
        self.errors = finished.stderr.decode(errors="replace")
        return not finished.returncode


class Hunt:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.builder = Builder(folder)
        self.counts = collections.Counter()

    def check(self, program, command, counts):
        """Builds, runs; returns what is broken, or None if there was nothing to check."""
        text, _ = emitter.emit(program)
        path = os.path.join(self.folder, "program")
        if not self.builder.build(command, text, path):
            counts["not built"] += 1
            if self.options.verbose:
                print(" ".join(command), self.builder.errors[:2000], flush=True)
            return None
        counts["builds"] += 1
        try:
            finished = subprocess.run([path], capture_output=True, timeout=60, check=False,
                                      env=dict(os.environ, LD_BIND_NOW="1"))
        except subprocess.TimeoutExpired:
            counts["did not end"] += 1
            return None
        run = Run(finished.stdout.decode(errors="replace"), is_moved="pie" in " ".join(command)
                  and "-no-pie" not in command and "-fno-pie" not in command)
        if not run.is_done:
            counts["crashed"] += 1
            if self.options.verbose:
                print("crashed:", finished.returncode, run.runs[-1:], " ".join(command), flush=True)
            return None
        counts["runs"] += len(run.runs)
        counts["runs not followed"] += sum(1 for one in run.runs if not one[-1])
        names = set(re.findall(r"\b(\w+)\(", text))
        check = Check(Answers(self.options.dwell, path, os.path.join(self.folder, "cache")), run,
                      lambda name: re.split(r"[.( <]", name)[0] in names)
        counts["promises"] += sum(check.count.values())
        for promise, count in check.count.items():
            counts["promises: " + promise] += count
        return check.broken

    def hunt(self, seed):
        program, rng = model.make(seed, SUBJECTS, self.options.languages.split(","))
        features = emitter.emit(program)[1]
        self.counts["programs"] += 1
        for _ in range(self.options.builds):
            command = self.builder.command(rng, program.language, features)
            broken = self.check(program, command, self.counts)
            if broken:
                self.report(f"seed {seed}", program, command, broken)
                return

    def report(self, title, program, command, broken):
        self.counts["broken"] += len(broken)
        for one in broken[:6]:
            print(f"BROKEN: {title}: {one.function}: {one.promise}: {one.detail}\n"
                  f"    {' '.join(command)}", flush=True)
        if not self.options.keep:
            return
        promise = broken[0].promise
        smaller = shrink.shrink(program, lambda candidate: any(
            one.promise == promise for one in self.check(candidate, command, collections.Counter())
            or ()))
        name = f"{promise.replace(' ', '-')}-{zlib.crc32(smaller.to_json().encode()):08x}"
        path = os.path.join(self.options.keep, name)
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump({"promise": promise, "command": command,
                       "program": json.loads(smaller.to_json())}, file, indent=1)
        text, _ = emitter.emit(smaller)
        with open(path + (".c" if program.language == "c" else ".cpp"), "w",
                  encoding="utf-8") as file:
            file.write(text)
        print(f"    kept as {path}", flush=True)

    def replay(self, path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        program = model.Program.from_json(kept["program"])
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
    parser.add_argument("--languages", default="c,c,cpp")
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
