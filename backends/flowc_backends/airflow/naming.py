"""Airflow's ids of tasks: like its other ids ASCII letters, digits, dash, dot and underscore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_backends.python_names import ascii_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc import ir


def task_ids(steps: Sequence[ir.Step]) -> dict[str, str]:
    """The task id of every invocation.

    Raises AuthorError, for all of them at once, where two would have the same.
    """
    owners: dict[str, ir.Step] = {}
    errors: list[FlowcError] = []
    for step in steps:
        name = ascii_name(step.id)
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
    return {step.id: ascii_name(step.id) for step in steps}
