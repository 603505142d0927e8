"""checks.py: what scripts that are tests of their own count and print (scripts.py reads it)."""

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(what, holds, detail=""):
    """Counts; a failure is a line, with the end of what is known of it below."""
    if holds:
        counts["passed"] += 1
        return
    counts["failed"] += 1
    print(f"FAILED: {what}")
    for line in str(detail)[-2000:].splitlines():
        print(f"    {line}")


def skip(reason):
    counts["skipped"] += 1
    print(f"skipped: {reason}")


def finish():
    """Prints the last line; returns the exit status."""
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["failed"] else 0
