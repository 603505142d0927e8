#!/usr/bin/env python3
"""cache.py: what dwell keeps on disk, from outside.

    tests/cache/cache.py BUILD

In: a build folder. Out: a line for each failure, and as the last line `N passed, N failed, N skipped`.
Programs are small and link with the C library; answers must be the same, to the byte, whatever is in
the cache. An entry was used if its time of modification has changed and the file is the same one.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.checks import check, finish, skip

COMMANDS = ("heap", "stack", "calls", "globals")
DAMAGED_ENTRIES = 60
LONG_AGO = 10**9

PLAIN = """
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
    int *numbers = calloc(argc, sizeof *numbers);
    qsort(numbers, argc, sizeof *numbers, compare);
    return printf("%d %s", numbers[0], argv[0]);
}
"""

# Binds the C library's own calls of malloc to another function than the plain program does.
REPLACING = PLAIN + """
static char memory[1 << 16];
static size_t used;
void *malloc(size_t bytes) { used += bytes; return memory + used - bytes; }
void free(void *place) { (void)place; }
"""

# Enough code for an entry of its own.
LIBRARY = """
#include <stdlib.h>
struct operations { void *(*make)(size_t); void (*done)(void *); } table = { malloc, free };
extern int outside(int, void *);
#define FUNCTION(n) \\
    int work_##n(struct operations *given, int (*callback)(int), int count) \\
    { \\
        int sum = n; \\
        void *place = given->make(n + 16); \\
        for (int i = 0; i < count; i++) \\
            switch (callback(i) + n) { \\
            case 0: sum += outside(i, place); break; \\
            case 1: sum ^= callback(sum); break; \\
            case 2: table.done = given->done; break; \\
            case 3: sum *= 3; break; \\
            case 4: free(malloc(n)); break; \\
            case 5: outside(3, work_##n); break; \\
            } \\
        table.done(place); \\
        return sum; \\
    }
#define TEN(n) FUNCTION(n##0) FUNCTION(n##1) FUNCTION(n##2) FUNCTION(n##3) FUNCTION(n##4) \\
    FUNCTION(n##5) FUNCTION(n##6) FUNCTION(n##7) FUNCTION(n##8) FUNCTION(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) \\
    TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4)
"""

class Bench:
    """A folder with programs and, below it, caches."""

    def __init__(self, build, folder):
        self.dwell = os.path.join(build, "dwell")
        self.damage_entry = os.path.join(build, "tests", "fuzz", "damage_entry")
        self.folder = folder

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def compile(self, name, source, *flags):
        with open(self.path(name + ".c"), "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["cc", "-O2", "-fno-builtin", "-Wl,--build-id", "-o", self.path(name),
                        self.path(name + ".c"), *flags], check=True)
        return self.path(name)

    def run(self, cache, *arguments, **variables):
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("XDG_CACHE_HOME", "HOME")}
        if cache:
            environment["XDG_CACHE_HOME"] = self.path(cache)
        return subprocess.run([self.dwell, *arguments], env={**environment, **variables},
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def answers(self, cache, program, *options, commands=COMMANDS):
        """Status, answer and messages of each command."""
        answers = []
        for command in commands:
            finished = self.run(cache, command, "--json", *options, program)
            answers.append((finished.returncode, finished.stdout, finished.stderr))
        return answers

    def entries(self, cache):
        """Inode and time of each file of the cache."""
        folder = self.path(cache, "dwell")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        states = {name: os.lstat(os.path.join(folder, name)) for name in names
                  if name != "CACHEDIR.TAG"}
        return {name: (state.st_ino, state.st_mtime_ns) for name, state in states.items()}

    def each_entry(self, cache, change):
        for name in self.entries(cache):
            change(self.path(cache, "dwell", name))


def set_old(path):
    os.utime(path, (LONG_AGO, LONG_AGO))


def is_new(entry):
    return entry[1] > LONG_AGO * 10**9


# ---- What the user sees --------------------------------------------------------------------------

def test_fill_and_use(bench, program, plain):
    check("answers are the same while the cache is filled",
          bench.answers("one", program) == plain)
    filled = bench.entries("one")
    check("something is kept", filled, filled)
    bench.each_entry("one", set_old)
    check("answers are the same from the cache", bench.answers("one", program) == plain)
    used = bench.entries("one")
    check("all that was kept is used, and nothing is written again",
          all(is_new(entry) and entry[0] == filled[name][0] for name, entry in used.items()) and
          used.keys() == filled.keys(), (filled, used))


def test_no_cache(bench, program, plain):
    check("answers are the same with --no-cache",
          bench.answers("none", program, "--no-cache") == plain)
    check("--no-cache leaves no files", not os.path.exists(bench.path("none")))
    bench.each_entry("one", set_old)
    bench.answers("one", program, "--no-cache")
    check("--no-cache uses none", not any(map(is_new, bench.entries("one").values())))


def test_where(bench, program, plain):
    os.mkdir(bench.path("home"))
    finished = bench.run(None, "heap", "--json", program, HOME=bench.path("home"))
    check("without XDG_CACHE_HOME it is in the home folder",
          finished.stdout == plain[0][1] and bench.entries(os.path.join("home", ".cache")))
    finished = bench.run(None, "heap", "--json", program, XDG_CACHE_HOME="relative",
                         HOME=bench.path("relative-home"))
    check("a relative XDG_CACHE_HOME does not count",
          finished.stdout == plain[0][1] and bench.entries("relative-home/.cache"))
    finished = bench.run(None, "heap", "--json", program)
    check("without any folder there is no cache", (finished.returncode, finished.stdout,
                                                   finished.stderr) == plain[0], finished.stderr)


def test_no_folder(bench, program, plain):
    with open(bench.path("file"), "w", encoding="utf-8"):
        pass
    for cache in ("file", "file/below", "/proc/dwell", "/dev/null"):
        check(f"no cache can be made in {cache}",
              bench.answers(cache, program, commands=("heap",)) == plain[:1])
    for limit in ("-f 8", "-n 12"):
        command = f'ulimit {limit}; exec "$0" heap --json "$1"'
        finished = subprocess.run(["bash", "-c", command, bench.dwell, program],
                                  env={**os.environ, "XDG_CACHE_HOME": bench.path("limited")},
                                  capture_output=True, check=False)
        check(f"all goes on with ulimit {limit}", (finished.returncode, finished.stdout) ==
              plain[0][:2], finished.stderr)


def test_folder_of_somebody(bench, program, plain):
    """A folder, or a link to one, in which somebody keeps other things, old and large."""
    for kind in ("folder", "link"):
        kept = bench.path(f"kept-{kind}")
        cache = bench.path(f"cache-{kind}")
        os.mkdir(cache)
        os.mkdir(kept)
        if kind == "link":
            os.symlink(kept, os.path.join(cache, "dwell"))
        else:
            kept = os.path.join(cache, "dwell")
            os.mkdir(kept)
        names = [f"thesis{i}" for i in range(3)] + ["a-" + 32 * "0"]
        for name in names:
            with open(os.path.join(kept, name), "wb") as file:
                file.truncate(500 << 20)
            set_old(os.path.join(kept, name))
        check(f"the answer is the same with somebody's {kind} in the cache's place",
              bench.answers(f"cache-{kind}", program, commands=("heap",)) == plain[:1])
        check(f"nothing is removed from somebody's {kind}, and nothing put there",
              sorted(os.listdir(kept)) == sorted(names), os.listdir(kept))


# ---- Entries that are not as they were -----------------------------------------------------------

def flip(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 4]))


def cut(path):
    os.truncate(path, os.path.getsize(path) // 3)


def empty(path):
    os.truncate(path, 0)


def lengthen(path):
    with open(path, "ab") as file:
        file.write(b"more")


def open_to_all(path):
    os.chmod(path, 0o666)


def make_link(path):
    os.rename(path, path + ".aim")
    os.symlink(path + ".aim", path)


def hold(bench, cache):
    """Keeps files open, so that new ones get other inodes even when these are removed."""
    return [open(bench.path(cache, "dwell", name), "rb") for name in bench.entries(cache)]


def test_damage(bench, program, plain):
    def heap_is_right():
        return bench.answers("damaged", program, commands=("heap",)) == plain[:1]

    for damage in (flip, cut, empty, lengthen, open_to_all, make_link):
        what = f"after {damage.__name__}"
        shutil.rmtree(bench.path("damaged"), ignore_errors=True)
        heap_is_right()
        before = bench.entries("damaged")
        bench.each_entry("damaged", damage)
        held = hold(bench, "damaged")
        check(f"the answer is the same {what}", heap_is_right())
        after = bench.entries("damaged")
        check(f"entries are written again {what}",
              all(name in after and after[name][0] != before[name][0] for name in before),
              (before, after))
        for file in held:
            file.close()
        bench.each_entry("damaged", set_old)
        check(f"the answer is still the same {what}", heap_is_right())
        check(f"the new entries are used {what}",
              all(is_new(bench.entries("damaged")[name]) for name in before))


def test_sealed_damage(bench, library):
    """Entries that somebody changed who knows how: any answer will do, but it must come."""
    if not os.path.exists(bench.damage_entry):
        skip("tests/fuzz/damage_entry is not built")
        return
    options = ("--json", "--no-libs", library)
    bench.run("sealed", "heap", *options)
    (name,) = bench.entries("sealed")
    entry, whole = bench.path("sealed", "dwell", name), bench.path("whole")
    shutil.copy(bench.path("sealed", "dwell", name), whole)
    accepted = 0
    problems = []
    for seed in range(DAMAGED_ENTRIES):
        shutil.copyfile(whole, entry)
        subprocess.run([bench.damage_entry, entry, str(seed)], check=True)
        held = hold(bench, "sealed")
        inode = os.stat(entry).st_ino
        for command in ("heap", "stack", "globals")[:1 + seed % 3]:
            finished = bench.run("sealed", command, *options)
            if finished.returncode != 0:
                problems.append(f"seed {seed}, {command}: {finished.stderr.decode()[-1500:]}")
        accepted += os.stat(entry).st_ino == inode
        held[0].close()
    check("entries that were changed on purpose do no harm", not problems, "\n".join(problems))
    check("some of them are taken for good, some are not", 0 < accepted < DAMAGED_ENTRIES, accepted)


# ---- Several programs, several processes ---------------------------------------------------------

def test_concurrent(bench, program, plain):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: bench.answers("shared", program, commands=("heap",)),
                                range(4)))
    check("processes at the same time get the same answers",
          all(one == plain[:1] for one in answers))
    names = bench.entries("shared")
    check("and leave whole entries", names.keys() == bench.entries("one").keys(), names)


def test_other_bindings(bench, program, plain):
    other = bench.compile("replacing", REPLACING)
    heap = ("heap",)
    expected = bench.answers(None, other, "--no-cache", commands=heap)
    check("a program that replaces functions has other answers", expected != plain[:1])
    for _ in range(2):
        check("a library that is bound differently is not taken from the cache",
              bench.answers("one", other, commands=heap) == expected)
        check("and the first program still gets its own",
              bench.answers("one", program, commands=heap) == plain[:1])


def test_patched_library(bench, library):
    """The same build-id, the same size, another instruction."""
    patched = bench.path("patched.so")
    with open(library, "rb") as file:
        content = file.read()
    place = content.index(b"\xff\x10")  # call *(%rax), whatever else it may be part of
    with open(patched, "wb") as file:
        file.write(content[:place] + b"\x90\x90" + content[place + 2:])
    options = {"commands": ("heap", "calls")}
    expected = {path: bench.answers(None, path, "--no-cache", **options)
                for path in (library, patched)}
    check("a patched library has other answers", expected[library] != expected[patched])
    for path in (library, patched, library, patched):
        check("a patched library is not taken for what it was",
              bench.answers("patched", path, **options) == expected[path])


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, folder)
        program = bench.compile("plain", PLAIN)
        library = bench.compile("library.so", LIBRARY, "-shared", "-fPIC")
        plain = bench.answers(None, program, "--no-cache")
        check("there is an answer", all(answer[0] == 0 and not answer[2] for answer in plain))
        for test in (test_fill_and_use, test_no_cache, test_where, test_no_folder, test_folder_of_somebody,
                     test_damage,
                     test_concurrent, test_other_bindings):
            test(bench, program, plain)
        test_patched_library(bench, library)
        test_sealed_damage(bench, library)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
