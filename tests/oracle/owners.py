#!/usr/bin/env python3
"""owners.py: does every byte have exactly one owner, and is it the right one?

    tests/oracle/owners.py DWELL [--large] [FILE...]

In: dwell, and files (without any: the subjects of subjects.py; those of 40 MB and more only with
--large). Out: a table with a row for each file, what is wrong, and as the last line
`N passed, N failed, N skipped`. `dwell globals --json --no-libs FILE` is compared with readelf:

- segments: the same addresses and sizes; the owners of each add up to its size, do not overlap
  and leave no gap; the owners in a section add up to the section
- symbols: each function and object with a size is an owner of that size at its address, or it is
  explained: it overlaps another symbol, it names an entry of a table that is one owner (as that of
  the start-up functions), or a rewriter left it behind dead
- thread-locals lie within the thread-local block, and each symbol of one is there
- the share of read-only data whose owner is unknown is below the file's limit
"""

import bisect
import json
import subprocess
import sys
import time

import readelf
from subjects import Subject, all_subjects

SIZED_KINDS = ("FUNC", "OBJECT", "IFUNC", "UNIQUE")
TABLES = ("function_list", "got", "plt")
READ_ONLY_SECTIONS = (".rodata", ".data.rel.ro", ".lrodata")
COLUMNS = ("file", "MB", "owners", "symbols", "exact", "overlap", "table", "dead", "tls", "unknown%", "s")


class Report:
    """Problems of one file, by check; a check passes if it has none."""

    def __init__(self):
        self.checks = {}

    def check(self, name, problems):
        self.checks[name] = list(problems)


def is_thread_local(owner):
    return owner["memory"] in ("tls_data", "tls_bss") and owner["kind"] != "tls_template"


def check_segments(document, truth, report):
    """Of object files, where readelf knows no segments, only the sums."""
    told = [(segment["address"], segment["bytes"]) for segment in document["segments"]]
    loads = [(segment.address, segment.bytes) for segment in truth if segment.kind == "LOAD"]
    if loads:
        missing = [f"{address:#x} +{size} is in one but not in the other"
                   for address, size in set(told) ^ set(loads) if size > 0]
        report.check("segments", missing)
    report.check("sums", (f"segment at {segment['address']:#x} has {segment['bytes']} bytes, "
                          f"its owners {sum(segment['owners_bytes'])}"
                          for segment in document["segments"]
                          if sum(segment["owners_bytes"]) != segment["bytes"]))


def check_cover(document, owners, report):
    problems = []
    starts = [owner["address"] for owner in owners]
    for segment in document["segments"]:
        at, end = segment["address"], segment["address"] + segment["bytes"]
        first, last = bisect.bisect_left(starts, at), bisect.bisect_left(starts, end)
        for owner in owners[first:last]:
            if owner["address"] != at:
                problems.append(f"{owner['address']:#x} {owner['name']}: expected {at:#x}")
            at = owner["address"] + owner["bytes"]
        if at != end:
            problems.append(f"segment ends at {end:#x}, its owners at {at:#x}")
    report.check("cover", problems)


def check_sections(owners, truth, report):
    sums = {}
    for owner in owners:
        sums[owner["section"]] = sums.get(owner["section"], 0) + owner["bytes"]
    wanted = {}
    for section in truth:
        if "A" in section.flags and not ("T" in section.flags and section.kind == "NOBITS"):
            wanted[section.name] = wanted.get(section.name, 0) + section.bytes
    report.check("sections", (f"{name} has {size} bytes, its owners {sums.get(name, 0)}"
                              for name, size in wanted.items() if sums.get(name, 0) != size))


def overlapping(symbols):
    """The symbols that share bytes with a symbol of another start or size."""
    found, group, end = set(), [], -1
    for symbol in sorted(symbols, key=lambda symbol: (symbol.address, -symbol.bytes)):
        if symbol.address >= end:
            found.update(group if len({(s.address, s.bytes) for s in group}) > 1 else ())
            group, end = [], -1
        group.append(symbol)
        end = max(end, symbol.address + symbol.bytes)
    found.update(group if len({(s.address, s.bytes) for s in group}) > 1 else ())
    return found


def check_symbols(owners, symbols, sections, report):
    """Returns how many symbols there are, and how they agree with the owners."""
    starts = [owner["address"] for owner in owners]
    sized = [symbol for symbol in symbols if symbol.kind in SIZED_KINDS and symbol.bytes > 0
             and in_memory(symbol, sections)]
    overlaps = overlapping(sized)
    counts = {"symbols": len(sized), "exact": 0, "overlap": 0, "table": 0, "dead": 0}
    problems = []
    for symbol in sized:
        i = bisect.bisect_right(starts, symbol.address) - 1
        owner = owners[i] if i >= 0 else None
        if owner and (owner["address"], owner["bytes"]) == (symbol.address, symbol.bytes):
            counts["exact"] += 1
        elif symbol in overlaps or (owner and owner["address"] == symbol.address
                                    and holds(owner, symbol) and owner["kind"] != "unknown"):
            # Debug information may know a larger object at the same place.
            counts["overlap"] += 1
        elif owner and holds(owner, symbol) and owner["kind"] in TABLES:
            counts["table"] += 1
        elif owner and owner["kind"] == "dead":
            counts["dead"] += 1
        else:
            problems.append(f"{symbol.name}: {symbol.address:#x} +{symbol.bytes}, owner is " +
                            (f"{owner['name']}: {owner['address']:#x} +{owner['bytes']} "
                             f"({owner['kind']})" if owner else "none"))
    report.check("symbols", problems)
    return counts


def holds(owner, symbol):
    return symbol.address + symbol.bytes <= owner["address"] + owner["bytes"]


def in_memory(symbol, sections):
    return 0 < symbol.section <= len(sections) - 1 and "A" in sections[symbol.section].flags


def check_thread_locals(document, symbols, segments, report):
    block = sum(segment.bytes for segment in segments if segment.kind == "TLS")
    told = [owner for owner in document["globals"] if is_thread_local(owner)]
    problems = [f"{owner['name']}: offset {owner['address']} is not in {block} bytes"
                for owner in told if owner["address"] + owner["bytes"] > block]
    at = {owner["address"] for owner in told}
    problems += [f"{symbol.name}: thread-local at offset {symbol.address} is missing"
                 for symbol in symbols
                 if symbol.kind == "TLS" and symbol.bytes and symbol.address not in at]
    report.check("thread-locals", problems)
    return len(told)


def unknown_share(owners):
    read_only = [owner for owner in owners
                 if (owner["section"] or "").startswith(READ_ONLY_SECTIONS)]
    total = sum(owner["bytes"] for owner in read_only)
    unknown = sum(owner["bytes"] for owner in read_only if owner["kind"] == "unknown")
    return 100.0 * unknown / total if total else 0.0


def compare(dwell, subject):
    """Returns the report on a file and its row of the table."""
    report = Report()
    start = time.monotonic()
    finished = subprocess.run([dwell, "globals", "--json", "--no-libs", subject.path],
                              capture_output=True, check=False, timeout=600)
    seconds = time.monotonic() - start
    if finished.returncode != 0:
        report.check("run", [finished.stderr.decode(errors="replace")[-2000:]])
        return report, {"file": subject.name, "s": f"{seconds:.2f}"}
    document = json.loads(finished.stdout)
    owners = sorted((owner for owner in document["globals"]
                     if not is_thread_local(owner) and owner["bytes"]),
                    key=lambda owner: owner["address"])
    row = check_all(document, owners, subject, report)
    row["s"] = f"{seconds:.2f}"
    return report, row


def check_all(document, owners, subject, report):
    segments, sections = readelf.segments(subject.path), readelf.sections(subject.path)
    symbols = readelf.symbols(subject.path)
    is_placed = any(segment.kind == "LOAD" for segment in segments)
    row = {"file": subject.name, "owners": len(owners), "unknown%": f"{unknown_share(owners):.2f}",
           "MB": f"{sum(segment['bytes'] for segment in document['segments']) / 1e6:.1f}"}
    check_segments(document, segments, report)
    check_sections(owners, sections, report)
    if is_placed:
        check_cover(document, owners, report)
        row.update(check_symbols(owners, symbols, sections, report))
        row["tls"] = check_thread_locals(document, symbols, segments, report)
    share = unknown_share(owners)
    if subject.unknown_limit is not None:
        report.check("unknown", [f"{share:.2f} % of read-only data, more than "
                                 f"{subject.unknown_limit} %"] * (share > subject.unknown_limit))
    return row


def print_table(rows):
    widths = [max(len(str(row.get(column, "-"))) for row in [dict(zip(COLUMNS, COLUMNS)), *rows])
              for column in COLUMNS]
    for row in [dict(zip(COLUMNS, COLUMNS)), *rows]:
        print("  ".join(str(row.get(column, "-")).rjust(width) if column != "file" else
                        str(row.get(column, "-")).ljust(width)
                        for column, width in zip(COLUMNS, widths)))


def print_problems(subject, report):
    for name, problems in report.checks.items():
        if problems:
            print(f"FAILED: {subject.name}: {name}: {len(problems)} times")
            for problem in problems[:5]:
                print(f"    {problem}")


def main():
    dwell, *rest = sys.argv[1:]
    files = [name for name in rest if name != "--large"]
    subjects = [Subject(name, name) for name in files] or list(all_subjects())
    rows, passed, failed, skipped = [], 0, 0, 0
    for subject in subjects:
        reason = subject.reason
        if subject.is_large and "--large" not in rest:
            reason = "a large file; --large looks at it"
        if reason:
            print(f"skipped: {subject.name}: {reason}")
            skipped += 1
            continue
        report, row = compare(dwell, subject)
        print_problems(subject, report)
        rows.append(row)
        wrong = sum(1 for problems in report.checks.values() if problems)
        failed += wrong
        passed += len(report.checks) - wrong
    print_table(rows)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
