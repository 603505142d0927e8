"""results.py: what a test hands back, and what it is given."""

import os
import re
import subprocess
from dataclasses import dataclass


@dataclass
class Result:
    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "skipped"

    state: str
    message: str = ""
    part: str = ""  # which part of the test, where it has several


def passed(part=""):
    return Result(Result.PASSED, "", part)


def failed(message, part=""):
    return Result(Result.FAILED, message, part)


def skipped(reason, part=""):
    return Result(Result.SKIPPED, reason, part)


@dataclass
class Context:
    root: str  # of the source tree
    build: str
    is_sanitized: bool
    rebase: bool

    @property
    def dwell(self):
        return os.path.join(self.build, "dwell")

    def folder(self, *parts):
        """A folder for what tests build; one for both builds of dwell, made on demand."""
        path = os.path.join(self.root, "build", "tested", *parts)
        os.makedirs(path, exist_ok=True)
        return path

    def environment(self):
        """Without what would change output, and with a cache of our own; sanitizers stop at the
        first problem."""
        kept = {key: value for key, value in os.environ.items()
                if key not in ("NO_COLOR", "PAGER", "COLUMNS", "LD_LIBRARY_PATH")}
        kept.update(LC_ALL="C.UTF-8", TERM="dumb", XDG_CACHE_HOME=self.folder("cache"),
                    ASAN_OPTIONS="detect_leaks=1:exitcode=99",
                    UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=99")
        kept["PATH"] = self.build + os.pathsep + kept["PATH"]
        return kept


TIMEOUT = 300  # seconds, of a command that says nothing else


def run(command, **options):
    """Runs a command to its end; output is text, bytes that are no UTF-8 are replaced."""
    options.setdefault("timeout", TIMEOUT)
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False, **options)


SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


def results_of_script(finished):
    """Reads the summary that each test script prints as its last line."""
    lines = finished.stdout.splitlines()
    found = SUMMARY.match(lines[-1]) if lines else None
    if not found:
        return [failed(f"exit status {finished.returncode}, no summary\n"
                       f"{finished.stdout[-2000:]}\n{finished.stderr[-2000:]}")]
    counts = [int(text) for text in found.groups()]
    told = "\n".join(line for line in lines[:-1] if line.startswith(("FAILED", "skipped", "    ")))
    results = [passed()] * counts[0]
    results += [failed(told if i == 0 else "as above") for i in range(counts[1])]
    results += [skipped(told if i == 0 and not counts[1] else "as above") for i in range(counts[2])]
    if finished.returncode != 0 and not counts[1]:
        results.append(failed(f"exit status {finished.returncode}\n{finished.stderr[-2000:]}"))
    return results
