"""Small projects whose code is digested, and edits of them."""

from __future__ import annotations

import itertools
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowc.driver import load_pipeline
from flowc.passes.code import digest_code
from flowc.trace import trace_pipeline
from flowc.trace.modules import reach

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path
    from types import ModuleType

    from flowc.passes.code import Code
    from tests.code.edits import Edit

Files = dict[str, str]

_numbers = itertools.count()


def codes(folder: Path, files: Mapping[str, str]) -> Mapping[str, Code]:
    """What the code of each step is made of; ``main.py`` defines the pipeline."""
    root = folder / f"project_{next(_numbers)}"
    with opened(root, files) as (_, found):
        return found


@contextmanager
def opened(
    root: Path, files: Mapping[str, str]
) -> Generator[tuple[ModuleType, Mapping[str, Code]]]:
    """``main.py`` as it is imported, and what the code of each step is made of."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    with _importable(root):
        pipeline = load_pipeline(str(root / "main.py"))
        modules = reach({"main": str(root / "main.py")})
        _, found = digest_code(trace_pipeline(pipeline), modules)
        yield sys.modules["main"], found
    shutil.rmtree(root)


@contextmanager
def _importable(root: Path) -> Generator[None]:
    before = set(sys.modules)
    path, unwritten = list(sys.path), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # a file of the same size and time would be taken
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path[:], sys.dont_write_bytecode = path, unwritten
        for name in set(sys.modules) - before:
            if str(root) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def edited(files: Mapping[str, str], *edits: Edit) -> Files:
    """The files after the edits; an empty text appends, a new file starts empty."""
    result = dict(files)
    for name, old, new in edits:
        text = result.get(name, "")
        assert old in text, f"{name} has no {old!r}"
        result[name] = text.replace(old, new, 1) if old else text + new
    return result


def steps(*sources: str) -> str:
    """``main.py`` with two steps ``a`` and ``b``, and the given sources above them."""
    return "\n".join(["from flowc import pipeline, step", *sources, PIPELINE])


PIPELINE = """
@pipeline
def both():
    a()
    b()
"""
