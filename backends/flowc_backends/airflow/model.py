"""What the template of a DAG file prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc_backends.containers import Bind
    from flowc_backends.starting import Start
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

    ``image`` is empty for a process. ``secrets`` are where they are found, by the variables that
    hold them: Airflow's connection and what of it, or the name and the key in Kubernetes.
    """

    variable: str
    task_id: str
    command: tuple[str, ...]
    image: str
    doc: str
    options: tuple[tuple[str, object], ...] = ()
    secrets: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``below`` runs after all of ``above``; ``wide`` is whether they need a line each."""

    above: tuple[str, ...]
    below: str
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When Airflow starts runs: by ``cron`` in ``timezone``, or every ``interval`` seconds.

    ``wide`` is whether its arguments need a line each.
    """

    name: str
    cron: str
    interval: int
    timezone: str
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """A DAG file. ``retry_delay`` is in seconds, 0 when no task is retried.

    ``call`` is the function that makes a task. ``home`` is the module that has DAGs and params,
    empty where that depends on Airflow's version: ``imported`` are what it has then, ``models``
    those that Airflow 2 has in `airflow.models`. ``imports`` are modules and names of Airflow's,
    sorted; ``types`` are what comes from the client of Docker or Kubernetes; ``deprecated`` is why
    linters should bear with them.

    ``start_date`` and ``end_date`` are the arguments of a datetime in UTC, of which the latter may
    be none. ``limits`` are further arguments of the DAG. ``tells_time`` is whether tasks are told
    for what time the run was scheduled. ``volumes`` and ``volume_mounts`` are those of all pods,
    ``labels`` those of all containers. ``given`` are the names of all options of tasks. ``start``
    is how containers start the bundle, ``bundle`` where processes find it.
    """

    executor: str
    call: str
    dag_id: str
    display_name: str
    source: str
    doc: str
    home: str
    deprecated: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    timetable: Timetable | None
    uses_timedelta: bool
    start_date: tuple[int, ...]
    end_date: tuple[int, ...]
    catchup: bool
    limits: tuple[tuple[str, int], ...]
    tells_time: bool
    store: str
    binds: tuple[Bind, ...]
    network: str
    volumes: tuple[Call, ...]
    volume_mounts: tuple[Call, ...]
    labels: tuple[tuple[str, str], ...]
    given: frozenset[str]
    imported: tuple[str, ...]
    models: tuple[str, ...]
    types: tuple[str, ...]
    start: Start
    bundle: str
    python: str
    limit: int
    params: tuple[ParamLine, ...]
    images: tuple[Image, ...]
    retry_delay: int
    tasks: tuple[Task, ...]
    finaliser: Task
    edges: tuple[Edge, ...]

    @property
    def has_secrets(self) -> bool:
        """Whether a task is given any."""
        return any(task.secrets for task in self.tasks)

    @property
    def asks_airflow(self) -> bool:
        """Whether Airflow keeps the secrets: to pods Kubernetes gives its own."""
        return self.has_secrets and self.executor != "kubernetes"
