"""soundness.py: verdicts against what a counting allocator sees.

tests/soundness/functions.c is built with each C compiler, without and with optimization, and run.
For each function and argument, what was counted must agree with the verdicts:

    never     never counted, whatever happened
    on_panic  not counted when the function returned
    always    counted each time the function returned
    maybe, unknown   promise nothing

Without optimization the verdict must also be the one that the source says, or `maybe` or `unknown`:
weaker is allowed here, wrong is not.
"""

import json
import os

from .programs import COMPILERS, find_compilers
from .results import failed, passed, run, skipped

WEAK = ("maybe", "unknown")


def collect(context):
    compilers = find_compilers(COMPILERS[".c"])
    if not compilers:
        yield "counting", lambda: [skipped("no C compiler")]
    for compiler in compilers:
        for option in ("-O0", "-O2"):
            yield (f"counting {compiler.label} {option}",
                   lambda compiler=compiler, option=option: check(context, compiler, option))


def check(context, compiler, option):
    # one program for each build of dwell: two tests at once must not write the same file
    folder = context.folder("soundness", compiler.label + option + "-san" * context.is_sanitized)
    program = os.path.join(folder, "functions")
    sources = [os.path.join(context.root, "tests", "soundness", name)
               for name in ("functions.c", "counting.c")]
    built = run([compiler.path, option, "-w", "-o", program, *sources])
    if built.returncode != 0:
        return [failed(built.stderr, "build")]
    answer = run([context.dwell, "heap", "--json", program], env=context.environment())
    if answer.returncode != 0:
        return [failed(answer.stderr, "dwell")]
    verdicts = {function["linkage_name"]: function
                for function in json.loads(answer.stdout)["functions"]}
    seen = [line.split() for line in run([program]).stdout.splitlines()]
    return [check_function(name, verdicts, [row for row in seen if row[0] == name], option)
            for name in dict.fromkeys(row[0] for row in seen)]


def check_function(name, verdicts, rows, option):
    if name not in verdicts:
        return failed("not among the functions", name)
    verdict, frees = verdicts[name]["allocates"], verdicts[name]["frees"]
    problems = [f"{what} {said}, but with argument {row[2]} it {row[3]}, count {row[column]}"
                for row in rows
                for what, said, column in (("allocates", verdict, 4), ("frees", frees, 5))
                if contradicts(said, row[3] == "returned", int(row[column]))]
    expected = rows[0][1]
    if option == "-O0" and verdict not in (expected, *WEAK) and expected != "any":
        problems.append(f"allocates {verdict}, but the source says {expected}")
    return failed("\n".join(problems), name) if problems else passed(name)


def contradicts(verdict, returned, count):
    if verdict == "never":
        return count > 0
    if verdict == "on_panic":
        return returned and count > 0
    return verdict == "always" and returned and count == 0
