#!/usr/bin/env python3
"""wild.py: files without section headers whose program headers and dynamic section lead astray.

    tests/hostile/wild.py BUILD

In: a build folder. Out: a line for each failure, and as the last line `N passed, N failed, N skipped`.
Each number of a small program's dynamic section and program headers is replaced by others. What holds: an
answer, or one line and status 2; and where a table does not lie in the file, a diagnostic that says so.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from answers import messages_of, run
from harness.checks import check, finish, skip

SOURCE = """
#include <stdlib.h>
__thread int each = 3;
int (*hook)(int) = abs;
__attribute__((constructor)) static void begin(void) { each++; }
__attribute__((destructor)) static void end(void) { free(malloc((size_t)hook(each))); }
int main(int argc, char **argv) { void *p = malloc((size_t)argc); free(p); return argv[0][0] == each; }
"""
FLAGS = ("-O2", "-Wl,--hash-style=both", "-Wl,-z,pack-relative-relocs", "-Wl,--build-id")
NULL, HASH, STRTAB, SYMTAB, RELA, GNU_HASH, VERNEED, VERSYM, RELR, JMPREL, PLTGOT = \
    0, 4, 5, 6, 7, 0x6ffffef5, 0x6ffffffe, 0x6ffffff0, 36, 23, 3
PLACES = (HASH, STRTAB, SYMTAB, RELA, GNU_HASH, VERNEED, VERSYM, RELR, JMPREL)  # of tables
SIZES = {10: STRTAB, 8: RELA, 35: RELR, 2: JMPREL}  # of a table by its tag
OUTSIDE = (0x7fff0000, 1 << 40, 0xfffffffffffffff0)
SAID = "lies outside the file", "overlaps"

def said(dwell, path):
    """What is said in the answer or instead of it; None if it is neither."""
    return messages_of(*run(dwell, ("report",), path, is_limited=False))


class File:
    """The program's bytes, and where the numbers are."""

    def __init__(self, content):
        self.content = bytearray(content)
        self.content[0x28:0x30] = bytes(8)
        self.content[0x3a:0x40] = bytes(6)
        start, = struct.unpack_from("<Q", content, 0x20)
        count, = struct.unpack_from("<H", content, 0x38)
        self.headers = [start + 56 * i for i in range(count)]
        dynamic = next(at for at in self.headers if struct.unpack_from("<I", content, at)[0] == 2)
        offset, = struct.unpack_from("<Q", content, dynamic + 8)
        self.tags = {}
        for at in range(offset, len(content) - 16, 16):
            tag, = struct.unpack_from("<Q", content, at)
            if tag == NULL:
                break
            self.tags[tag] = at + 8

    def with_number(self, place, number, form="<Q"):
        content = bytearray(self.content)
        struct.pack_into(form, content, place, number & (1 << 8 * struct.calcsize(form)) - 1)
        return content

    def number(self, place):
        return struct.unpack_from("<Q", self.content, place)[0]


def versions(file):
    """Yields what is wrong, the bytes, and whether that has to be said."""
    for tag, place in file.tags.items():
        others = {file.number(other) for other in file.tags.values()}
        for number in sorted({0, 1, file.number(place) + 1, file.number(place) * 2, *OUTSIDE, *others}):
            is_outside = number in OUTSIDE and (tag in PLACES or tag in SIZES)
            yield f"tag {tag:#x} is {number:#x}", file.with_number(place, number), is_outside
    for at in file.headers:
        kind, = struct.unpack_from("<I", file.content, at)
        for place, name in ((8, "offset"), (16, "address"), (32, "file size"), (40, "size")):
            for number in sorted({0, 1, file.number(at + place) + 1, 0x1000, *OUTSIDE}):
                what = f"{name} of segment {kind:#x} is {number:#x}"
                is_outside = number in OUTSIDE and kind == 2 and name == "address"
                yield what, file.with_number(at + place, number), is_outside


def check_tables(dwell, file, path):
    """The tables themselves: each word of the hash tables, in turn."""
    for tag in (GNU_HASH, HASH):
        start = file.number(file.tags[tag])  # the first segment lies at 0
        for at in range(start, start + 40, 4):
            for number in (0, 1, 0x7fffffff, 0xffffffff):
                write(path, file.with_number(at, number, "<I"))
                check(f"word {at - start} of hash table {tag:#x} is {number:#x}",
                      said(dwell, path) is not None)


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def main():
    dwell = os.path.join(os.path.abspath(sys.argv[1]), "dwell")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program")
        source = path + ".c"
        write(source, SOURCE.encode())
        if not shutil.which("gcc") or subprocess.run(["gcc", *FLAGS, "-o", path, source], check=False).returncode:
            skip("no gcc that builds this")
            return finish()
        with open(path, "rb") as program:
            file = File(program.read())
        write(path, file.content)
        answer = said(dwell, path)
        check("unharmed", answer is not None and not any(text in answer for text in SAID), answer)
        for what, content, is_outside in versions(file):
            write(path, content)
            answer = said(dwell, path)
            check(f"{what}: an answer or one line", answer is not None)
            check(f"{what}: says so", not is_outside or any(text in (answer or "") for text in SAID),
                  answer)
        check_tables(dwell, file, path)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
