"""Gives each step the digest of its code.

Before: ``step.code == ""``. After: the digest of the step's function and of all of the author's
code that it reaches: functions, classes, constants, and what runs when their modules are imported.
An edit beside that is a hit; an edit that can change a result is a miss. Where the two cannot be
told apart it is a miss:

- renaming a local, moving a constant that others are computed from, touching a statement that
  runs on import in any module that the step's module imports;
- ``exec``, ``eval``, ``globals()``, a module passed on as a value: all of that module counts;
- modules found by name while the step runs, pickles, ``__subclasses__()``, ``__globals__`` and
  frames: all modules count;
- an input that may be an object of the author's: the classes that those reach who made it count,
  and the functions that they use as values.

A global that is computed or changed on import by the world outside (`time.time()`, a file) counts
by its value too, and where it has no lossless form the step is not safe to cache.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from flowc import ir
from flowc.disk_cache import forget_unused
from flowc.passes.code.closure import close
from flowc.passes.code.given import Subject, subjects_of
from flowc.passes.code.graph import Graph
from flowc.passes.code.kept import Kept
from flowc.passes.code.leftovers import find_leftovers
from flowc.passes.code.result import Code, Part

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from flowc.trace.modules import Module

__all__ = ["Code", "Part", "digest_code", "digest_objects", "find_leftovers"]


def digest_code(
    pipeline: ir.Pipeline, modules: Mapping[str, Module]
) -> tuple[ir.Pipeline, Mapping[str, Code]]:
    """The pipeline with its steps' digests, and what each is made of by the step's id."""
    subjects = subjects_of(pipeline)
    name = f"{pipeline.location.file}:{pipeline.name}"
    found = _digest(name, subjects.values(), modules)
    codes = {step: found[subject] for step, subject in subjects.items()}
    nodes = tuple(replace(step, code=codes[step.id].digest) for step in pipeline.steps)
    return replace(pipeline, body=ir.Block(nodes=nodes)), codes


def digest_objects(
    name: str, objects: Iterable[tuple[str, str]], modules: Mapping[str, Module]
) -> Mapping[tuple[str, str], Code]:
    """The code of functions and classes, each given as its module and qualified name."""
    found = _digest(name, map(Subject, objects), modules)
    return {subject.function: code for subject, code in found.items()}


def _digest(
    name: str, subjects: Iterable[Subject], modules: Mapping[str, Module]
) -> Mapping[Subject, Code]:
    """The answer is kept under ``name`` until a module changes."""
    kept = Kept(name, list(dict.fromkeys(subjects)), modules)
    found = kept.load()
    if found is None:
        with _without_collector():
            graph = Graph(modules)
            found, values = close(graph, kept.subjects)
            graph.save()
            kept.save(found, values)
        forget_unused()
    return found


@contextmanager
def _without_collector() -> Generator[None]:
    """Syntax trees are large, short-lived and hold no circles; looking for some costs a tenth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
