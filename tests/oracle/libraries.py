#!/usr/bin/env python3
"""libraries.py: are the needed libraries those that the dynamic loader takes?

    tests/oracle/libraries.py DWELL [FILE...]

In: dwell, and programs (without any: some that are usually installed). Out: a row for each, what
differs, and as the last line `N passed, N failed, N skipped`. The closure of `dwell report --json`
is compared with what `ldd` prints, which asks the loader itself; links are followed on both sides.
"""

import json
import os
import re
import subprocess
import sys

USUAL = ("/usr/bin/git", "/usr/bin/python3.11", "/usr/bin/gdb", "/usr/bin/node", "/usr/bin/bash",
         "/usr/bin/perl", "/usr/bin/openssl", "/usr/bin/gcc")


def loaders_view(path):
    """Paths by name, as the loader prints them; None if it does not."""
    finished = subprocess.run(["ldd", path], capture_output=True, text=True)
    if finished.returncode != 0:
        return None
    found = {}
    for line in finished.stdout.splitlines():
        match = re.match(r"\s+(\S+) => (\S+) \(", line) or re.match(r"\s+(/\S+)() \(", line)
        if match:
            file = match.group(2) or match.group(1)
            found[os.path.basename(match.group(1))] = os.path.realpath(file)
    return found


def dwells_view(dwell, path):
    finished = subprocess.run([dwell, "report", "--json", path], capture_output=True, text=True)
    document = json.loads(finished.stdout)
    return {library["name"]: os.path.realpath(library["path"]) if library["path"] else None
            for library in document["file"]["libraries"]}


def main():
    dwell, *files = sys.argv[1:]
    passed = failed = skipped = 0
    for path in files or USUAL:
        truth = loaders_view(path) if os.path.exists(path) else None
        if truth is None:
            print(f"skipped: {path} is not there or not dynamic")
            skipped += 1
            continue
        found = dwells_view(dwell, path)
        wrong = sorted(name for name in truth.keys() | found.keys()
                       if truth.get(name) != found.get(name))
        for name in wrong:
            print(f"FAILED: {path}: {name}: {found.get(name)}, the loader takes {truth.get(name)}")
        print(f"{path}: {len(truth)} libraries")
        failed += bool(wrong)
        passed += not wrong
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
