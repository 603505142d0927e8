"""scripts.py: checks, oracles and fuzz runs that are programs of their own.

Such a script prints a line for each failure (`FAILED: ...`) and skip (`skipped: ...`), and as its
last line `N passed, N failed, N skipped`.
"""

import glob
import os
import re
import shutil
import sys

from .results import failed, passed, results_of_script, run, skipped

HUNT = "tests/soundness/generate"
HUNT_PARTS, HUNT_PROGRAMS = 4, 25


def collect_checks(context):
    """What is about the source tree and the text, once and not for each build."""
    if not context.is_sanitized:
        for name in ("check_layers.sh", "check_paths.sh", "check_manual.sh", "check_width.py"):
            yield name, lambda name=name: run_script(context, name, context.build)


def collect_oracles(context):
    """Comparisons with other tools' figures; too slow to repeat under sanitizers."""
    if not context.is_sanitized:
        for name in ("owners", "libraries", "frames", "depths", "observed", "edges", "indirect",
                     "stripped", "lines", "layouts"):
            yield name, lambda name=name: run_script(context, f"oracle/{name}.py", context.dwell)


def collect_cache(context):
    """What is kept on disk, with both builds."""
    yield "cache", lambda: run_script(context, "cache/cache.py", context.build)


def collect_hostile(context):
    """Files that are made to cost much or lead astray, files and streams that fail, with both builds."""
    flags = ["--sanitized"] if context.is_sanitized else []
    for name in ("small", "wild", "ends"):
        yield name, lambda name=name: run_script(context, f"hostile/{name}.py", context.build, *flags)


def collect_hunt(context):
    """Programs that broke a promise once, with both builds, and new ones made at random."""
    kept = sorted(glob.glob(os.path.join(context.root, HUNT, "kept", "*.json")))
    yield "kept", lambda: hunt(context, len(kept), "--replay", *kept)
    for part in range(0 if context.is_sanitized else HUNT_PARTS):
        yield f"seeds from {part * HUNT_PROGRAMS}", lambda part=part: hunt(
            context, 100 * HUNT_PROGRAMS, "--seed", str(part * HUNT_PROGRAMS), "--programs",
            str(HUNT_PROGRAMS), "--builds", "1")


def hunt(context, expected, *arguments):
    """Runs the hunter; it must have held at least `expected` promises against runs."""
    if not shutil.which("gcc"):
        return [skipped("no gcc")]
    finished = run([sys.executable, os.path.join(context.root, HUNT, "hunt.py"), context.dwell,
                    "--jobs", "1", *arguments],
                   cwd=context.root, env=context.environment(), timeout=900)
    count = re.search(r"\b(\d+) promises\b(?!:)", finished.stdout)
    if finished.returncode or not count or int(count.group(1)) < expected:
        return [failed(f"{finished.stdout}{finished.stderr}")]
    return [passed()]


def collect_fuzz(context):
    """Damaged files, read by the sanitized build."""
    if context.is_sanitized:
        yield "mutate", lambda: run_mutations(context)


def run_mutations(context):
    if not os.path.exists(os.path.join(context.build, "tests", "fuzz", "mutate")):
        return [skipped("tests/fuzz/mutate is not built")]
    return run_script(context, "fuzz/mutate.py", context.build)


def run_script(context, name, *arguments):
    path = os.path.join(context.root, "tests", name)
    interpreter = [sys.executable] if name.endswith(".py") else ["bash"]
    finished = run(interpreter + [path, *arguments], cwd=context.root,
                   env=context.environment(), timeout=900)
    return results_of_script(finished)
