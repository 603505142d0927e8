"""trial.py: tests run against a changed dwell until one fails.

Tests are those of tests/run.py. They run one after the other in a child process, which has limits:
a change may make a program that neither ends nor stops taking memory. What the child learns comes
back over a pipe.
"""

import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
import time

KINDS = ("unit", "cli", "soundness", "programs", "hunt")
SECOND = re.compile(r"programs/.*( clang| optimized$)|oracle/|hunt/seeds")  # little that others do not notice
FURTHER_KINDS = {  # slow, and about one part of the program
    "src/analysis/cache/": "cache", "src/load/": "hostile",
}
CPU_SECONDS, COMMAND_SECONDS, MEMORY_BYTES = 30, 60, 8 << 30
TRIAL_SECONDS = 1800


class Suite:
    """The tests, in the order in which they are tried; those that often fail come first."""

    def __init__(self, root, build, with_all, pattern):
        sys.path.insert(0, os.path.join(root, "tests"))
        sys.dont_write_bytecode = True
        import run
        from harness import results
        results.TIMEOUT = COMMAND_SECONDS
        kinds = (*KINDS, *FURTHER_KINDS.values(), "oracle")
        self.context = results.Context(root, build, False, False)
        self.tests = {f"{kind}/{name}": test for kind in kinds
                      for name, test in run.KINDS[kind](self.context)
                      if (with_all or not SECOND.match(f"{kind}/{name}"))
                      and re.search(pattern, f"{kind}/{name}")}
        self.kinds = {name: number for number, kind in enumerate(kinds)
                      for name in self.tests if name.startswith(kind + "/")}
        self.seconds = {}
        self.kills = {}  # of each test, the files in which it noticed a change

    def first_failure(self, order):
        """The first test that fails, with what it said; None if all pass."""
        shutil.rmtree(self.context.folder("cache"), ignore_errors=True)
        return in_child(lambda: self.try_tests(order))

    def try_tests(self, order):
        for name in order:
            start = time.monotonic()
            try:
                results = self.tests[name]()
            except Exception as problem:  # a test that cannot run has failed
                return name, f"{type(problem).__name__}: {problem}"[:500]
            self.seconds[name] = time.monotonic() - start
            failed = [result for result in results if result.state == "FAILED"]
            if failed:
                return name, f"{failed[0].part} {failed[0].message}".strip()[:500]
        return None

    def measure(self):
        """Runs all tests on dwell as it is; returns what fails."""
        shutil.rmtree(self.context.folder("cache"), ignore_errors=True)
        order = sorted(self.tests, key=lambda name: self.kinds[name])
        found, self.seconds = in_child(lambda: (self.try_tests(order), self.seconds), limited=False)
        return found

    def order(self, file, known):
        """For a change to a file: the test that noticed it once, then kind by kind those that
        noticed other changes to that file, or any, before those that noticed none."""
        def matters(name):
            folder = {kind: folder for folder, kind in FURTHER_KINDS.items()}.get(name.split("/")[0])
            return not folder or file.startswith(folder)

        def rank(name):
            files = self.kills.get(name, [])
            return (name != known, self.kinds[name], -files.count(file),
                    -len(files) / (self.seconds.get(name, 1) + 0.1), self.seconds.get(name, 1))
        return sorted(filter(matters, self.tests), key=rank)

    def note_kill(self, name, file):
        self.kills.setdefault(name, []).append(file)


def in_child(function, limited=True):
    """Calls a function in a process group of its own, of which nothing is left afterwards."""
    receiver, sender = multiprocessing.Pipe(False)
    child = multiprocessing.get_context("fork").Process(
        target=child_main, args=(function, sender, limited))
    child.start()
    sender.close()
    try:
        if not receiver.poll(TRIAL_SECONDS if limited else None):
            return "(time)", f"the tests took more than {TRIAL_SECONDS} seconds"
        return receiver.recv()
    except EOFError:
        raise RuntimeError("the process that ran the tests ended without an answer") from None
    finally:
        stop_group(child.pid)
        child.join()


def child_main(function, sender, limited):
    os.setpgid(0, 0)
    if limited:
        # Each program that is run has its own count; this process goes on when its own is used up.
        signal.signal(signal.SIGXCPU, lambda *_: None)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sender.send(function())


def stop_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
