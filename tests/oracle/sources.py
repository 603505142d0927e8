"""sources.py: sources of well-known libraries, as Debian ships them: what compilers make of code that
nobody wrote for this test. apt-get downloads them, with lists and caches of its own below the folder of
the oracles; nothing of the system is changed. Where that fails, there is a reason instead."""

import glob
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field

from subjects import FOLDER, sqlite_source


@dataclass
class Package:
    name: str
    files: list  # patterns of the files that are compiled
    flags: list = field(default_factory=list)  # {} is the folder
    is_cpp: bool = False


PACKAGES = {package.name: package for package in (
    Package("zlib", ["*.c"], ["-DHAVE_UNISTD_H"]),
    Package("bzip2", ["blocksort.c", "bzlib.c", "compress.c", "crctable.c", "decompress.c",
                      "huffman.c", "randtable.c", "bzip2.c"]),
    Package("lz4", ["lib/*.c"]),
    Package("lua5.4", ["src/l*.c"], ["-DLUA_USE_LINUX"]),
    Package("libzstd", ["lib/common/*.c", "lib/compress/*.c", "lib/decompress/*.c"],
            ["-DZSTD_DISABLE_ASM", "-I{}/lib"]),
    Package("pugixml", ["src/pugixml.cpp"], is_cpp=True),
    Package("re2", ["re2/*.cc", "util/rune.cc", "util/strutil.cc"], ["-I{}"], is_cpp=True),
)}


@dataclass
class Sources:
    """What is to be compiled, or why there is nothing."""
    name: str
    files: list
    flags: list
    is_cpp: bool
    reason: str = ""


def package_sources(name):
    package = PACKAGES[name]
    folder, reason = unpacked(name)
    if not folder:
        return Sources(name, [], [], package.is_cpp, reason)
    files = sorted(path for pattern in package.files
                   for path in glob.glob(os.path.join(folder, pattern)))
    flags = [flag.replace("{}", folder) for flag in package.flags]
    return Sources(name, files, flags, package.is_cpp, "" if files else f"no files in {folder}")


def sqlite():
    path = sqlite_source()
    return Sources("sqlite3", [path] if path else [], [], False,
                   "" if path else "no SQLite source and no npm to get it with")


def unpacked(name):
    """Returns the folder of a package's sources, or None and the reason."""
    folder = os.path.join(FOLDER, "sources", name)
    if not glob.glob(os.path.join(folder, "*", "")):
        os.makedirs(folder, exist_ok=True)
        reason = download(name, folder)
        if reason:
            return None, reason
        for archive in glob.glob(os.path.join(folder, "*.orig.tar.*")):
            if archive.endswith((".gz", ".bz2", ".xz")):
                with tarfile.open(archive) as tar:
                    tar.extractall(folder)
    found = glob.glob(os.path.join(folder, "*", ""))
    return (found[0].rstrip("/"), None) if found else (None, "nothing in the archive")


def download(name, folder):
    """Returns what went wrong, or None."""
    if not shutil.which("apt-get"):
        return "no apt-get"
    options, reason = apt_options()
    if reason:
        return reason
    finished = subprocess.run(["apt-get", "-q", *options, "source", "--download-only",
                               "--only-source", name], cwd=folder, capture_output=True, text=True,
                              check=False, timeout=300)
    return None if finished.returncode == 0 else last_line(finished.stderr)


def apt_options():
    """Lists of sources, made from the system's own, in a folder of ours."""
    apt = os.path.join(FOLDER, "sources", "apt")
    lists = os.path.join(apt, "lists")
    # apt-get tells the format by the name.
    one_line, stanzas = os.path.join(apt, "src.list"), os.path.join(apt, "src.sources")
    options = ["-o", f"Dir::Etc::SourceParts={apt}/parts", "-o", f"Dir::Etc::SourceList={one_line}",
               "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={apt}"]
    if os.path.exists(os.path.join(apt, "ready")):
        return options, None
    for part in ("lists/partial", "archives/partial", "parts"):
        os.makedirs(os.path.join(apt, part), exist_ok=True)
    write_lists(one_line, os.path.join(apt, "parts", os.path.basename(stanzas)))
    finished = subprocess.run(["apt-get", "-q", *options, "update"], capture_output=True, text=True,
                              check=False, timeout=300)
    if finished.returncode or not glob.glob(os.path.join(lists, "*Sources*")):
        return None, "apt-get update: " + (last_line(finished.stderr) or "no lists of sources")
    with open(os.path.join(apt, "ready"), "w", encoding="utf-8"):
        return options, None


def write_lists(one_line, stanzas):
    old, new = "", ""
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*.list")]:
        old += read(path)
    for path in glob.glob("/etc/apt/sources.list.d/*.sources"):
        new += read(path) + "\n"
    with open(one_line, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^deb ", "deb-src ", old, flags=re.MULTILINE))
    with open(stanzas, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^Types:.*$", "Types: deb-src", new, flags=re.MULTILINE))


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
