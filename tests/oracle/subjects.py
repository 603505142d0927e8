"""subjects.py: the real files that the oracles look at: what this machine has, and what can be
built here. A subject that is not to be had comes with the reason instead of a path."""

import fcntl
import glob
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from typing import Optional

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "build", "tested", "oracle")

RUST_HELLO = 'fn main() {\n    println!("hello");\n}\n'

CPP_EXCEPTIONS = """
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
struct Base { virtual ~Base() {} virtual int f(int) const = 0; };
struct A : Base { int f(int x) const override { if (x > 3) throw std::out_of_range("big"); return x; } };
struct B : virtual Base { std::string s = "text"; int f(int x) const override { return s[x]; } };
static std::vector<std::string> names = {"one", "two", "three"};
int main(int argc, char **)
{
    A a; B b; const Base *all[] = {&a, &b};
    try { std::printf("%d %s\\n", all[argc & 1]->f(argc), names[argc % 3].c_str()); }
    catch (const std::exception &e) { std::puts(e.what()); return 1; }
    return 0;
}
"""


@dataclass
class Subject:
    name: str
    path: Optional[str]
    reason: str = ""  # why there is no path
    unknown_limit: Optional[float] = None  # share of read-only data without an owner, in percent
    is_large: bool = False


def all_subjects():
    os.makedirs(FOLDER, exist_ok=True)
    yield from rust_subjects()
    yield from c_subjects()
    yield from installed_subjects()
    yield from toolchain_subjects()


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Results:
    """Counts what came out, and prints what is wrong; `rows` are for a table of figures."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.rows = []

    def skip(self, title, reason):
        print(f"skipped: {title}: {reason}")
        self.skipped += 1

    def count(self, title, wrong, shown=10):
        for line in wrong[:shown]:
            print(f"FAILED: {title}: {line}")
        self.passed += not wrong
        self.failed += bool(wrong)

    def print_sum(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")


def write(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def built(name, command, **options):
    """Runs a compiler unless its output is there; Subject with the reason if it fails."""
    path = os.path.join(FOLDER, name)
    if not shutil.which(command[0]):
        return Subject(name, None, f"no {command[0]}")
    if not os.path.exists(path):
        finished = run(command + ["-o", path])
        if finished.returncode != 0:
            return Subject(name, None, finished.stderr.strip().splitlines()[-1])
    return Subject(name, path, **options)


def rust_subjects():
    source = write("hello.rs", RUST_HELLO)
    versions = set()
    for rustc in filter(None, map(shutil.which, ("rustc", "/usr/bin/rustc"))):
        version = run([rustc, "--version"]).stdout.split()[1]
        if version not in versions:
            versions.add(version)
            for mode, flags in (("debug", ["-g"]), ("release", ["-O"])):
                yield built(f"rust-hello-{version}-{mode}", [rustc, *flags, source],
                            unknown_limit=1.0)
    if not versions:
        yield Subject("rust-hello", None, "no rustc")


def c_subjects():
    yield built("cpp-exceptions",
                ["g++", "-O2", "-g", write("exceptions.cpp", CPP_EXCEPTIONS)], unknown_limit=1.0)
    variables = "".join(f"_Thread_local {'int' if i % 2 else 'long'} t{i}"
                        f"{f' = {i}' if i % 3 else ''};\n" for i in range(100))
    uses = "".join(f"    t{i} += n;\n" for i in range(100))
    source = write("thread_locals.c",
                   f"{variables}int main(int n, char **v)\n{{\n    (void)v;\n{uses}    return 0;\n}}\n")
    yield built("c-thread-locals", ["gcc", "-O1", source], unknown_limit=1.0)
    yield built("c-static", ["gcc", "-O1", "-static", source])
    yield built("object-file.o", ["gcc", "-O2", "-g", "-c",
                                  os.path.join(ROOT, "examples", "wordcount.c")])
    sqlite = sqlite_source()
    if sqlite:
        yield built("sqlite3.so", ["gcc", "-O2", "-g", "-shared", "-fPIC", sqlite])
    else:
        yield Subject("sqlite3.so", None, "no SQLite source and no npm to get it with")


def sqlite_source():
    """SQLite's amalgamation, as the npm package better-sqlite3 ships it. Oracles run side by side; the
    first that wants it gets it for all."""
    path = os.path.join(FOLDER, "sqlite3.c")
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "sqlite3.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path) and shutil.which("npm"):
            run(["npm", "pack", "better-sqlite3"], cwd=FOLDER)
            for package in glob.glob(os.path.join(FOLDER, "better-sqlite3-*.tgz")):
                with tarfile.open(package) as archive:
                    member = archive.extractfile("package/deps/sqlite3/sqlite3.c")
                    write("sqlite3.c", member.read().decode("utf-8", "replace"))
    return path if os.path.exists(path) else None


def installed_subjects():
    for command, limit in (("python3.11", 5.0), ("git", None), ("bash", None), ("busybox", None),
                           ("node", None)):
        path = os.path.join("/usr/bin", command)
        yield file_subject(command, path, unknown_limit=limit, is_large=command == "node")
    for library in ("libc.so.6", "libstdc++.so.6"):
        places = glob.glob(f"/lib/*-linux-gnu/{library}") + glob.glob(f"/lib64/{library}")
        yield file_subject(library, places[0] if places else library)


def toolchain_subjects():
    if not shutil.which("rustc"):
        return
    sysroot = run(["rustc", "--print", "sysroot"]).stdout.strip()
    # Next to the library lies a linker script of almost its name.
    for name, pattern in (("cargo", "bin/cargo"), ("librustc_driver", "lib/librustc_driver-*.so"),
                          ("libLLVM", "lib/libLLVM*so*")):
        for path in list(filter(is_elf, sorted(glob.glob(os.path.join(sysroot, pattern)))))[:1]:
            yield file_subject(name, path, is_large=True)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def file_subject(name, path, **options):
    if not os.path.isfile(path):
        return Subject(name, None, f"no {path}")
    return Subject(name, os.path.realpath(path), **options)


def expand_targets(document):
    """Gives each call of `dwell calls --json` its targets: long lists are told once, for all calls
    that have them."""
    lists = {targets["list"]: targets for targets in document.get("target_lists", [])}
    for call in document["calls"]:
        if call["to"] is None:
            call.update({key: lists[call["to_list"]][key] for key in ("to", "to_addresses")})
    return document
