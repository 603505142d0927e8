"""answers.py: dwell asked about a file that may be anything, and what it says."""

import json
import subprocess

SECONDS = 60
MEMORY_KILOBYTES = 700_000


def run(dwell, command, path, is_limited):
    """Status, answer and message; the status is None if it does not end."""
    limit = f"ulimit -v {MEMORY_KILOBYTES}; " if is_limited else ""
    arguments = [*command, "--json", "--no-libs", "--no-cache", "-j", "2", path]
    try:
        finished = subprocess.run(["bash", "-c", limit + 'exec "$0" "$@"', dwell, *arguments],
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                  timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None, b"", b"takes too long"
    return finished.returncode, finished.stdout, finished.stderr


def messages_of(status, out, err):
    """What is said, in the answer or instead of it; None if it is neither."""
    if status == 2 and err.count(b"\n") == 1 and not out:
        return err.decode(errors="replace")
    if status != 0:
        return None
    answer = json.loads(out)
    return "\n".join(row["message"] for row in answer["diagnostics"])
