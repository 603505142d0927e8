"""table.py: the changes that tests must notice, and where they go in the source.

tests/mutate/changes/*.txt hold them, in this form:

    [src/analysis/code/values/value.c]
    value_meet: smaller
      - a->bound >= b->bound ? *a : *b
      + a->bound >= b->bound ? *b : *a
      = equivalent: why nobody could notice (only of those that nobody can)

The head names a function (or a table) and says in a word or two what kind of change it is. The text
that follows `-` stands once in that function, white space aside, and gives way to the text that
follows `+`, which may be empty. A change whose text is not there, or there twice, is an error: the
source has moved on, and the change must, too.
"""

import glob
import os
import re
from dataclasses import dataclass

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "changes")


class StaleChange(Exception):
    """The text of a change is not where it says."""


@dataclass
class Change:
    file: str
    place: str  # function or table
    kind: str
    before: str
    after: str
    reason: str = ""  # why it is equivalent
    is_drawn: bool = False

    @property
    def name(self):
        return f"{self.file} {self.place}: {self.before} => {self.after}"

    def apply(self, text):
        """The text of the file with the change."""
        start, end = self.find(text)
        return text[:start] + self.after + text[end:]

    def find(self, text):
        pattern = r"\s+".join(map(re.escape, self.before.split()))
        if re.match(r"\w", self.before):
            pattern = r"\b" + pattern
        found = [match.span() for block in blocks(text, self.place)
                 for match in re.compile(pattern).finditer(text, *block)]
        if len(found) != 1:
            raise StaleChange(f"{self.name}: the text is there {len(found)} times")
        return found[0]


def blocks(text, place):
    """Where the definitions of a function or table begin and end; a file has one, or one for each
    of several conditions."""
    head = re.compile(rf"^[a-z](?![^\n]*;\n)[^\n;{{}}]*\b{re.escape(place)}\b[^;{{}}]*\{{", re.MULTILINE)
    for match in head.finditer(text):
        end = text.find("\n}", match.end())
        yield match.start(), len(text) if end < 0 else end


def read_changes(folder=FOLDER):
    changes = []
    for path in sorted(glob.glob(os.path.join(folder, "*.txt"))):
        with open(path, encoding="utf-8") as file:
            changes += read_lines(path, file)
    names = [change.name for change in changes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"there twice: {', '.join(sorted(twice))}")
    return changes


def read_lines(path, lines):
    source, change = None, None
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            source = line.strip("[]")
        elif line.startswith("-") and change and not change.before:
            change.before = line[1:].strip()
        elif line.startswith("+") and change and change.before:
            change.after = line[1:].strip()
            yield change
        elif line.startswith("= equivalent: ") and change:
            change.reason = line.removeprefix("= equivalent: ")
        elif re.fullmatch(r"\w+: [\w /,]+", line) and source:
            change = Change(source, *line.split(": "), "", "")
        else:
            raise ValueError(f"{path}:{number}: not a change: {line}")


def check(changes, root):
    """What is wrong with the changes: a line for each that has no place in the source."""
    problems = []
    for change in changes:
        try:
            with open(os.path.join(root, change.file), encoding="utf-8") as file:
                change.find(file.read())
        except (StaleChange, OSError) as problem:
            problems.append(str(problem))
    return problems
