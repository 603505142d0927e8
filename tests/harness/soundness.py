"""soundness.py: verdicts against what a counting allocator sees.

tests/soundness/functions.{c,cpp,rs} are built with each compiler of their language, without and
with optimization, and run. For each function and argument, what was counted must agree with the
verdicts:

    never     never counted, whatever happened
    on_panic  not counted when the function returned and nothing was raised
    always    counted each time the function returned and nothing was raised
    maybe, unknown   promise nothing

Raised: an exception or panic began, perhaps one that the function itself caught, which is no normal
path. Without optimization the verdict must also be the one that the source says, or a weaker one:
`maybe`, `unknown`; also `on_panic` instead of `never`, since compilers add checks and landing
pads, and exit() calls what was registered. Weaker is allowed here, wrong is not.

libc.py checks the functions of the C library in the same way, by its own symbols.
"""

import json
import os
import re

from . import libc
from .programs import COMPILERS, find_compilers, is_newer
from .results import failed, passed, run, skipped

WEAK = ("maybe", "unknown")
# How many of the cases that the source answers must get that answer without optimization. What is
# missing are checks that always hold (Rust, where the size of each Box is compared with 0), calls
# of whichever implementation, and null pointers that never are.
MIN_EXACT = {".c": 0.9, ".cpp": 0.65, ".rs": 0.55}
OPTIONS = {
    ".c": {"plain": ["-O0", "-w"], "optimized": ["-O2", "-w"]},
    ".cpp": {"plain": ["-std=c++20", "-O0", "-w"], "optimized": ["-std=c++20", "-O2", "-w"]},
    ".rs": {"plain": ["-C", "debuginfo=2"], "optimized": ["-O"]},
}
# Of C++ and Rust the case functions stand in a namespace or module `cases`.
CASE = re.compile(r"(?:functions::)?cases::(\w+)(?:\(int\))?")


def collect(context):
    for extension, modes in OPTIONS.items():
        compilers = find_compilers(COMPILERS[extension])
        if not compilers:
            reason = f"no compiler: {' '.join(COMPILERS[extension])}"
            yield f"counting {extension}", lambda reason=reason: [skipped(reason)]
        for compiler in compilers:
            for mode in modes:
                yield (f"counting {compiler.label} {mode}",
                       lambda compiler=compiler, extension=extension, mode=mode:
                       check(context, compiler, extension, mode))
    yield from libc.collect(context)


def check(context, compiler, extension, mode):
    # one program for each build of dwell: two tests at once must not write the same file
    folder = context.folder("soundness", compiler.label, mode + "-san" * context.is_sanitized)
    problem = build(context, compiler, extension, mode, folder)
    if problem:
        return [failed(problem, "build")]
    program = os.path.join(folder, "functions")
    answer = run([context.dwell, "heap", "--json", program], env=context.environment())
    if answer.returncode != 0:
        return [failed(answer.stderr, "dwell")]
    verdicts = verdicts_of_cases(json.loads(answer.stdout)["functions"], extension)
    raising = os.path.join(folder, "raising.so")
    finished = run([program], env={**os.environ, "LD_PRELOAD": raising})
    if finished.returncode != 0:
        return [failed(f"status {finished.returncode}\n{finished.stderr[-2000:]}", "run")]
    seen = [line.split() for line in finished.stdout.splitlines()]
    results = [check_function(name, verdicts, [row for row in seen if row[0] == name])
               for name in dict.fromkeys(row[0] for row in seen)]
    if mode == "plain":
        results += check_expected({row[0]: row[1] for row in seen}, verdicts, extension)
    return results


def build(context, compiler, extension, mode, folder):
    """Makes `functions` and `raising.so`; returns what went wrong, or None. What is newer than
    everything it could be made of is kept."""
    sources = os.path.join(context.root, "tests", "soundness")
    if is_newer(os.path.join(folder, "functions"), sources):
        return None
    source = os.path.join(sources, "functions" + extension)
    c_compilers = find_compilers(COMPILERS[".c"])
    if not c_compilers:
        return "no C compiler for counting.c"
    c_compiler = c_compilers[0].path
    commands = [
        [c_compiler, "-O1", "-c", "-o", "counting.o", os.path.join(sources, "counting.c")],
        [c_compiler, "-O1", "-w", "-shared", "-fPIC", "-o", "raising.so",
         os.path.join(sources, "raising.c")],
        [compiler.path, *OPTIONS[extension][mode], "-o", "functions", source,
         *(["--edition=2021", "--cap-lints=allow", "-Clink-arg=counting.o", "-Clink-arg=-ldl"]
           if extension == ".rs" else ["counting.o", "-ldl"])],
    ]
    for command in commands:
        finished = run(command, cwd=folder)
        if finished.returncode != 0:
            return finished.stderr
    return None


def verdicts_of_cases(functions, extension):
    """From the short name of each case to its record; merged functions are under all names."""
    if extension == ".c":
        return {name: function for function in functions
                for name in (function["linkage_name"], *function["aliases"])}
    matches = ((CASE.fullmatch(name), function) for function in functions
               for name in (function["name"], *function["aliases"]))
    return {match.group(1): function for match, function in matches if match}


def check_function(name, verdicts, rows):
    if name not in verdicts:
        return failed("not among the functions", name)
    verdict, frees = verdicts[name]["allocates"], verdicts[name]["frees"]
    problems = [f"{what} {said}, but with argument {row[2]} it {row[3]}, count {row[column]}, "
                f"raised {row[6]}"
                for row in rows
                for what, said, column in (("allocates", verdict, 4), ("frees", frees, 5))
                if contradicts(said, row[3] == "returned" and row[6] == "0", int(row[column]))]
    return failed("\n".join(problems), name) if problems else passed(name)


def check_expected(cases, verdicts, extension):
    """Compares with the verdicts that the source says, given by case name."""
    results, exact, total = [], 0, 0
    for name, expected in cases.items():
        if expected == "any" or name not in verdicts:
            continue
        verdict = verdicts[name]["allocates"]
        is_checked = (expected, verdict) == ("never", "on_panic")
        total += 1
        exact += verdict == expected or is_checked
        if verdict not in (expected, *WEAK) and not is_checked:
            results.append(failed(f"allocates {verdict}, but the source says {expected}", name))
    if exact < MIN_EXACT[extension] * total:
        results.append(failed(f"only {exact} of {total} verdicts are those of the source", "exact"))
    return results + [passed("exact")] * (not results)


def contradicts(verdict, is_normal, count):
    if verdict == "never":
        return count > 0
    if verdict == "on_panic":
        return is_normal and count > 0
    return verdict == "always" and is_normal and count == 0
