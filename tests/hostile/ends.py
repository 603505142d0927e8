#!/usr/bin/env python3
"""ends.py: whatever happens to its files and streams, dwell ends by itself, says why, and keeps nothing wrong.

    tests/hostile/ends.py BUILD [--sanitized]

In: a build folder. Out: a line for each failure, and as the last line `N passed, N failed, N skipped`.
Status 2 and one line on stderr is what every input gives that cannot be read. What needs a limit on
memory is left out for a build with sanitizers, which need terabytes of addresses.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.checks import check, finish, skip

SECONDS = 120
WHEN = [step / 100 for step in range(15, 75, 5)]  # of a run, when its file changes
SWEEPS = 10  # over further moments, as long as none was noticed

# Large enough that reading it takes some time.
SOURCE = """
#include <stdlib.h>
extern int outside(int, void *);
#define FUNCTION(n) \\
    int work_##n(int (*callback)(int), int count) \\
    { \\
        int sum = n; \\
        void *place = malloc(n + 16); \\
        for (int i = 0; i < count; i++) \\
            switch (callback(i) + n) { \\
            case 0: sum += outside(i, place); break; \\
            case 1: sum ^= callback(sum); break; \\
            case 4: free(malloc(n)); break; \\
            case 5: outside(3, work_##n); break; \\
            } \\
        return sum; \\
    }
#define TEN(n) FUNCTION(n##0) FUNCTION(n##1) FUNCTION(n##2) FUNCTION(n##3) FUNCTION(n##4) \\
    FUNCTION(n##5) FUNCTION(n##6) FUNCTION(n##7) FUNCTION(n##8) FUNCTION(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) \\
    TEN(n##7) TEN(n##8) TEN(n##9)
#define THOUSAND(n) HUNDRED(n##0) HUNDRED(n##1) HUNDRED(n##2) HUNDRED(n##3) HUNDRED(n##4) \\
    HUNDRED(n##5) HUNDRED(n##6) HUNDRED(n##7) HUNDRED(n##8) HUNDRED(n##9)
THOUSAND(1) THOUSAND(2)
"""

PROGRAM = """
int work_1000(void *, int);
int outside(int a, void *b) { return a + !b; }
int main(void) { return work_1000(0, 0); }
"""

class Bench:
    """A folder with a library, a program that needs it, and a cache."""

    def __init__(self, build, folder):
        self.dwell = os.path.join(build, "dwell")
        self.folder = folder
        self.environment = {**os.environ, "XDG_CACHE_HOME": self.path("cache")}
        self.library, self.program = self.path("library.so"), self.path("program")
        self.compile("library.c", SOURCE, "-g", "-shared", "-fPIC", "-o", self.library)
        self.compile("program.c", PROGRAM, "-rdynamic", "-o", self.program, self.library,
                     f"-Wl,-rpath,{folder}")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def compile(self, name, source, *flags):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["cc", "-O1", "-Wl,--build-id", name, *flags], check=True, cwd=self.folder)

    def start(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.Popen([self.dwell, *arguments], stdin=subprocess.DEVNULL, cwd=self.folder,
                                stderr=subprocess.PIPE, env=self.environment, **options)

    def run(self, *arguments, **options):
        return self.finish(self.start(*arguments, **options))

    @staticmethod
    def finish(process):
        """Status, answer and message; the status is None if it does not end."""
        try:
            out, err = process.communicate(timeout=SECONDS)
            return process.returncode, out, err
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return None, out, err

    def shell(self, command, *arguments):
        finished = subprocess.run(["bash", "-c", command, self.dwell, *arguments],
                                  env=self.environment, capture_output=True, check=False,
                                  cwd=self.folder, stdin=subprocess.DEVNULL, timeout=SECONDS)
        return finished.returncode, finished.stdout, finished.stderr

    def clear_cache(self):
        shutil.rmtree(self.path("cache"), ignore_errors=True)


def is_refusal(result, *words):
    """Whether it ended with status 2 and one line that has the words in it."""
    status, _, err = result
    return (status == 2 and err.count(b"\n") == 1 and err.endswith(b"\n") and
            all(word.encode() in err for word in words))


# ---- Files that change while they are read -------------------------------------------------------

def empty(path):
    os.truncate(path, 0)


def halve(path):
    os.truncate(path, os.path.getsize(path) // 2)


def overwrite(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        file.write(b"\x90" * 64)


def moments():
    """
    Shares of a run at which its file changes: those of WHEN, then more and more others over all of
    it. A small file is open for a short part of a run, and when depends on what else the machine does.
    """
    yield from WHEN
    for sweep in range(SWEEPS):
        yield from ((step + sweep / SWEEPS) / len(WHEN) for step in range(len(WHEN)))


def while_reading(bench, what, victim, change, arguments):
    """
    Changes the file at different times of a run. What comes is a refusal; or an answer, if it was
    over before or had not begun: then of the one or the other file.
    """
    whole = victim + ".whole"
    shutil.copy2(victim, whole)
    right = bench.run(*arguments, "--no-cache")[:2]
    start = time.monotonic()
    bench.run(*arguments)
    duration = time.monotonic() - start
    change(victim)
    later = bench.run(*arguments, "--no-cache")[:2]
    refused, problems = 0, []
    for number, share in enumerate(moments()):
        if refused and number >= len(WHEN):  # it was noticed
            break
        shutil.copy2(whole, victim)
        bench.clear_cache()
        process = bench.start(*arguments)
        time.sleep(duration * share)
        change(victim)
        result = bench.finish(process)
        shutil.copy2(whole, victim)
        if is_refusal(result, f"{victim}: changed while it was read"):
            refused += 1
            # What was kept before the change is right, and must be of the file as it was.
            if bench.run(*arguments)[:2] != right:
                problems.append((share, "something wrong is kept"))
        elif result[:2] not in (right, later):
            problems.append((share, result[0], result[2], len(result[1])))
    check(f"{what}: an answer of one of the files, or one line and nothing wrong kept", not problems,
          problems)
    check(f"{what}: some of the runs are refused", refused, refused)


def test_changes(bench):
    alone = ("heap", "--json", "--no-libs")
    for change in (empty, halve, overwrite):
        while_reading(bench, f"{change.__name__} the file", bench.library, change,
                      (*alone, bench.library))
    for change in (empty, overwrite):
        while_reading(bench, f"{change.__name__} a library", bench.library, change,
                      ("heap", "--json", bench.program))
    debug, stripped = bench.path("library.debug"), bench.path("stripped.so")
    subprocess.run(["objcopy", "--only-keep-debug", bench.library, debug], check=True)
    subprocess.run(["strip", "-o", stripped, bench.library], check=True)
    for change in (empty, overwrite):
        while_reading(bench, f"{change.__name__} debug information", debug, change,
                      (*alone, "--no-cache", "--debug-file", debug, stripped))


def test_replaced(bench):
    """Who renames another file into its place, as compilers do, does no harm."""
    shutil.copy2(bench.library, bench.path("again"))
    arguments = ("heap", "--json", "--no-libs", "--no-cache", bench.library)
    right = bench.run(*arguments)
    process = bench.start(*arguments)
    time.sleep(0.05)
    os.rename(bench.path("again"), bench.library)
    check("a file that is replaced gives its answer", bench.finish(process) == right)


def test_other_bus_error(bench):
    """A SIGBUS that no file is the reason of ends the program as it always did."""
    process = bench.start("heap", "--json", bench.program)
    time.sleep(0.03)
    process.send_signal(signal.SIGBUS)
    status, _, err = bench.finish(process)
    check("another SIGBUS is none of our business", status not in (0, 2) and b"changed" not in err,
          (status, err))


# ---- What is no regular file ---------------------------------------------------------------------

def test_no_regular_files(bench):
    os.mkfifo(bench.path("fifo"))
    os.mkdir(bench.path("folder"))
    os.symlink("itself", bench.path("itself"))
    for name in ("fifo", "folder", "/dev/zero", "/dev/null", "/proc/self/mem", "itself"):
        check(f"{name} is no program", is_refusal(bench.run("report", name), name))
        status, out, _ = bench.run("report", "--no-libs", "--debug-file", name, bench.program)
        check(f"{name} is no debug information", status == 0 and name.encode() in out, status)
        if name != "/proc/self/mem":
            check(f"{name} is no configuration",
                  is_refusal(bench.run("report", "--config", name, bench.program), name))
    for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)):
        make(bench.path(".dwell"))
        check("a .dwell that is no file is refused",
              is_refusal(bench.run("report", bench.program), ".dwell"))
        remove = os.remove if os.path.islink(bench.path(".dwell")) or \
            not os.path.isdir(bench.path(".dwell")) else os.rmdir
        remove(bench.path(".dwell"))


# ---- Memory --------------------------------------------------------------------------------------

def test_memory(bench):
    """With any limit there is an answer or one line that names the file."""
    arguments = ("heap", "--json", "--no-libs", "--no-cache", bench.library)
    right = bench.run(*arguments)[1]
    answers, refusals, problems = 0, 0, []
    for kilobytes in [*range(5000, 40000, 1500), *range(40000, 400000, 30000)]:
        for jobs in ("1", "4"):
            result = bench.shell(f'ulimit -v {kilobytes}; exec "$0" "$@"', *arguments, "-j", jobs)
            if is_refusal(result, bench.library, "out of memory"):
                refusals += 1
            elif result[:2] == (0, right):
                answers += 1
            elif result[0] not in (1, 126, 127):  # too little for the program to be started
                problems.append((kilobytes, jobs, result[0], result[2], len(result[1])))
    check("without memory there is one line", not problems, problems)
    check("some limits are too low, some are not", answers and refusals, (answers, refusals))


# ---- Output --------------------------------------------------------------------------------------

def test_output(bench):
    for arguments in (("--help",), ("--version",), ("--manual",), ("--completion", "bash"),
                      ("heap", "--help"), ("report", bench.library), ("heap", "--json", bench.library),
                      ("calls", "--dot", bench.library)):
        what = " ".join(arguments[:2])
        with open("/dev/full", "wb") as full:
            check(f"{what} says that there is no room",
                  is_refusal(bench.run(*arguments, stdout=full), "No space left on device"))
        result = bench.shell('"$0" "$@" >&-', *arguments)
        check(f"{what} says that there is no output", is_refusal(result, "Bad file descriptor"),
              result[2])


def test_closed_streams(bench):
    """What is opened must not take the place of a stream that is closed, and get what is meant for it."""
    bench.clear_cache()
    status, out, _ = bench.shell('"$0" "$@" 2>&-', "heap", "--json", bench.library)
    check("closed stderr: an answer", status == 0)
    check("and it stays that", bench.shell('"$0" "$@" <&- 2>&-', "heap", "--json", bench.library)[:2] ==
          (0, out))


def test_messages(bench):
    """Nothing of a command line drives the terminal."""
    for arguments in (("\033[31mred\nline",), ("--\033[31m",), ("heap", "--limit", "\033[31m", "x"),
                      ("report", "--config", "\033[31m", "x"), ("\u202eexe.txt",), (b"raw \x9b31m",),
                      ("report", "--filter", "(\033[31m", bench.program),
                      ("heap", "--why", "\033[31m", bench.program)):
        status, _, err = bench.run(*arguments)
        is_clean = not any(bad in err for bad in (b"\033", "\u202e".encode(), b" \x9b"))
        check(f"{arguments!r} is cleaned", status == 2 and is_clean and err.count(b"\n") == 1, err)


def main():
    build, is_sanitized = os.path.abspath(sys.argv[1]), "--sanitized" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, folder)
        for test in (test_changes, test_replaced, test_other_bus_error, test_no_regular_files,
                     test_output, test_closed_streams, test_messages):
            test(bench)
        if is_sanitized:
            skip("no limit on memory with sanitizers")
        else:
            test_memory(bench)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
