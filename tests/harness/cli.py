"""cli.py: command-line tests as files.

tests/cli/COMMAND/CASE/ holds `cmd` (a shell script), and what it must produce: `out`, `err` (both
empty if not there) and `status` (0 if not there). The script runs in a folder with the fixtures,
tests/cli/fixtures/*.s assembled and linked at fixed addresses, so that output has no paths in it;
`dwell` is the one under test. A line of `out` or `err` that is `...` stands for any number of
lines. --rebase writes what was produced, and leaves expectations with `...` alone.
"""

import difflib
import glob
import os
import re
import shutil
import threading

from .results import failed, passed, run, skipped

FIXTURES_LOCK = threading.Lock()


def collect(context):
    folder = os.path.join(context.root, "tests", "cli")
    for cmd in sorted(glob.glob(os.path.join(folder, "*", "*", "cmd"))):
        case = os.path.dirname(cmd)
        yield os.path.relpath(case, folder), lambda case=case: run_case(context, case)


def run_case(context, case):
    if not shutil.which("as") or not shutil.which("ld"):
        return [skipped("no assembler for the fixtures")]
    fixtures = build_fixtures(context)
    finished = run(["bash", os.path.join(case, "cmd")], cwd=fixtures, env=context.environment())
    produced = {"out": finished.stdout, "err": finished.stderr,
                "status": f"{finished.returncode}\n"}
    if context.rebase:
        rebase(case, produced)
    return compare(case, produced)


def build_fixtures(context):
    folder = context.folder("fixtures")
    with FIXTURES_LOCK:
        for source in glob.glob(os.path.join(context.root, "tests", "cli", "fixtures", "*.s")):
            build_fixture(source, os.path.join(folder, os.path.basename(source)[:-2]))
    return folder


def build_fixture(source, program):
    if os.path.exists(program) and os.path.getmtime(program) >= os.path.getmtime(source):
        return
    build = [["as", "--64", "-o", program + ".o", source],
             ["ld", "-z", "noseparate-code", "--build-id=none", "-o", program, program + ".o"]]
    for command in build:
        finished = run(command)
        if finished.returncode != 0:
            raise RuntimeError(f"{command[0]}: {finished.stderr}")


def expected(case, kind):
    path = os.path.join(case, kind)
    if not os.path.exists(path):
        return "0\n" if kind == "status" else ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def rebase(case, produced):
    for kind, text in produced.items():
        path = os.path.join(case, kind)
        if expected(case, kind) == text or "...\n" in expected(case, kind):
            continue
        if text == ("0\n" if kind == "status" else ""):
            os.remove(path)
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def matches(pattern, text):
    """Compares whole lines; a pattern line `...` stands for any lines, also for none."""
    lines = pattern.splitlines(keepends=True)
    expression = "".join("(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in lines)
    return re.fullmatch(expression, text) is not None


def compare(case, produced):
    problems = []
    for kind, text in produced.items():
        want = expected(case, kind)
        if want != text and not ("..." in want and matches(want, text)):
            problems += difflib.unified_diff(want.splitlines(), text.splitlines(),
                                             f"{kind} expected", f"{kind} produced", lineterm="")
    return [failed("\n".join(problems)) if problems else passed()]
