"""What an author chose to write and read a step's outputs."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.authoring.step import Step


def with_materializers(
    step: Step, outputs: tuple[ir.Output, ...], chosen: Mapping[str, Any]
) -> tuple[ir.Output, ...]:
    if not chosen:
        return outputs
    check_outputs(step.title, dict.fromkeys(chosen, step.where), outputs)
    return tuple(
        ir.Output(
            name=output.name,
            type=output.type,
            materializer=_import_string(chosen.get(output.name, ""), step),
        )
        for output in outputs
    )


def check_outputs(title: str, named: Mapping[str, str], outputs: tuple[ir.Output, ...]) -> None:
    """``named`` are outputs, each with the place that gives it a materializer."""
    for name, where in named.items():
        if name not in {output.name for output in outputs}:
            raise AuthorError(
                f"{title} has no output '{name}' to give a materializer",
                where=where,
                hint=f"its outputs: {', '.join(output.name for output in outputs) or 'none'}",
            )


def _import_string(materializer: Any, step: Step) -> str:
    if isinstance(materializer, str):
        if not materializer:
            return ""
        module, colon, name = materializer.partition(":")
        if not colon:
            module, _, name = materializer.rpartition(".")
        with suppress(ImportError):  # it may be installed in the step's image alone
            importlib.import_module(module)
        return f"{module}:{name}"
    if isinstance(materializer, type):
        return f"{materializer.__module__}:{materializer.__qualname__}"
    raise AuthorError(
        f"{step.title}: a materializer is a class or its import path, got {materializer!r}",
        where=step.where,
    )
