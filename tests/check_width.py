#!/usr/bin/env python3
"""check_width.py BUILD: no line of text is wider than the screen, and the screen is the terminal.

In: dwell, and as programs to look at dwell itself and a test of its own, which have long names. At
80 and 200 columns no report may have a longer line; into a pipe the text is set to the width of the
terminal that the process belongs to, into a file it is not.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness.checks import check, finish

COMMANDS = ("report", "globals", "stack", "heap", "calls", "types")
PIPED = 200


def widest(text):
    return max((len(line) for line in text.splitlines()), default=0)


def check_reports(dwell, program):
    for columns in (80, 200):
        for command in COMMANDS:
            environment = dict(os.environ, COLUMNS=str(columns))
            text = subprocess.run([dwell, command, "--no-libs", program], capture_output=True, text=True,
                                  check=True, env=environment).stdout
            check(f"{command} of {os.path.basename(program)} fits in {columns} columns",
                  widest(text) <= columns, max(text.splitlines(), key=len))


def in_terminal(command, columns):
    """Runs a shell command in a terminal of its own; returns what it writes there."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.pop("COLUMNS", None)
        os.read(0, 1)  # until the terminal has its size
        os.execvp("sh", ["sh", "-c", command])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.write(terminal, b"\n")
    written = b""
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        written += piece
    os.waitpid(child, 0)
    return written.decode(errors="replace").replace("\r\n", "\n")


def check_terminal(dwell, program, folder):
    command = f"'{dwell}' calls --no-libs --all '{program}'"
    for columns in (90, 130):
        for errors in ("", " 2>/dev/null"):
            text = in_terminal(f"{command}{errors} | head -200", columns)
            check(f"into a pipe{errors}: as wide as the terminal, {columns}",
                  columns - 30 < widest(text) <= columns, widest(text))
    path = os.path.join(folder, "text")
    in_terminal(f"{command} >'{path}'", 90)
    with open(path, encoding="utf-8") as file:
        width = widest(file.read())
    check("into a file: as if there was no terminal", 90 < width <= PIPED, width)


def main():
    build = os.path.abspath(sys.argv[1])
    dwell = os.path.join(build, "dwell")
    for program in (dwell, os.path.join(build, "tests/unit/test_debug")):
        check_reports(dwell, program)
    with tempfile.TemporaryDirectory() as folder:
        check_terminal(dwell, dwell, folder)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
