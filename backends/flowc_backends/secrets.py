"""Which secrets a container is given, by the variables in which the runtime looks for them.

step load(token=<secret db/password>)   ->   {"FLOWC_SECRET_DB_PASSWORD": SecretRef(db/password)}
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError
from flowc_runtime.contract import WHOLE_SECRET, secret_variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc import ir

_LONGEST = 253
_OBJECT = re.compile(r"[a-z0-9](-*[a-z0-9])*(\.[a-z0-9](-*[a-z0-9])*)*")


def variables(refs: Iterable[ir.SecretRef]) -> dict[str, ir.SecretRef]:
    """Sorted by the secrets' names."""
    return {secret_variable(ref.name, ref.key): ref for ref in sorted(refs)}


def finaliser_secrets(pipeline: ir.Pipeline) -> tuple[ir.SecretRef, ...]:
    """The finaliser calls the hooks of steps whose containers were lost: it is given theirs."""
    return tuple(sorted({ref for step in pipeline.steps if step.hooks for ref in step.secrets}))


def kubernetes_name(ref: ir.SecretRef) -> str:
    """Kubernetes knows neither upper case nor underscores."""
    return ref.name.lower().replace("_", "-")


def check_kubernetes(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for secrets of which no object in a cluster can have the name."""
    return [
        AuthorError(
            f"step '{step.id}': no secret in Kubernetes can be called '{kubernetes_name(ref)}'",
            where=str(step.location),
            hint="letters or digits stand beside each dot of a name, and it has 253 at most",
        )
        for step in pipeline.steps
        for ref in step.secrets
        if not _OBJECT.fullmatch(kubernetes_name(ref)) or len(ref.name) > _LONGEST
    ]


def part(ref: ir.SecretRef) -> str:
    """What the secret is called among the parts of the object that an engine keeps it in."""
    return ref.key or WHOLE_SECRET
