"""model.py: what a program is made of, before it is text; made at random, kept as JSON, and shrunk.

A program has subjects: functions whose promises are checked. A subject has steps. A step is a part
with what was chosen for it (`choices`); by its kind it is

    call      a way to call a pointer (plainly, as a tail, by qsort, ...). The pointer is to `leaf`,
              and goes through the parts of `flow` on its way: array, number, argument, ... What is
              in their memory before is the address of `decoy`.
    control   something around a `body` of other steps: a loop, setjmp, a switch, ...
    effect    the end itself, without any pointer

The modules of parts/ register the parts. Each of a part's choices has its simplest value first, to
which the shrinker goes back.
"""

import json
import random
from dataclasses import asdict, dataclass, field

PARTS = {}
MAX_DEPTH = 3  # of controls in each other
EFFECTS = ("none", "alloc", "free", "deep", "both", "some")


@dataclass
class Part:
    name: str
    kind: str  # call, flow, control
    emit: object  # function of (emitter, choices, ...); see emitter.py
    languages: tuple
    weight: float
    choices: dict
    proto: tuple = ("L",)  # of a call: what it can call

    def pick(self, rng):
        return {key: rng.choice(values) if rng.random() < 0.6 else values[0]
                for key, values in self.choices.items()}

    def simplest(self):
        return {key: values[0] for key, values in self.choices.items()}


def part(part_kind, languages=("c", "cpp"), weight=1.0, proto=("L",), **choices):
    """Registers a function as the part of its name."""
    def register(function):
        name = function.__name__
        assert name not in PARTS, name
        PARTS[name] = Part(name, part_kind, function, languages, weight, choices, proto)
        return function
    return register


@dataclass
class Flow:
    part: str
    choices: dict


@dataclass
class Leaf:
    effect: str = "none"
    bytes: int = 24
    form: str = "record"   # record: says that it was entered; raw; inline: may be inlined
    linkage: str = "static"
    via: int = 0           # functions between it and the allocator


@dataclass
class Step:
    part: str
    choices: dict
    proto: str = "L"
    leaf: Leaf = field(default_factory=Leaf)
    decoy: Leaf = field(default_factory=Leaf)
    flow: list = field(default_factory=list)
    body: list = field(default_factory=list)


@dataclass
class Subject:
    name: str
    steps: list
    drive: str = "table"  # or direct: called by a function of the program


@dataclass
class Program:
    language: str
    subjects: list

    def to_json(self):
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @staticmethod
    def from_json(text):
        data = json.loads(text) if isinstance(text, str) else text
        return Program(data["language"], [
            Subject(row["name"], [step_of(step) for step in row["steps"]], row["drive"])
            for row in data["subjects"]])


def step_of(data):
    return Step(data["part"], data["choices"], data["proto"], Leaf(**data["leaf"]),
                Leaf(**data["decoy"]), [Flow(**flow) for flow in data["flow"]],
                [step_of(step) for step in data["body"]])


# ---- At random ----------------------------------------------------------------------------------


def random_program(rng, language, subject_count):
    return Program(language, [random_subject(rng, language, f"subject_{i}")
                              for i in range(subject_count)])


def random_subject(rng, language, name):
    count = rng.choice((1, 1, 1, 2, 2, 3))
    return Subject(name, [random_step(rng, language, 0) for _ in range(count)],
                   rng.choice(("table", "table", "direct")))


def random_step(rng, language, depth):
    has_control = depth < MAX_DEPTH and any(one.kind == "control" for one in PARTS.values())
    kind = rng.choices(("call", "control", "effect"), (6, 4 * has_control, 1))[0]
    if kind == "effect":
        return Step("effect", {}, leaf=random_leaf(rng, EFFECTS))
    chosen = pick_part(rng, kind, language)
    step = Step(chosen.name, chosen.pick(rng), rng.choice(chosen.proto))
    if kind == "control":
        step.body = [random_step(rng, language, depth + 1)
                     for _ in range(rng.choice((1, 1, 1, 2)))]
        return step
    step.leaf, step.decoy = random_pair(rng)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        flow = pick_part(rng, "flow", language)
        step.flow.append(Flow(flow.name, flow.pick(rng)))
    return step


def pick_part(rng, kind, language):
    parts = [one for one in PARTS.values() if one.kind == kind and language in one.languages]
    return rng.choices(parts, [one.weight for one in parts])[0]


def random_pair(rng):
    """What is called, and what was there before: mostly one of them does nothing."""
    leaf = random_leaf(rng, ("alloc", "alloc", "deep", "free", "both", "none", "some"))
    decoy = random_leaf(rng, ("none",) if leaf.effect != "none" or rng.random() < 0.2 else
                        ("alloc", "free", "both"))
    if rng.random() < 0.15:
        decoy = random_leaf(rng, EFFECTS)
    return leaf, decoy


def random_leaf(rng, effects):
    effect = rng.choice(effects)
    size = rng.choice((3000, 9000, 20000)) if effect == "deep" else rng.choice((1, 24, 24, 100, 4096))
    return Leaf(effect, size, rng.choice(("record", "record", "raw", "inline")),
                rng.choice(("static", "static", "global")), rng.choice((0, 0, 0, 1, 2)))


def make(seed, subject_count=16, languages=("c", "c", "cpp")):
    """The program of a seed, and the random numbers that its builds are chosen with."""
    rng = random.Random(seed)
    return random_program(rng, rng.choice(languages), subject_count), rng
