"""Airflow's ids: ASCII letters, digits, dash, dot and underscore, at most 250 of them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_backends.python_names import ascii_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc import ir

_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 250


def airflow_id(text: str) -> str:
    """The id of a task or DAG called ``text``."""
    name = _FOREIGN.sub("_", ascii_word(text)) or "_"
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - 9]}-{digest}"


def task_ids(steps: Sequence[ir.Step]) -> dict[str, str]:
    """The task id of every invocation.

    Raises AuthorError, for all of them at once, where two would have the same.
    """
    owners: dict[str, ir.Step] = {}
    errors: list[FlowcError] = []
    for step in steps:
        name = airflow_id(step.id)
        other = owners.setdefault(name, step)
        if other is not step:
            errors.append(
                AuthorError(
                    f"steps '{other.id}' ({other.location}) and '{step.id}' ({step.location}) "
                    f"would both be Airflow's task '{name}'",
                    where=str(step.location),
                    hint="rename one of the two steps",
                )
            )
    raise_all(errors)
    return {step.id: airflow_id(step.id) for step in steps}
