"""summary.py: what came out of a run, in words and as the table of docs/mutation.md.

The limit holds for the changes of the table. Those that were drawn at random say how much of the
code no test looks at; what survives of them is where to go on.
"""

import collections
import os

COLUMNS = ("unit", "cli", "programs", "soundness", "hunt", "others")
START, END = "<!-- results -->", "<!-- end of results -->"


def outcome(change, row):
    """One word for what became of a change; those that begin with ! are mistakes of the table."""
    if row["state"] == "error":
        return "!does not compile"
    if row["state"] == "noticed":
        return "!noticed, but called equivalent" if change.reason else "noticed"
    if change.reason:
        return "equivalent"
    if row["state"] == "same code":
        return "same code" if change.is_drawn else "!makes no difference to the compiler"
    return "survived"


def share(counts):
    return counts["survived"] / max(counts["survived"] + counts["noticed"], 1)


def count(rows):
    return collections.Counter(outcome(change, row) for change, row in rows)


def summarize(rows, limit):
    """The last lines of a run, and whether it went well."""
    lines, is_good = [], True
    for change, row in rows:
        found = outcome(change, row)
        if found.startswith("!") or found == "survived":
            lines.append(f"{found.lstrip('!')}: {change.name} {row['by']}".rstrip())
        is_good &= not found.startswith("!")
    for title, part in parts(rows):
        counts = count(part)
        lines.append(f"{title}: " + ", ".join(f"{number} {name.lstrip('!')}"
                                              for name, number in sorted(counts.items())) +
                     f"; {share(counts):.1%} of those that matter survive")
        is_good &= title != "chosen" or share(counts) <= limit
    return "\n".join(lines), is_good


def parts(rows):
    """The changes of the table, and those that were drawn."""
    for title, is_drawn in (("chosen", False), ("drawn", True)):
        part = [(change, row) for change, row in rows if change.is_drawn == is_drawn]
        if part:
            yield title, part


def area(change):
    """src/load, src/arch, or a folder of src/analysis."""
    folders = os.path.dirname(change.file).split("/")
    return "/".join(folders[:3 if folders[1] == "analysis" else 2])


def markdown(rows):
    lines = ["| changed in | changes | " + " | ".join(COLUMNS) + " | equivalent | survive |",
             "|---|" + "---:|" * (len(COLUMNS) + 3)]
    for title, part in parts(rows):
        areas = sorted({area(change) for change, _ in part}) if title == "chosen" else []
        for name in areas:
            lines.append(line(f"`{name}`", [pair for pair in part if area(pair[0]) == name]))
        lines.append(line("all" if areas else "drawn at random", part))
    kinds = collections.Counter(change.kind for change, _ in rows if not change.is_drawn)
    lines += ["", "Kinds: " + ", ".join(f"{name} {number}" for name, number in kinds.most_common()) + "."]
    for word, title in (("survived", "Survivors"), ("equivalent", "Equivalent")):
        found = [change for change, row in rows if outcome(change, row) == word]
        if found:
            lines += ["", f"{title}:", ""] + [item(change) for change in found]
    return "\n".join(lines)


def line(title, part):
    by = collections.Counter()
    for change, row in part:
        if outcome(change, row) == "noticed":
            kind = row["by"].split("/")[0]
            by[kind if kind in COLUMNS else "others"] += 1
    counts = count(part)
    numbers = [len(part), *(by[name] for name in COLUMNS),
               counts["equivalent"] + counts["same code"], counts["survived"]]
    return f"| {title} | " + " | ".join(map(str, numbers)) + " |"


def item(change):
    text = f"- `{os.path.basename(change.file)}`, `{change.place}`: `{change.before}` to "
    text += f"`{change.after}`" if change.after else "nothing"
    return text + (f": {change.reason}" if change.reason else "")


def write(path, rows):
    """Puts the table between its marks in a file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{START}\n{markdown(rows)}\n{END}{after}")
