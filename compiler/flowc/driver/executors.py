"""What steps run in, for the targets that leave a choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowc.errors import BackendError
from flowc.registry import ExecutorBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.registry import Backend, Executor, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """``target`` is what errors call the two together; ``hints`` name by feature the executors
    that support what this one does not.
    """

    executor: Executor | Literal[""]
    target: str
    supports: Mapping[str, Support]
    hints: Mapping[str, str]


def choose_executor(
    backend: Backend, executor: Executor | Literal[""] = "", python: str = ""
) -> Chosen:
    """Raises BackendError for an executor that the target does not have, or one that runs no
    ``python`` of the worker.
    """
    executors: Mapping[Executor, Mapping[str, Support]] = (
        backend.executors if isinstance(backend, ExecutorBackend) else {}
    )
    names = list(executors)
    if executor and executor not in executors:
        known = ", ".join(names)
        raise BackendError(
            f"the target '{backend.name}' has no executor '{executor}'",
            hint=f"it has: {known}" if known else "leave --executor away: it has its own",
        )
    chosen: Executor | Literal[""] = executor or (names[0] if names else "")
    if python and chosen != "process":
        raise BackendError(
            "--python is the interpreter of processes on a worker",
            hint="--executor process; a step's image has settings['docker']['python']",
        )
    tables: dict[str, dict[str, Support]] = {
        name: {**backend.supports, **differences} for name, differences in executors.items()
    }
    return Chosen(
        executor=chosen,
        target=f"{backend.name} --executor {executor}" if executor else backend.name,
        supports=tables.get(chosen, backend.supports),
        hints=_hints(tables),
    )


def _hints(tables: Mapping[str, Mapping[str, Support]]) -> dict[str, str]:
    """What to do about a feature that some executors support."""
    able: dict[str, list[str]] = {}
    for name, table in tables.items():
        for feature, support in table.items():
            if support != "error":
                able.setdefault(feature, []).append(f"--executor {name}")
    return {feature: " or ".join(names) for feature, names in able.items()}
