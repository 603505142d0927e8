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
OPTIONS = ("", "", "", "-flto", "-fno-plt", "-fcf-protection=full", "-fstack-protector-all",
           "-ffunction-sections -Wl,--gc-sections", "-fuse-ld=gold -Wl,--icf=all",
           "-fomit-frame-pointer -mtune=generic", "-fno-omit-frame-pointer", "-march=native",
           "-fno-jump-tables", "-fno-stack-clash-protection", "-fstack-clash-protection",
           "-fno-optimize-sibling-calls", "-fno-inline", "-finline-limit=10000")
LINKED = ("-Wl,-z,now", "-Wl,--wrap=pthread_create")
COMPILERS = {"c": ("gcc", "clang"), "cpp": ("g++", "clang++")}


def has_option(compiler, option):
    return not (compiler.startswith("clang") and option in ("-finline-limit=10000", "-flto"))


def source(program):
    """The text of a program, and the features that its builds must have."""
    return (program.text(), set()) if program.language == "rust" else emitter.emit(program)


def is_moved(command):
    """Whether what is built is loaded anywhere."""
    if command[0] == "rustc":
        return "-Crelocation-model=static" not in command
    return "-pie" in command or "-static-pie" in command


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
        compiler, option = rng.choice(names), rng.choice(OPTIONS)
        if not has_option(compiler, option) or ("gold" in option and not self.has_gold):
            option = ""
        if "asm" in features and "-flto" in option:
            option = ""
        model_options = rng.choice(MODELS)
        if "-static" in model_options and "dynamic" in features:
            model_options = MODELS[0]
        return [compiler, rng.choice(LEVELS), *model_options.split(), *option.split(),
                *rng.choice(([], ["-g"]))]

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
        """Returns whether the program could be built; `errors` says why not."""
        text, _ = source(program)
        file_name = path + {"c": ".c", "cpp": ".cpp", "rust": ".rs"}[program.language]
        with open(file_name, "w", encoding="utf-8") as file:
            file.write(text)
        if program.language != "rust":
            kind = "-fPIE" if "-fPIE" in command else "-fno-pie"
            return self.run([*command, "-w", *LINKED, "-I" + HERE, "-o", path, file_name,
                             *self.driver(kind), "-lpthread"])
        is_pie = is_moved(command)
        return (self.run([*command, "--edition", "2021", "--crate-type", "staticlib", "--cap-lints",
                          "allow", "-o", path + ".a", file_name]) and
                self.run(["gcc", "-pie" if is_pie else "-no-pie", *LINKED, "-Wl,--gc-sections", "-o",
                          path, *self.driver("-fPIE" if is_pie else "-fno-pie"), path + ".a",
                          "-lgcc_s", "-lpthread", "-ldl", "-lm"]))

    def run(self, command):
        finished = subprocess.run(command, capture_output=True, check=False)
        self.errors = finished.stderr.decode(errors="replace")
        return not finished.returncode


def run(path):
    """Runs a program; returns its exit status and output. Libraries are bound before main."""
    environment = dict(os.environ, LD_BIND_NOW="1", RUST_BACKTRACE="0")
    finished = subprocess.run([path], capture_output=True, timeout=90, check=False, env=environment)
    return finished.returncode, finished.stdout.decode(errors="replace")
