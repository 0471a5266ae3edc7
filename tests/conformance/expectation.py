"""What a conformance case promises: the one answer that every target has to give.

Beside the pipelines of a folder of `cases/` lies an `answers.py` with a `Case` for each. It names
no target, but for what a target refuses and for what an engine's local runner cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGETS: Final = ("local", "docker", "kubeflow", "airflow3", "airflow2", "prefect")


@dataclass(frozen=True, slots=True)
class Anything:
    """An output whose value the case leaves open."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An output by its ``repr``, for values of classes that only the pipeline's module has."""

    text: str


ANY: Final = Anything()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How an invocation ends.

    ``outputs`` are all of its outputs, with their values; ``output`` is short for a single one
    without a name. ``waits`` are the least seconds between each attempt and the next. ``error`` is
    the kind of the error document, ``message`` a part of its message. ``hooks`` are the lines that
    hooks printed into the step's log, in order and without the leading word HOOK; ``broken_hooks``
    are the events whose hook failed. ``says`` are the lines after the word SAY.
    """

    status: str = "completed"
    attempts: int = 1
    output: object = None
    outputs: Mapping[str, object] | None = None
    waits: tuple[float, ...] = ()
    error: str = ""
    message: str = ""
    hooks: tuple[str, ...] = ()
    broken_hooks: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    least_seconds: float = 0.0
    most_seconds: float = 0.0

    @property
    def expected_outputs(self) -> Mapping[str, object]:
        if self.outputs is not None:
            return self.outputs
        return {"output": self.output} if self.status in {"completed", "cached"} else {}


def done(output: object, **more: object) -> Step:
    """Completed in one attempt, with a single output that has no name."""
    return Step(output=output, **more)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A text of a file replaced by another, found exactly once; files are relative to the case."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a case's pipeline, after ``edits`` to the sources as the run before had them.

    ``order`` has lines like ``load < train``: the first ended before the other began. ``together``
    are invocations that ran at the same time, ``apart`` those of which no two did. ``hooks`` are
    the lines of on_init and on_cleanup. ``config`` is a YAML file beside the pipeline. ``name`` is
    the run's, where it has one.
    """

    steps: Mapping[str, Step]
    status: str = "completed"
    edits: tuple[Edit, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    order: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    config: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pipeline's promise.

    ``refused`` has, by target, a part of the message that refuses it. ``not_run`` says why an
    engine's local runner cannot show the case. ``cover`` puts it into the subset that `make e2e`
    runs. ``own_keys`` says that cache keys differ by target, and why. ``shows`` are the features
    whose cells in the table of `flowc targets` it stands for: the case fails where one is a lie.
    """

    title: str
    runs: tuple[Run, ...] = (Run(steps={}),)
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    not_run: Mapping[str, str] = field(default_factory=dict[str, str])
    cover: bool = False
    own_keys: str = ""
    shows: tuple[str, ...] = ()


def refused_everywhere(message: str) -> Mapping[str, str]:
    return dict.fromkeys(TARGETS, message)


AIRFLOW: Final = ("airflow3", "airflow2")
