"""unit.py: the cmocka programs that meson knows as tests, one result for each test function."""

import json
import re

from .results import failed, passed, run, skipped

TAP_LINE = re.compile(r"^(ok|not ok) \d+ - (\S+)(.*)$")


def collect(context):
    listed = run(["meson", "introspect", "--tests", context.build])
    for test in json.loads(listed.stdout or "[]"):
        yield test["name"], lambda test=test: run_program(context, test)


def run_program(context, test):
    environment = {**context.environment(), **test.get("env", {}), "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    finished = run(test["cmd"], env=environment, cwd=test.get("workdir") or context.root)
    results = [result_of(match) for match in map(TAP_LINE.match, finished.stdout.splitlines())
               if match]
    if not results:  # a test that is no cmocka program: its exit status is the answer
        results = [passed()] if finished.returncode == 0 else []
    if finished.returncode != 0 and not any(result.state == "FAILED" for result in results):
        results.append(failed(f"exit status {finished.returncode}\n{finished.stderr[-4000:]}"))
    for result in results:
        if result.state == "FAILED" and not result.message:
            result.message = (finished.stderr + finished.stdout)[-3000:]
    return results


def result_of(match):
    state, name, rest = match.groups()
    if "# SKIP" in rest:
        return skipped("skipped by the test", name)
    return passed(name) if state == "ok" else failed("", name)
