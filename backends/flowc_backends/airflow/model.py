"""What the template of a DAG file prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc_backends.containers import Bind
    from flowc_templates.python_source import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamLine:
    """One of the DAG's params: the arguments of `Param`, each after ``keyword=`` or nothing.

    ``wide`` is whether they need a line each; ``template`` is what containers are told of it.
    """

    name: str
    template: str
    arguments: tuple[tuple[str, object], ...]
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, and the constant that holds its name."""

    constant: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. ``options`` are further arguments, left out where they say nothing new.

    ``image`` is empty for a process.
    """

    variable: str
    task_id: str
    command: tuple[str, ...]
    image: str
    doc: str
    options: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``below`` runs after all of ``above``; ``wide`` is whether they need a line each."""

    above: tuple[str, ...]
    below: str
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """A DAG file. ``retry_delay`` is in seconds, 0 when no task is retried.

    ``call`` is the function that makes a task. ``volumes`` and ``volume_mounts`` are those of all
    pods. ``labels`` are those of all containers. ``given`` are the names of all options of tasks,
    ``imported`` what the file takes from Airflow, ``types`` what it takes from the client of
    Docker or Kubernetes.
    """

    executor: str
    call: str
    dag_id: str
    display_name: str
    source: str
    doc: str
    schedule: str | None
    store: str
    binds: tuple[Bind, ...]
    network: str
    volumes: tuple[Call, ...]
    volume_mounts: tuple[Call, ...]
    labels: tuple[tuple[str, str], ...]
    given: frozenset[str]
    imported: tuple[str, ...]
    types: tuple[str, ...]
    bundle: str
    python: str
    limit: int
    params: tuple[ParamLine, ...]
    images: tuple[Image, ...]
    retry_delay: int
    tasks: tuple[Task, ...]
    finaliser: Task
    edges: tuple[Edge, ...]
