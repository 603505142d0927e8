#!/usr/bin/env python3
"""run.py: dwell's time and memory beside those of the usual tools.

    bench/run.py [--build DIR] [--rounds N] [FILE...]

In: files, or without any what this machine has of a few well-known ones. Out: for each file a table of
the median time over the rounds, the largest memory seen, and the ratio to dwell's `globals` time. The
tools take turns in each round, so that a drifting machine speed hits all alike: compare ratios,
not seconds. Tools that are not installed are left out.
"""

import argparse
import glob
import os
import shutil
import statistics
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOOLS = {  # name: command; the file's name is added
    "bloaty -d symbols": ["bloaty", "-d", "symbols", "-n", "0"],
    "objdump -d": ["objdump", "-d"],
    "nm -S": ["nm", "-S", "--size-sort", "-C"],
    "size -A": ["size", "-A"],
    "readelf -wF": ["readelf", "-wF"],
    "pahole": ["pahole"],
}


def dwell_commands(build):
    dwell = os.path.join(build, "dwell")
    alone = ["--no-cache", "--no-libs", "--all"]
    return {
        "dwell globals": [dwell, "globals", *alone],
        "dwell stack": [dwell, "stack", *alone],
        "dwell heap": [dwell, "heap", *alone],
        "dwell report": [dwell, "report", "--no-cache"],
        "dwell report, cached": [dwell, "report"],  # but for the first round
    }


def default_files():
    names = ["python3.11", "git", "node", "cargo"]
    found = [os.path.realpath(path) for path in map(shutil.which, names) if path]
    if shutil.which("rustc"):
        sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True,
                                 check=False).stdout.strip()
        found += glob.glob(os.path.join(sysroot, "bin", "cargo"))
        found += glob.glob(os.path.join(sysroot, "lib", "librustc_driver-*.so"))
    return [path for path in dict.fromkeys(found) if is_elf(path)]


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def measure(command):
    """Returns seconds and peak MiB of one run, None if it failed."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return None if child.returncode != 0 else (seconds, usage.ru_maxrss / 1024)


def measure_all(commands, path, rounds):
    seen = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            seen[name].append(measure(command + [path]))
    return seen


def print_table(path, seen):
    base = median_of(seen["dwell globals"])
    print(f"\n{path}  {os.path.getsize(path) / 1e6:.1f} MB")
    print(f"  {'':20} {'seconds':>9} {'MiB':>7} {'ratio':>8}")
    for name, runs in seen.items():
        seconds = median_of(runs)
        if seconds is None:
            print(f"  {name:20} {'failed':>9}")
            continue
        memory = max(run[1] for run in runs if run)
        ratio = f"{seconds / base:8.2f}" if base else f"{'-':>8}"
        print(f"  {name:20} {seconds:9.3f} {memory:7.0f} {ratio}")


def median_of(runs):
    times = [run[0] for run in runs if run]
    return statistics.median(times) if times else None


def main():
    parser = argparse.ArgumentParser(description="times dwell beside the usual tools")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    tools = {name: command for name, command in TOOLS.items() if shutil.which(command[0])}
    left_out = [name for name in TOOLS if name not in tools]
    if left_out:
        print(f"not installed: {', '.join(left_out)}")
    for path in options.files or default_files():
        print_table(path, measure_all({**dwell_commands(options.build), **tools}, path,
                                      options.rounds))


if __name__ == "__main__":
    main()
