"""matrix.py: small programs that are right however they are built.

A program of tests/programs with a directive

    //! matrix [SCOPE:] PLACES

is built by each compiler of C at every level of optimization, in each way of placing code that
PLACES names, or in `all` of them; what it expects must hold of every build. The words of a place
and the level are words of a SCOPE, too, `debug` is -O0, and `release` every other level. What
the program's own `build` lines say of placing is overruled.
"""

import os
from dataclasses import dataclass

from . import programs
from .results import failed

LEVELS = ("O0", "O1", "O2", "O3", "Os")
PLACES = {
    "pie": ["-fPIE", "-pie", "-mcmodel=small"],
    "fixed": ["-fno-pie", "-no-pie", "-mcmodel=small"],
    "pie-large": ["-fPIE", "-pie", "-mcmodel=large"],
    "fixed-large": ["-fno-pie", "-no-pie", "-mcmodel=large"],
}


@dataclass
class Variant(programs.Build):
    """One cell of the matrix; its mode is the level and the place."""

    @property
    def level(self):
        return self.mode.split("-", 1)[0]

    @property
    def place(self):
        return self.mode.split("-", 1)[1]

    @property
    def words(self):
        kind = "debug" if self.level == "O0" else "release"
        return {kind, self.level, self.place, self.compiler.family, *self.place.split("-")}

    @property
    def flags(self):
        own = " ".join(programs.directives_of(self, "build")).split()
        return [f"-{self.level}", *own, *PLACES[self.place]]


def collect(context):
    """Once, with the build that is fast; the programs run under sanitizers in two builds each."""
    if context.is_sanitized:
        return
    for source in programs.sources(context, (".c",)):
        directives = programs.read_directives(source)
        if not any(kind == "matrix" for kind, _, _ in directives):
            continue
        name = os.path.splitext(os.path.basename(source))[0]
        for compiler in programs.find_compilers(programs.COMPILERS[".c"]):
            for level in LEVELS:
                builds = [Variant(context, source, compiler, f"{level}-{place}", directives)
                          for place in PLACES]
                yield f"{name} {compiler.label} {level}", lambda builds=builds: check(builds)


def check(builds):
    results = []
    for build in builds:
        if is_wanted(build):
            for result in programs.check(build):
                result.part = f"{build.place}: {result.part}"
                results.append(result)
    return results or [failed("no place of the program's matrix is for this compiler and level")]


def is_wanted(build):
    named = {name for text in programs.directives_of(build, "matrix")
             for name in text.replace(",", " ").split()}
    unknown = named - PLACES.keys() - {"all"}
    if unknown:
        raise ValueError(f"{build.source}: no such place: {' '.join(unknown)}")
    return "all" in named or build.place in named
