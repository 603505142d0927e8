"""drawn.py: changes made by rule, in places drawn at random: a sample that nobody chose.

A rule is what stands in a line of code and what becomes of it. The same seed draws the same places
from the same source.
"""

import glob
import os
import random
import re
from dataclasses import dataclass

from table import Change

FOLDERS = ("src/arch", "src/analysis", "src/load")
RULES = [(re.compile(pattern), becomes) for pattern, becomes in (
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
    (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ 1\b", ""), (r" - 1\b", ""),
    (r"\bif \((.*)\)( \{)?$", r"if (!(\1))\2"), (r"\breturn true;", "return false;"),
    (r"\breturn false;", "return true;"), (r"\bcontinue;", ";"), (r" \+= ", " -= "),
    (r" \|= ", " &= "), (r" &= ", " |= "), (r"\bNONE\b", "0"),
)]


@dataclass
class DrawnChange(Change):
    """A change of one line, whose number is its place."""

    is_drawn: bool = True

    def apply(self, text):
        lines = text.split("\n")
        lines[int(self.place) - 1] = self.after
        return "\n".join(lines)


def draw(root, count, seed):
    """So many changes, in the order of the source."""
    places = [place for path in source_files(root) for place in places_of(root, path)] if count else []
    chosen = random.Random(seed).sample(range(len(places)), min(count, len(places)))
    return [places[number] for number in sorted(chosen)]


def source_files(root):
    return sorted(path for folder in FOLDERS
                  for path in glob.glob(os.path.join(root, folder, "**", "*.c"), recursive=True))


def places_of(root, path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    code = re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", "", comment[0]), text, flags=re.DOTALL)
    for number, line in enumerate(code.split("\n"), 1):
        if not line.startswith(" ") or '"' in line or "//" in line:
            continue
        for pattern, becomes in RULES:
            for match in pattern.finditer(line):
                after = line[:match.start()] + match.expand(becomes) + line[match.end():]
                yield DrawnChange(os.path.relpath(path, root), str(number), "drawn", line.strip(), after)
