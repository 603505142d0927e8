"""build.py: generated programs built with options chosen at random, and run."""

import os
import shutil
import subprocess

from . import emitter, rust

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
MODELS = (
    "-fPIE -pie", "-fPIE -pie", "-fno-pie -no-pie", "-fno-pie -no-pie",
    "-fPIE -pie -mcmodel=large", "-fno-pie -no-pie -mcmodel=large",
    "-fPIE -pie -mcmodel=medium", "-fno-pie -no-pie -mcmodel=medium",
    "-fno-pie -static", "-fPIE -static-pie",
)
OPTIONS = (
    "-flto", "-fno-plt", "-fcf-protection=full", "-fstack-protector-all", "-march=native",
    "-ffunction-sections -Wl,--gc-sections", "-fuse-ld=gold -Wl,--icf=all", "-fno-inline",
    "-fomit-frame-pointer", "-fno-omit-frame-pointer", "-fno-jump-tables", "-mno-red-zone",
    "-fno-stack-clash-protection", "-fstack-clash-protection", "-fno-optimize-sibling-calls",
    "-fno-asynchronous-unwind-tables", "-finstrument-functions", "-pg", "-mstackrealign",
    "-fpatchable-function-entry=5", "-g -gsplit-dwarf", "-g -gz", "-g -gdwarf-4 -fdebug-types-section",
    "-Wl,--no-relax", "-Wl,-z,norelro", "-Wl,--emit-relocs", "-mavx2 -O3", "-fno-exceptions",
)
GCC_OPTIONS = (
    "-finline-limit=10000", "-mindirect-branch=thunk", "-mfunction-return=thunk", "-mforce-drap",
    "-mindirect-branch=thunk-inline", "-mpreferred-stack-boundary=5", "-fstack-check",
    "-fwhole-program", "-fno-toplevel-reorder", "-fipa-pta", "-maccumulate-outgoing-args",
    "-freorder-blocks-and-partition", "-fprofile-arcs", "-fno-ipa-icf", "-funroll-all-loops",
)
CLANG_OPTIONS = ("-mretpoline", "-mllvm -enable-machine-outliner", "-mspeculative-load-hardening")
KINDS = ("stripped", "shared")  # what is not for the compiler
NOT_SHARED = ("-fPIE", "-pie", "-fno-pie", "-no-pie", "-static", "-static-pie", "-fwhole-program", "-pg",
              "-Wl,--gc-sections", "-fprofile-arcs")
LINKED = ("-Wl,-z,now", "-Wl,--wrap=pthread_create")
COMPILERS = {"c": ("gcc", "clang"), "cpp": ("g++", "clang++")}


def options_of(compiler):
    if compiler.startswith("clang"):
        return [option for option in OPTIONS if option != "-flto"] + list(CLANG_OPTIONS)
    return OPTIONS + GCC_OPTIONS


def source(program):
    """The text of a program, and the features that its builds must have."""
    return (program.text(), set()) if program.language == "rust" else emitter.emit(program)


class Builder:
    def __init__(self, folder):
        self.folder, self.objects, self.errors = folder, {}, ""
        self.has_gold = bool(shutil.which("ld.gold"))

    def command(self, rng, program):
        """A compiler and options; None if there is no compiler."""
        if program.language == "rust":
            return ["rustc", *rust.options(rng)] if shutil.which("rustc") else None
        _, features = source(program)
        names = [name for name in COMPILERS[program.language] if shutil.which(name) and
                 not (name.startswith("clang") and "gcc" in features)]
        if not names:
            return None
        compiler = rng.choice(names)
        option = rng.choice(options_of(compiler)) if rng.random() < 0.8 else ""
        if "gold" in option and not self.has_gold:
            option = ""
        if "asm" in features and option in ("-flto", "-fwhole-program"):
            option = ""
        model_options = rng.choice(MODELS)
        command = [compiler, rng.choice(LEVELS), *model_options.split(), *option.split(),
                   *rng.choice(([], ["-g"]))]
        # The driver's heap never grows: in a static file without symbols nothing tells of it.
        must_have_names = "static" in model_options
        weights = 8, not must_have_names, "program" not in features
        return command + rng.choices(([], ["stripped"], ["shared"]), weights)[0]

    def driver(self, kind):
        if kind not in self.objects:
            self.objects[kind] = [self.compiled(name, kind) for name in ("driver", "stepper")]
        return self.objects[kind]

    def compiled(self, name, kind):
        path = os.path.join(self.folder, name + kind + ".o")
        subprocess.run(["gcc", "-O2", kind, "-c", "-o", path, os.path.join(HERE, name + ".c")],
                       check=True)
        return path

    def build(self, command, program, path):
        """
        Builds the program at `path`. Returns the file that has the subjects, and the names of its
        functions if they were taken from it; or None, and `errors` says why.
        """
        file_name = path + {"c": ".c", "cpp": ".cpp", "rust": ".rs"}[program.language]
        with open(file_name, "w", encoding="utf-8") as file:
            file.write(source(program)[0])
        options = [option for option in command if option not in KINDS]
        is_shared = "shared" in command
        if program.language == "rust":
            is_built = self.rust(options, file_name, path)
        elif is_shared:
            is_built = self.shared(options, file_name, path)
        else:
            kind = "-fPIE" if "-fPIE" in command else "-fno-pie"
            is_built = self.run([*options, "-w", *LINKED, "-I" + HERE, "-o", path, file_name,
                                 *self.driver(kind), "-lpthread"])
        if not is_built:
            return None
        made = path + ".so" if is_shared else path
        return made, self.strip(made) if "stripped" in command else {}

    def shared(self, options, file_name, path):
        """The subjects as a library."""
        of_place = [option for option in options if option not in NOT_SHARED]
        return (self.run([*of_place, "-w", "-shared", "-fPIC", "-I" + HERE, "-o",
                          path + ".so", file_name, "-lpthread"]) and
                self.run(["gcc", "-pie", *LINKED, "-o", path, *self.driver("-fPIE"), path + ".so",
                          "-Wl,-rpath," + os.path.dirname(path), "-Wl,--export-dynamic", "-lpthread"]))

    def rust(self, options, file_name, path):
        is_pie = "-Crelocation-model=static" not in options
        return (self.run([*options, "--edition", "2021", "--crate-type", "staticlib", "--cap-lints",
                          "allow", "-o", path + ".a", file_name]) and
                self.run(["gcc", "-pie" if is_pie else "-no-pie", *LINKED, "-Wl,--gc-sections", "-o",
                          path, *self.driver("-fPIE" if is_pie else "-fno-pie"), path + ".a",
                          "-lgcc_s", "-lpthread", "-ldl", "-lm"]))

    def strip(self, path):
        """Takes the names from a file; returns them by address."""
        listed = subprocess.run(["nm", path], capture_output=True, text=True, check=True)
        rows = [line.split() for line in listed.stdout.splitlines()]
        self.run(["strip", path])
        return {int(row[0], 16): row[2] for row in rows if len(row) == 3 and row[1] in "tTwWi"}

    def run(self, command):
        finished = subprocess.run(command, cwd=self.folder, capture_output=True, check=False)
        self.errors = finished.stderr.decode(errors="replace")
        return not finished.returncode


def run(path):
    """Runs a program; returns its exit status and output. Libraries are bound before main."""
    environment = dict(os.environ, LD_BIND_NOW="1", RUST_BACKTRACE="0")
    finished = subprocess.run([path], capture_output=True, timeout=90, check=False, env=environment)
    return finished.returncode, finished.stdout.decode(errors="replace")
