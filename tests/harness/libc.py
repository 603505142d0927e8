"""libc.py: verdicts on the C library's own functions against what a counting allocator sees.

tests/soundness/libc/ calls several hundred functions of libc and libm, in a process whose allocator
counts. Each call returns, so what was counted must agree with the verdict that dwell gives the
function when it reads the library alone: `never` and `on_panic` never count, `always` always does.
Functions are found by their address, so that of one with many variants (strlen, memcpy, sin) it is
the variant that runs on this machine.
"""

import json
import os
from collections import defaultdict

from .programs import COMPILERS, find_compilers, is_newer
from .results import failed, passed, run, skipped

MAX_WEAK = 0.5  # share of functions with a verdict that promises nothing


def collect(context):
    compilers = find_compilers(COMPILERS[".c"])
    if compilers:
        yield "libc", lambda: check(context, compilers[0])
    else:
        yield "libc", lambda: [skipped("no C compiler")]


def check(context, compiler):
    folder = context.folder("soundness", "libc" + "-san" * context.is_sanitized)
    problem = build(context, compiler, folder)
    if problem:
        return [failed(problem, "build")]
    rows, problem = called(folder)
    if problem:
        return [failed(problem, "run")]
    results, weak = [], 0
    for path, functions in sorted(rows.items()):
        answer = run([context.dwell, "heap", "--json", path], env=context.environment())
        if answer.returncode != 0:
            return [failed(answer.stderr, path)]
        verdicts = {function["address"]: function
                    for function in json.loads(answer.stdout)["functions"]}
        for (name, address), counts in functions.items():
            record = verdicts.get(address)
            results.append(compare(name, record, counts))
            weak += record is not None and record["allocates"] in ("maybe", "unknown")
    share = weak / max(len(results), 1)
    results.append(passed("share") if share <= MAX_WEAK else
                   failed(f"{share:.0%} of the verdicts promise nothing", "share"))
    return results


def build(context, compiler, folder):
    if is_newer(os.path.join(folder, "calls"), os.path.join(context.root, "tests", "soundness")):
        return None
    sources = [os.path.join(context.root, "tests", "soundness", name)
               for name in ("libc/calls.c", "libc/text.c", "libc/system.c",
                             "libc/threads.c", "counting.c")]
    finished = run([compiler.path, "-O0", "-fno-builtin", "-U_FORTIFY_SOURCE", "-w", "-o",
                    os.path.join(folder, "calls"), *sources, "-lm", "-ldl"])
    return None if finished.returncode == 0 else finished.stderr


def called(folder):
    """What was counted: for each file, from (name, address) to a list of (allocations, frees)."""
    out = os.path.join(folder, "counts")
    finished = run([os.path.join(folder, "calls"), out], cwd=folder)
    if finished.returncode != 0:
        return None, f"status {finished.returncode}\n{finished.stderr[-2000:]}"
    rows = defaultdict(lambda: defaultdict(list))
    with open(out, encoding="utf-8") as file:
        for line in file:
            name, path, offset, allocated, freed = line.split()
            if os.path.basename(path).startswith(("libc.", "libm.")):
                rows[path][name, int(offset, 16)].append((int(allocated), int(freed)))
    return rows, None if rows else "no function of libc or libm was called"


def compare(name, record, counts):
    if record is None:
        return failed("no function of dwell begins at its address", name)
    problems = [f"{what} {record[what]}, but a call that returned counts {call[column]}"
                for call in counts for column, what in enumerate(("allocates", "frees"))
                if contradicts(record[what], call[column])]
    return failed("\n".join(problems), name) if problems else passed(name)


def contradicts(verdict, count):
    return count > 0 if verdict in ("never", "on_panic") else verdict == "always" and count == 0
