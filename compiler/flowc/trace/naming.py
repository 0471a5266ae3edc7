"""The template of a run's name, tried out when the pipeline is compiled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError, did_you_mean
from flowc_runtime import naming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir

SAMPLES: Mapping[str, Any] = {"bool": True, "int": 1, "float": 1.5, "str": "x"}
"""Stand in for parameters whose values only a run has."""


class _Anything:
    """Takes every format, attribute and key: what a run will give is not known."""

    def __format__(self, form: str) -> str:
        return "x"

    def __getattr__(self, name: str) -> _Anything:
        return self

    def __getitem__(self, key: object) -> _Anything:
        return self


def substitutions(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, json.dumps(value)) for name, value in sorted(given.items()))


def check_naming(pipeline: ir.Pipeline, places: Mapping[str, str], where: str) -> None:
    """``places`` are those of options that stand in a file, ``where`` is the pipeline's.

    Raises AuthorError for a template that no run could fill in, and for a substitution that is
    called like something else.
    """
    taken = {*naming.RESERVED, *(parameter.name for parameter in pipeline.parameters)}
    for name, _ in pipeline.substitutions:
        if name in taken:
            raise AuthorError(
                f"pipeline '{pipeline.name}': the substitution '{name}' has the name of a "
                f"{'field' if name in naming.RESERVED else 'parameter'} that run names know",
                where=places.get("substitutions", where),
                hint="give it another name",
            )
    if pipeline.run_name:
        fields = {parameter.name: _sample(parameter) for parameter in pipeline.parameters}
        fields |= {name: json.loads(text) for name, text in pipeline.substitutions}
        fill_in(
            pipeline.run_name,
            pipeline=pipeline.name,
            fields=fields,
            created=0.0,
            where=places.get("run_name", where),
        )


def fill_in(
    template: str, *, pipeline: str, fields: Mapping[str, Any], created: float, where: str = ""
) -> str:
    """Raises AuthorError, at ``where``, for what cannot be filled in."""
    try:
        return naming.fill_in(template, pipeline=pipeline, fields=fields, created=created)
    except naming.BadNameError as error:
        hint = "fields are written {name}; a brace itself is written twice"
        if error.field:
            hint = did_you_mean(error.field, [*fields, *naming.RESERVED])
        raise AuthorError(str(error), where=where, hint=hint) from None


def _sample(parameter: ir.Parameter) -> Any:
    text = parameter.default if parameter.bound is None else parameter.bound
    if text is not None:
        return json.loads(text)
    return SAMPLES.get(parameter.type.kind, _Anything())
