#!/usr/bin/env python3
"""small.py: small files that a reader without limits would spend hours and gigabytes on.

    tests/hostile/small.py BUILD [--sanitized] [KIND]...

In: a build folder. Out: a line for each failure, and as the last line `N passed, N failed, N skipped`.
Each kind of kinds.py is read at two sizes by several commands. What holds: an answer, or one line and
status 2; answers that are at most some times as large as the file; memory that is enough for any of
them (not with sanitizers); and where something is left out, a diagnostic that says so.
"""

import os
import sys
import tempfile

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import kinds
from answers import messages_of, run
from harness.checks import check, finish

SIZE = 4000
COMMANDS = (("report",), ("heap", "--all"), ("stack", "--all"), ("globals", "--all"), ("calls", "--all"))
OUTPUT_PER_BYTE = 64
OUTPUT_BYTES = 4 << 20

def check_kind(dwell, kind, folder, is_limited):
    path = os.path.join(folder, "file")
    for size in (SIZE, 2 * SIZE):
        content = kind(size)
        with open(path, "wb") as file:
            file.write(content)
        for command in COMMANDS:
            what = f"{command[0]} of {size} {kind.__name__}"
            result = run(dwell, command, path, is_limited)
            said = messages_of(*result)
            check(f"{what}: an answer or one line", said is not None and "out of memory" not in said,
                  result[2].decode(errors="replace"))
            check(f"{what}: no larger than the file lets expect",
                  len(result[1]) <= OUTPUT_PER_BYTE * len(content) + OUTPUT_BYTES, len(result[1]))
            check(f"{what}: says what is left out", kinds.SAID.get(kind.__name__, "") in (said or ""),
                  said)
    os.remove(path)


def main():
    build, is_sanitized = os.path.abspath(sys.argv[1]), "--sanitized" in sys.argv
    wanted = [argument for argument in sys.argv[2:] if not argument.startswith("--")]
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds.KINDS:
            if not wanted or kind.__name__ in wanted:
                check_kind(os.path.join(build, "dwell"), kind, folder, not is_sanitized)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
