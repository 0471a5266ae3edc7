"""Names that become places in the store, and arguments of programs, on every target.

How a target's own rules change a name is that target's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_runtime.contract import path_segment
from flowc_runtime.naming import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc import ir


def check_names(pipeline: ir.Pipeline) -> None:
    """Raise AuthorError, for all of them at once, where a name fits into no path or argument."""
    errors: list[FlowcError] = [
        AuthorError(
            f"the {what}'s name {name!r} {flaw}", where=str(location), hint="give it another name"
        )
        for what, name, location in _names(pipeline)
        if (flaw := _flaw(name))
    ]
    raise_all(errors)


def _names(pipeline: ir.Pipeline) -> Iterator[tuple[str, str, ir.Location]]:
    yield "pipeline", pipeline.name, pipeline.location
    for step in pipeline.steps:
        yield "step", step.id, step.location
        for output in step.outputs:
            yield "output", output.name, step.defined or step.location


def _flaw(name: str) -> str:
    if "\0" in name:
        return "holds a NUL"
    try:
        size = len(path_segment(name))
    except UnicodeEncodeError:
        return "is no Unicode text"
    return f"takes {size} bytes in a path, and {LONGEST} fit" if size > LONGEST else ""
