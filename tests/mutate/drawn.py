"""drawn.py: changes made by rule, in places drawn at random: a sample that nobody chose.

Each rule is a pattern and what it becomes, in a line of code. The same seed draws the same places
from the same source.
"""

import glob
import os
import random
import re

from table import Change

FOLDERS = ("src/arch", "src/analysis", "src/load")
RULES = [(re.compile(pattern), becomes) for pattern, becomes in (
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
    (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ 1\b", ""), (r" - 1\b", ""),
    (r"\bif \((?=[^{]*\)$)", "if (!("), (r"\breturn true;", "return false;"),
    (r"\breturn false;", "return true;"), (r"^ +continue;", ";"), (r" \+= ", " -= "),
    (r" \|= ", " &= "), (r" &= ", " |= "), (r"\bNONE\b", "0"),
)]


class DrawnChange(Change):
    """A change at a line of a file."""

    def apply(self, text):
        start, end = self.span
        return text[:start] + self.text + text[end:]


def draw(root, count, seed):
    """So many changes, in the order of the source."""
    if not count:
        return []
    places = [place for path in source_files(root) for place in places_of(root, path)]
    chosen = random.Random(seed).sample(range(len(places)), min(count, len(places)))
    return [places[number] for number in sorted(chosen)]


def source_files(root):
    return sorted(path for folder in FOLDERS
                  for path in glob.glob(os.path.join(root, folder, "**", "*.c"), recursive=True))


def places_of(root, path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    offset, is_comment = 0, False
    for number, line in enumerate(lines, 1):
        is_comment = (is_comment or line.lstrip().startswith("/*")) 
        if line.startswith(" ") and not is_comment and "//" not in line and '"' not in line:
            for pattern, becomes in RULES:
                for match in pattern.finditer(line):
                    yield change_at(os.path.relpath(path, root), number, offset, line, match, becomes)
        is_comment = is_comment and "*/" not in line
        offset += len(line) + 1


def change_at(file, number, offset, line, match, becomes):
    after = line[:match.start()] + becomes + line[match.end():]
    after += "))" if becomes == "if (!(" else ""
    if becomes == "if (!(":
        after = after[:-3] + "))"  # the line ends in the condition's own parenthesis
    change = DrawnChange(file, f"{number}", "drawn", line.strip(), after.strip())
    change.span, change.text, change.is_drawn = (offset, offset + len(line)), after, True
    return change
