#!/usr/bin/env python3
"""stripped.py: does a file without symbols promise what the same file with symbols denies?

    tests/oracle/stripped.py DWELL

In: dwell; programs and libraries of each compiler, linker and C library at hand. Out: a line for each
with how many verdicts `never` are left without symbols, and without section headers, what is wrong,
and as the last line `N passed, N failed, N skipped`. Verdicts are compared by address, before and after
strip: what is promised of a function afterwards must be true of what its names say. A file without
section headers (in which they are only forgotten, or cut off) must promise no more either, and of one
that is linked dynamically, the same as the stripped file (no more, where one segment holds code and
constants). Of what `objcopy --only-keep-debug` makes, nothing is promised.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

C = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) void *wrap(size_t n) { void *p = malloc(n); if (!p) exit(1); return p; }
__attribute__((noinline)) char *copy(const char *s) { return strcpy(wrap(strlen(s) + 1), s); }
__attribute__((noinline)) void drop(char *p) { free(p); }
__attribute__((noinline)) void *zero(size_t n) { return calloc(n, 8); }
__attribute__((noinline)) void *grow(void *p, size_t n) { return realloc(p, n); }
int main(int c, char **v)
{
    char *p = copy(v[0]);
    void *q = grow(zero((size_t)c), 100 * (size_t)c);
    int r = p[0] + (q != 0) + printf("%s\n", p);
    drop(p);
    drop(q);
    return r == 0;
}
"""

KERNEL = r"""
static volatile long number = 9;
volatile int one = 1;
#define FUNCTION(name, instruction, number) \
    __attribute__((noinline)) long name(void) \
    { \
        long result; \
        __asm__ volatile(instruction : "=a"(result) : "a"(number), "D"(0L), "S"(4096L) \
                         : "rcx", "r11", "memory"); \
        return result; \
    }
FUNCTION(maps_mmap, "syscall", 9L)
FUNCTION(maps_brk, "syscall", 12L)
FUNCTION(maps_mremap, "syscall", 25L)
FUNCTION(maps_shmat, "syscall", 30L)
FUNCTION(maps_x32, "syscall", 0x40000009L)
FUNCTION(maps_any, "syscall", number)
FUNCTION(maps_interrupt, "int $0x80", 45L)
FUNCTION(maps_interrupt_exit, "int $0x80", 1L)
FUNCTION(plain_getpid, "syscall", 39L)
FUNCTION(plain_exit, "syscall", 60L)
void _start(void)
{
    if (one > 1)
        maps_mmap(), maps_brk(), maps_mremap(), maps_shmat(), maps_x32(), maps_any(), maps_interrupt(),
            maps_interrupt_exit(), plain_getpid();
    plain_exit();
    for (;;)
        ;
}
"""

CPP = r"""
#include <map>
#include <string>
#include <vector>
int main(int c, char **v)
{
    std::map<std::string, std::vector<int>> all;
    for (int i = 0; i < c; i++)
        all[v[i]].push_back(i);
    return all.empty();
}
"""

RUST = r"""
fn main() {
    let all: Vec<u32> = (0..std::env::args().count() as u32).collect();
    println!("{all:?}");
}
"""

FIXED = ["-fno-pie", "-no-pie"]


def program(name):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(folder, "programs", name), encoding="utf-8") as file:
        return file.read()


LIBRARY = r"""
#include <stdlib.h>
static void *(*take)(size_t) = malloc;
extern int hook(int) __attribute__((weak));
__attribute__((noinline)) static void *local(size_t n) { return take(n); }
int (*twice)(int);
void *make(size_t n) { return hook && hook(1) ? local(n) : 0; }
void drop(void *p) { free(p); }
int plain(int n) { return n * 3; }
__attribute__((constructor)) static void begin(void) { twice = plain; }
"""

STATIC = (
    ("glibc, C", "gcc", "c", C, ["-O1", "-static"]),
    ("glibc, C, PIE", "gcc", "c", C, ["-O2", "-static-pie"]),
    ("glibc, C, clang", "clang", "c", C, ["-O2", "-static"]),
    ("musl, C", "musl-gcc", "c", C, ["-O0", "-static"]),
    ("musl, C, -O2", "musl-gcc", "c", C, ["-O2", "-static"]),
    ("glibc, C++", "g++", "cpp", CPP, ["-O2", "-static"]),
    ("glibc, Rust", "rustc", "rs", RUST, ["-O", "-C", "target-feature=+crt-static"]),
)

DYNAMIC = (
    ("C", "gcc", "c", C, ["-O2"]),
    ("C, -O0, at a fixed place", "gcc", "c", C, ["-O0", "-fno-pie", "-no-pie"]),
    ("C, bound at the start", "gcc", "c", C, ["-O2", "-Wl,-z,now"]),
    ("C, no stubs", "gcc", "c", C, ["-O2", "-fno-plt"]),
    ("C, no stubs, nothing read-only", "gcc", "c", C, ["-O2", "-fno-plt", "-Wl,-z,norelro"]),
    ("C, stubs for indirect branches", "gcc", "c", C, ["-O2", "-fcf-protection", "-Wl,-z,ibtplt"]),
    ("C, old hash table", "gcc", "c", C, ["-O2", "-Wl,--hash-style=sysv"]),
    ("C, packed relocations", "gcc", "c", C, ["-O2", "-Wl,-z,pack-relative-relocs"]),
    ("C, no unwind tables", "gcc", "c", C, ["-O2", "-fno-asynchronous-unwind-tables"]),
    ("C, large model", "gcc", "c", C, ["-O2", "-fPIE", "-pie", "-mcmodel=large"]),
    ("C, clang", "clang", "c", C, ["-O2"]),
    ("C, lld", "clang", "c", C, ["-O2", "-fuse-ld=lld", "-pie", "-fPIE"]),
    ("C, lld, at a fixed place", "clang", "c", C, ["-O2", "-fuse-ld=lld", "-no-pie"]),
    ("C, musl", "musl-gcc", "c", C, ["-O2"]),
    ("C, library", "gcc", "c", LIBRARY, ["-O2", "-shared", "-fPIC"]),
    ("C, library, lld", "clang", "c", LIBRARY, ["-O2", "-shared", "-fPIC", "-fuse-ld=lld"]),
    ("C++", "g++", "cpp", CPP, ["-O2"]),
    ("C++, lld", "clang++", "cpp", CPP, ["-O2", "-fuse-ld=lld"]),
    ("Rust", "rustc", "rs", RUST, ["-O"]),
)

ONE_SEGMENT = (
    ("C, one segment", "gcc", "c", C, ["-O2", "-Wl,-z,noseparate-code"]),
    ("C, gold", "gcc", "c", C, ["-O2", "-fuse-ld=gold"]),
    ("C, distances", "gcc", "c", program("c12_distances.c"), ["-O2", *FIXED, "-Wl,-z,noseparate-code"]),
    ("C, stores", "clang", "c", program("c8_stores.c"), ["-O2", *FIXED, "-Wl,-z,noseparate-code"]),
    ("C, all writable", "clang", "c", program("c12_distances.c"),
     ["-O2", *FIXED, "-static", "-fuse-ld=lld", "-Wl,-N"]),
    ("C++, classes", "g++", "cpp", program("c4_classes.cpp"), ["-O2", *FIXED, "-Wl,-z,noseparate-code"]),
    ("Rust, objects", "rustc", "rs", program("s8_dyn_trait.rs"),
     ["-O", "-C", "relocation-model=static", "-C", "link-arg=-fuse-ld=bfd", "-C",
      "link-arg=-Wl,-z,noseparate-code"]),
)

# What may be said without symbols of what has this verdict with them.
TRUE_OF = {
    "never": ("never", "on_panic"),
    "on_panic": ("on_panic",),
    "maybe": ("maybe",),
    "always": ("maybe", "always"),
    "unknown": (),
}


KEYS = ("allocates", "frees", "frame_bytes", "bound_bytes", "bound_with_panic_bytes")


def document(dwell, command, path):
    finished = subprocess.run([dwell, command, "--json", "--all", path], capture_output=True, check=True)
    return json.loads(finished.stdout)


def functions_of(dwell, command, path):
    return {function["address"]: function for function in document(dwell, command, path)["functions"]}


def verdicts(dwell, path):
    """What is promised of each function, by address."""
    stack = functions_of(dwell, "stack", path)
    return {address: {**function, **stack.get(address, {})}
            for address, function in functions_of(dwell, "heap", path).items()}


def is_possible(dwell, path):
    return document(dwell, "report", path)["heap"]["possible"]


def contradictions(named, nameless, is_dynamic):
    # What ends a program by its name, as Rust's panics do, may seem to go on without it.
    silent = ("unknown", "maybe") if is_dynamic else ("unknown",)
    for address, function in nameless.items():
        before = named.get(address)
        for key in ("allocates", "frees"):
            if before and function[key] not in silent and \
                    function[key] not in TRUE_OF[before[key]] and before[key] != "unknown":
                yield f"{before['name']} {key}: {before[key]}, and {function[key]} without symbols"
        bound, least = function["bound_with_panic_bytes"], before and before["at_least_bytes"]
        if before and bound is not None and bound < least:
            yield f"{before['name']} takes {least} bytes of stack, and at most {bound} without symbols"


def cut_sections(path, is_cut):
    """Writes the file without section headers next to it; the table may stay where it was."""
    copy = f"{path}.cut" if is_cut else f"{path}.forgotten"
    with open(path, "rb") as file:
        content = bytearray(file.read())
    table, = struct.unpack_from("<Q", content, 0x28)
    content[0x28:0x30] = bytes(8)
    content[0x3a:0x40] = bytes(6)
    if is_cut:
        del content[table:]
    with open(copy, "wb") as file:
        file.write(content)
    os.chmod(copy, 0o755)
    return copy


def differences(stripped, sectionless):
    """Functions of which the two files say different things, or that only one has."""
    for address in sorted(stripped.keys() | sectionless.keys()):
        said = [[of[address][key] for key in KEYS] if address in of else None
                for of in (stripped, sectionless)]
        if said[0] != said[1]:
            yield f"function at {address:#x}: {said[0]} after strip, {said[1]} without section headers"


def never(functions):
    return sum(1 for function in functions.values() if function["allocates"] == "never")


def check_sectionless(dwell, path, named, kind):
    """Returns what is wrong, and the verdicts."""
    stripped = verdicts(dwell, path)
    forgotten = verdicts(dwell, cut_sections(path, False))
    gone = verdicts(dwell, cut_sections(path, True))
    problems = [f"{problem}, no section headers" for problem in contradictions(named, gone, kind != STATIC)]
    if forgotten != gone:
        problems.append("it matters whether the table is only forgotten")
    if kind == DYNAMIC:
        problems += differences(stripped, gone)
    return problems, gone


def check_debug_only(dwell, path):
    """Returns what is promised of a file from which all but the debug information was taken."""
    subprocess.run(["objcopy", "--only-keep-debug", path, f"{path}.debug"], check=True, capture_output=True)
    functions = verdicts(dwell, f"{path}.debug")
    problems = [f"{function['name']}: {key} is {function[key]}, without its code"
                for function in functions.values() for key in KEYS if function[key] not in (None, "unknown")]
    answer = document(dwell, "report", f"{path}.debug")
    if not functions or not answer["heap"]["possible"]:
        problems.append("dynamic memory is said to be impossible, without code")
    if answer["heap"]["startup"]["before_main"] not in (None, "unknown"):
        problems.append("what is before main is promised, without code")
    if not any("holds no code" in row["message"] for row in answer["diagnostics"]):
        problems.append("it is not said that there is no code")
    return problems


def build(folder, compiler, suffix, source, options):
    path = os.path.join(folder, "program")
    with open(f"{path}.{suffix}", "w", encoding="utf-8") as file:
        file.write(source)
    built = subprocess.run([compiler, *options, "-o", path, f"{path}.{suffix}"],
                           capture_output=True, check=False)
    return None if built.returncode else path


def compare(dwell, folder, title, kind, *how):
    path = build(folder, *how)
    if not path:
        return None
    stripped = f"{path}.stripped"
    named = verdicts(dwell, path)
    subprocess.run(["strip", "-o", stripped, path], check=True)
    nameless = verdicts(dwell, stripped)
    problems = list(contradictions(named, nameless, kind != STATIC))
    more, sectionless = check_sectionless(dwell, stripped, named, kind)
    more += check_debug_only(dwell, path)
    for file in (stripped, f"{stripped}.cut"):
        if not is_possible(dwell, file):
            problems.append("dynamic memory is said to be impossible")
    if not {"main", "make"} & {function["name"] for function in named.values()}:
        problems.append("the file with symbols has none")
    print(f"{title}: {len(nameless)} functions, never allocate: {never(named)}, {never(nameless)} without "
          f"symbols, {never(sectionless)} of {len(sectionless)} without section headers")
    return problems + more


def check_kernel(dwell, folder):
    """What can enter the kernel for memory is unknown without names, and nothing else is."""
    path = build(folder, "gcc", "c", KERNEL, ["-O2", "-static", "-nostdlib"])
    if not path:
        return None
    named = verdicts(dwell, path)
    subprocess.run(["strip", "-o", f"{path}.stripped", path], check=True)
    nameless = verdicts(dwell, f"{path}.stripped")
    wanted = {"maps": "unknown", "plain": "never"}
    problems = [f"{function['name']}: {nameless[address]['allocates']} without symbols"
                for address, function in named.items()
                if nameless[address]["allocates"] != wanted.get(function["name"].split("_")[0], "unknown")]
    return problems if len(named) == 11 else ["not all functions were found"]


def main():
    dwell = os.path.abspath(sys.argv[1])
    passed = failed = skipped = 0
    cache = tempfile.TemporaryDirectory()  # of its own, for the libraries
    os.environ["XDG_CACHE_HOME"] = cache.name
    builds = [(title, kind, *how) for kind in (STATIC, DYNAMIC, ONE_SEGMENT) for title, *how in kind]
    builds.append(("the kernel", None, "gcc"))
    for title, kind, compiler, *rest in builds:
        with tempfile.TemporaryDirectory() as folder:
            check = check_kernel if kind is None else \
                lambda *place: compare(*place, title, kind, compiler, *rest)
            problems = check(dwell, folder) if shutil.which(compiler) else None
        if problems is None:
            skipped += 1
            print(f"skipped: {title}: no {compiler} that builds this")
        elif problems:
            failed += 1
            print(f"FAILED: {title}:", *problems[:20], sep="\n    ")
        else:
            passed += 1
    cache.cleanup()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
