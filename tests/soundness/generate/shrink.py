"""shrink.py: a program that still breaks a promise, with as little in it as can be.

Greedy: each change that makes the model smaller (a subject, step or flow less; a control's body in
its place; a choice or leaf that is the simplest) is kept if the promise still breaks, until no
change is. In: a model, and a function that tells whether a model still breaks it. Out: a model.
"""

import copy

from . import model

MAX_TRIALS = 150


def shrink(program, is_broken):
    best, trials, has_changed = program, 0, True
    while has_changed and trials < MAX_TRIALS:
        has_changed = False
        for candidate in smaller_programs(best):
            trials += 1
            if trials > MAX_TRIALS:
                break
            if is_broken(candidate):
                best, has_changed = candidate, True
                break
    return best


def smaller_programs(program):
    """Each program that is one change smaller, the largest changes first."""
    for i, _ in enumerate(program.subjects):
        if len(program.subjects) > 1:
            yield changed(program, lambda copied, i=i: keep_only(copied.subjects, i))
    for i, _ in enumerate(program.subjects):
        if len(program.subjects) > 1:
            yield changed(program, lambda copied, i=i: copied.subjects.pop(i))
    for path in paths_of(program):
        yield from smaller_steps(program, path)


def changed(program, change):
    copied = copy.deepcopy(program)
    change(copied)
    return copied


def keep_only(rows, at):
    rows[:] = [rows[at]]


def paths_of(program):
    """Of each step: the subject, and its place in each list of steps on the way."""
    def below(steps, path):
        for i, step in enumerate(steps):
            yield path + (i,)
            yield from below(step.body, path + (i,))
    for i, subject in enumerate(program.subjects):
        yield from below(subject.steps, (i,))


def list_at(program, path):
    """The list that a step is in."""
    steps = program.subjects[path[0]].steps
    for at in path[1:-1]:
        steps = steps[at].body
    return steps


def smaller_steps(program, path):
    steps, at = list_at(program, path), path[-1]
    step = steps[at]
    if len(steps) > 1:
        yield changed(program, lambda copied: list_at(copied, path).pop(at))
    if step.body:
        def lift(copied):
            rows = list_at(copied, path)
            rows[at:at + 1] = rows[at].body
        yield changed(program, lift)

    def on_step(change):
        return changed(program, lambda copied: change(list_at(copied, path)[at]))

    for i, _ in enumerate(step.flow):
        yield on_step(lambda one, i=i: one.flow.pop(i))
    yield from smaller_choices(step, on_step, lambda one: one)
    for i, flow in enumerate(step.flow):
        yield from smaller_choices(flow, on_step, lambda one, i=i: one.flow[i])
    for name in ("leaf", "decoy"):
        leaf = getattr(step, name)
        for key, value in (("via", 0), ("form", "record"), ("linkage", "static")):
            if getattr(leaf, key) != value:
                yield on_step(lambda one, name=name, key=key, value=value:
                              setattr(getattr(one, name), key, value))


def smaller_choices(owner, on_step, find):
    part = model.PARTS.get(owner.part)
    for key, value in (part.simplest() if part else {}).items():
        if owner.choices.get(key) != value:
            yield on_step(lambda one, key=key, value=value:
                          find(one).choices.__setitem__(key, value))
