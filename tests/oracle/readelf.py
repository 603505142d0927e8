"""readelf.py: what binutils' readelf says of a file, as plain data; the truth for owners.py."""

import re
import subprocess
from dataclasses import dataclass


@dataclass
class Segment:
    kind: str
    address: int
    file_bytes: int
    bytes: int


@dataclass
class Section:
    name: str
    kind: str
    address: int
    bytes: int
    flags: str


@dataclass(frozen=True)
class Symbol:
    address: int
    bytes: int
    kind: str  # FUNC, OBJECT, TLS, IFUNC, ...
    section: int
    name: str


PROGRAM_HEADER = re.compile(r"^\s+(\w+)\s+0x\w+ 0x(\w+) 0x\w+ 0x(\w+) 0x(\w+)")
SECTION_HEADER = re.compile(
    r"^\s*\[\s*\d+\] (\S*)\s+(\S+)\s+([0-9a-f]{8,}) [0-9a-f]+ ([0-9a-f]+) \w+\s+([A-Za-z]*)\s+\d+")
SYMBOL = re.compile(r"^\s*\d+: ([0-9a-f]+)\s+(\w+) (\w+)\s+\w+\s+\w+\s+(?:\[.*?\]\s+)?(\d+) ?(.*)$")


def lines_of(option, path):
    command = ["readelf", option, "--wide", path]
    return subprocess.run(command, capture_output=True, text=True, errors="replace",
                          check=False).stdout.splitlines()


def segments(path):
    found = filter(None, map(PROGRAM_HEADER.match, lines_of("-l", path)))
    return [Segment(kind, int(address, 16), int(stored, 16), int(size, 16))
            for kind, address, stored, size in (match.groups() for match in found)]


def sections(path):
    found = filter(None, map(SECTION_HEADER.match, lines_of("-S", path)))
    return [Section(name, kind, int(address, 16), int(size, 16), flags)
            for name, kind, address, size, flags in (match.groups() for match in found)]


def symbols(path):
    """Defined symbols of both tables, each once."""
    found = filter(None, map(SYMBOL.match, lines_of("-s", path)))
    return list(dict.fromkeys(
        Symbol(int(address, 16), int(size, 0), kind, int(section), name)
        for address, size, kind, section, name in (match.groups() for match in found)))
