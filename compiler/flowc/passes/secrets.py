"""Refuses secrets that would be one and the same where they are kept.

Environment variables and engines know neither case nor punctuation: `db-main` and `DB_main` are
both in FLOWC_SECRET_DB_MAIN. Nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc_runtime.contract import secret_variable

if TYPE_CHECKING:
    from flowc import ir


def check_secrets(pipeline: ir.Pipeline) -> None:
    """Raise AuthorError for each two that nobody could tell apart, at the step of the second."""
    names: dict[str, str] = {}
    variables: dict[str, ir.SecretRef] = {}
    errors: list[FlowcError] = []
    for step in pipeline.steps:
        for ref in step.secrets:
            prefix = secret_variable(ref.name, "")
            name = names.setdefault(prefix, ref.name)
            other = variables.setdefault(secret_variable(ref.name, ref.key), ref)
            if name != ref.name:
                errors.append(_clash(step, name, ref.name, prefix))
            elif other != ref:
                errors.append(_clash(step, str(other), str(ref), prefix))
    raise_all(errors)


def _clash(step: ir.Step, first: str, second: str, prefix: str) -> FlowcError:
    return AuthorError(
        f"step '{step.id}': the secrets '{first}' and '{second}' cannot be told apart in an "
        f"environment, where both begin with {prefix}",
        where=str(step.location),
        hint="rename one of them",
    )
