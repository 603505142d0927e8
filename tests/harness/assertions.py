"""assertions.py: a small language of assertions over dwell's JSON.

    PATH OPERATOR VALUE        holds for each value that PATH finds, and it finds at least one
    count PATH OPERATOR VALUE  how many values PATH finds
    some PATH, no PATH         it finds one or more, it finds none

    globals[name=COUNTER].bytes == 4
    globals[name=COUNTER].used_by contains tick
    count globals[kind=jump_table, used_by contains dispatch] >= 1

PATH starts with the name of a list (programs.DOCUMENT_OF); `.key` takes a key of each value, and
`[CONDITION, ...]` keeps the values for which all conditions hold (`[x]` takes the key x of an
object without a list). OPERATOR is one of == != < <= > >= contains lacks in; `in` is followed by
words in parentheses. VALUE is a number, null, true, false, a word, a "text in quotes", or a PATH
with brackets. A word or text also equals a name that has a crate or parameters (COUNTER is
crate::COUNTER, but not crate::module::COUNTER; f is f(int)), and `*` in it stands for anything.
"""

import re

TOKEN = re.compile(r"""\s*(?:(?P<number>-?\d[\d_]*\b)|"(?P<text>[^"]*)"|"""
                   r"""(?P<sign>==|!=|<=|>=|[<>=\[\],.()])|"""
                   r"""(?P<word>[\w*{}#$@:+-]+))""")
COMPARISONS = {
    "==": lambda left, right: equal(left, right),
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: left is not None and left < right,
    "<=": lambda left, right: left is not None and left <= right,
    ">": lambda left, right: left is not None and left > right,
    ">=": lambda left, right: left is not None and left >= right,
    "contains": lambda left, right: any(equal(item, right) for item in left or []),
    "lacks": lambda left, right: not any(equal(item, right) for item in left or []),
    "in": lambda left, right: any(equal(left, item) for item in right),
}
LITERALS = {"null": None, "true": True, "false": False}


def equal(value, wanted):
    if not isinstance(value, str) or not isinstance(wanted, str):
        return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
    pattern = ".*".join(map(re.escape, wanted.split("*")))
    return any(re.fullmatch(pattern, form, re.DOTALL) for form in forms_of(value))


def forms_of(name):
    """A name, and what it is called without its parameters and without its crate."""
    plain = name.split("(")[0]
    parts = plain.split("::")
    return {name, plain, parts[1] if len(parts) == 2 else plain}


class Parser:
    """Reads one assertion, by recursive descent, and evaluates it as it goes."""

    def __init__(self, text, values_of_root):
        self.text = text
        self.tokens = list(tokens_of(text))
        self.position = 0
        self.values_of_root = values_of_root

    def peek(self):
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self, sign=None):
        token = self.peek()
        if sign is not None and token[1] != sign:
            raise ValueError(f"{self.text}: expected {sign} at {token[1]!r}")
        self.position += 1
        return token

    def path(self):
        values = self.values_of_root(self.take()[1])
        while self.peek() in (("sign", "."), ("sign", "[")):
            if self.take()[1] == ".":
                key = self.take()[1]
                values = [value.get(key) for value in flat(values)]
            elif self.tokens[self.position + 1] == ("sign", "]"):
                key = self.take()[1]
                self.take("]")
                values = [value.get(key) for value in values]
            else:
                conditions = self.conditions()
                values = [value for value in flat(values)
                          if all(holds(value.get(key)) for key, holds in conditions)]
        return values

    def conditions(self):
        found = []
        while True:
            key = self.take()[1]
            compare, right = self.operator(), self.value()
            found.append((key, lambda left, compare=compare, right=right: compare(left, right)))
            if self.take()[1] == "]":
                return found

    def operator(self):
        sign = self.take()[1]
        return COMPARISONS["==" if sign == "=" else sign]

    def value(self):
        kind, text = self.take()
        if kind == "number":
            return int(text.replace("_", ""))
        if text == "(" and kind == "sign":
            return self.alternatives()
        if kind == "word" and self.peek() == ("sign", "["):
            self.position -= 1
            return self.path()[0]
        return LITERALS.get(text, text) if kind == "word" else text

    def alternatives(self):
        found = []
        while True:
            found.append(self.value())
            if self.take()[1] == ")":
                return found


def tokens_of(text):
    position = 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if not match:
            raise ValueError(f"{text}: cannot read {text[position:]!r}")
        yield match.lastgroup, match.group(match.lastgroup)
        position = match.end()


def flat(values):
    """Lists among the values give way to their items."""
    for value in values:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


def check(text, values_of_root):
    """Returns what is wrong with the assertion @p text, or None if it holds."""
    parser = Parser(text, values_of_root)
    first = parser.peek()[1]
    if first in ("count", "some", "no"):
        parser.take()
        values = list(flat(parser.path()))
        if first == "count":
            return shown(parser.operator()(len(values), parser.value()), len(values))
        return shown(bool(values) == (first == "some"), values)
    values = parser.path()
    compare, right = parser.operator(), parser.value()
    return shown(bool(values) and all(compare(value, right) for value in values), values)


def shown(is_right, found):
    return None if is_right else f"found: {found!r}"[:1500]
