"""A DAG file goes to Airflow's DAGs folder, and is followed until Airflow has parsed it.

Airflow keeps the text of the file that it parsed last: once that is ours, it is deployed. When the
file cannot be imported, or is not parsed in time, the earlier one is put back.

The bundle of processes is there before the DAG file that names it. Those of earlier versions stay
until the DAG goes, for tasks that still run. The build's record is beside the DAG file, too:
Airflow looks for DAGs in Python and zip files alone.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.deploying import Deployed, Deployment, EngineRunStatus
from flowc.errors import AuthorError, BackendError
from flowc_backends.airflow.api import URL, connect, need
from flowc_backends.airflow.placing import open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.deploying import Build, Change, DeployOptions
    from flowc.registry import Reporter
    from flowc_backends.airflow.api import AirflowApi, KnownDag
    from flowc_backends.airflow.placing import DagsFolder

MARK = "\n# Compiled by flowc from "
"""What every DAG file of ours holds, and nobody else's."""

_BUNDLED = re.compile(r"/(bundle-[0-9a-f]{16}\.pyz|\.airflowignore)$")
"""What we place in the folder of a DAG's bundles."""

PATIENCE = 600.0
"""Seconds that Airflow has to parse a file, and to notice that one is gone."""

_POLL = 0.5
_ENDED = frozenset(("success", "failed"))
_LAST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """The DAG that Airflow is to parse; ``earlier`` are import errors of what was there before."""

    dag_id: str
    file: str
    text: str
    earlier: frozenset[tuple[object, object]]


def deploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    file, dag_id, data = _dag_file(build)
    folder = open_folder(options.to)
    api = connect(options.url)
    if options.unpause:
        need(api, "--unpause")
    if options.timeout is not None:
        need(api, "--timeout")
    before = folder.read(file)
    _check_file(folder, file, before)
    known = api.dag(dag_id) if api else None
    _check_dag(known, dag_id, file)
    files = {**_bundle_files(build, dag_id), **_record_files(build, dag_id), file: data}
    earlier_files = {name: folder.read(name) for name in files}
    placed = {name: text for name, text in files.items() if earlier_files[name] != text}
    change = _change(before, placed)
    earlier = api.import_errors(file) if api and placed else {}
    try:
        for name, text in placed.items():
            folder.write(name, text)
        if api:
            expected = _Expected(
                dag_id=dag_id, file=file, text=data.decode(), earlier=frozenset(earlier)
            )
            known = _follow(api, expected, options, reporter)
    except BaseException as error:
        if placed:
            _put_back(folder, {name: earlier_files[name] for name in placed}, error)
        raise
    if known and known.paused and options.unpause and api:
        api.set_paused(dag_id, paused=False)
        change = "updated" if change == "unchanged" else change
    return Deployment(
        name=dag_id,
        where=folder.show(file),
        change=change,
        notes=_notes(known, unpaused=options.unpause),
    )


def undeploy(build: Build, options: DeployOptions, reporter: Reporter) -> Deployment:
    """Airflow forgets a DAG whose file is gone, and keeps its runs."""
    file, dag_id, _ = _dag_file(build)
    folder = open_folder(options.to)
    api = connect(options.url)
    if options.timeout is not None:
        need(api, "--timeout")
    before = folder.read(file)
    where = folder.show(file)
    if before is None:
        return Deployment(name=dag_id, where=where, change="absent")
    _check_file(folder, file, before)
    folder.remove(file)
    notes = () if api is None else _await_end(api, dag_id, options, reporter)
    bundles = filter(_BUNDLED.search, folder.names(_bundle_folder(dag_id)))
    for name in (*bundles, *_record_files(build, dag_id)):
        folder.remove(name)
    return Deployment(name=dag_id, where=where, change="removed", notes=notes)


def find(build: Build, options: DeployOptions) -> Deployed | None:
    """What is in the DAGs folder; where Airflow can be asked, it has to have parsed that."""
    file, dag_id, _ = _dag_file(build)
    folder = open_folder(options.to)
    api = connect(options.url)
    data = folder.read(file)
    if data is None:
        return None
    _check_file(folder, file, data)
    known = api.dag(dag_id) if api else None
    if api and not (known and known.live and known.source == data.decode()):
        raise BackendError(
            f"Airflow at {api.url} has not parsed '{folder.show(file)}', so that is not what runs",
            hint="is --to the folder that this Airflow reads? flowc deploy waits until it has",
        )
    record = {
        there.rpartition("/")[2]: folder.read(there) for there in _record_files(build, dag_id)
    }
    kept = {name: text for name, text in record.items() if text is not None}
    return Deployed(where=folder.show(file), files={**kept, file: data})


def trigger(build: Build, options: DeployOptions, parameters: Mapping[str, str]) -> str:
    _, dag_id, _ = _dag_file(build)
    api = need(connect(options.url), "--trigger")
    known = api.dag(dag_id)
    if known is None or not known.live:
        raise BackendError(f"Airflow at {api.url} has no DAG '{dag_id}'", hint="deploy it first")
    if known.paused:
        raise BackendError(
            f"the DAG '{dag_id}' is paused, and its run would wait until it is not",
            hint="--unpause",
        )
    run = f"flowc__{uuid.uuid4().hex}"
    api.trigger(dag_id, run, {name: json.loads(text) for name, text in parameters.items()})
    return f"{dag_id}/{run}"


def follow(options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]:
    api = need(connect(options.url), "--wait")
    dag_id, _, run = engine_run.partition("/")
    while True:
        state = api.run_state(dag_id, run)
        yield EngineRunStatus(
            state=state,
            ended=state in _ENDED,
            completed=state == "success",
            tasks=api.task_states(dag_id, run),
        )


def _dag_file(build: Build) -> tuple[str, str, bytes]:
    """The build's one DAG file, which is called like the DAG."""
    files = [name for name in build.files if name.endswith(".py")]
    if len(files) != 1 or "/" in files[0]:
        raise AuthorError(
            f"the build '{build.name}' holds no DAG file", hint="compile it again for airflow"
        )
    return files[0], files[0].removesuffix(".py"), build.files[files[0]]


def _bundle_files(build: Build, dag_id: str) -> dict[str, bytes]:
    """What the DAG file of processes wants beside it; what hides it from Airflow comes first."""
    prefix = f"{_bundle_folder(dag_id)}/"
    return {name: build.files[name] for name in sorted(build.files) if name.startswith(prefix)}


def _record_files(build: Build, dag_id: str) -> dict[str, bytes]:
    return {f"{dag_id}.build/{name}": data for name, data in build.record.items()}


def _bundle_folder(dag_id: str) -> str:
    return f"{dag_id}.bundle"


def _check_file(folder: DagsFolder, file: str, found: bytes | None) -> None:
    if found is not None and MARK.encode() not in found:
        raise BackendError(
            f"'{folder.show(file)}' is somebody else's file: flowc did not write it",
            hint="rename the pipeline, or move that file away",
        )


def _check_dag(known: KnownDag | None, dag_id: str, file: str) -> None:
    if known is None or not known.live:
        return
    theirs = bool(known.source) and MARK not in known.source
    if theirs or known.file.rpartition("/")[2] != file:
        raise BackendError(
            f"the DAG id '{dag_id}' is taken: Airflow has it from the file '{known.file}'"
            + (", which flowc did not write" if theirs else ""),
            hint="rename the pipeline, or remove that DAG",
        )


def _change(before: bytes | None, placed: Mapping[str, bytes]) -> Change:
    if before is None:
        return "created"
    return "updated" if placed else "unchanged"


def _follow(
    api: AirflowApi, dag: _Expected, options: DeployOptions, reporter: Reporter
) -> KnownDag:
    """Wait until Airflow has parsed this very file.

    Raises BackendError when it cannot import the file, or does not look at it in time.
    """
    patience = _patience(options)
    end = time.monotonic() + patience
    told = False
    while True:
        errors = api.import_errors(dag.file)
        known = api.dag(dag.dag_id)
        fresh = [error for key, error in errors.items() if key not in dag.earlier]
        if fresh:
            raise BackendError(
                f"Airflow at {api.url} cannot import '{dag.file}':\n{_tail(fresh[-1])}",
                hint="the error is Airflow's; does it have the providers that the file imports?",
            )
        if known and known.live and known.source == dag.text and not errors:
            return known
        if time.monotonic() > end:
            raise BackendError(
                f"Airflow at {api.url} has not parsed '{dag.file}' after {patience:g} s",
                hint="is --to the folder that this Airflow reads, and does its DAG processor run? "
                "dag_processor.refresh_interval (Airflow 3) and scheduler.dag_dir_list_interval "
                "(2) say how often it looks; --timeout gives it more time",
            )
        if not told:
            reporter.note(f"waiting until Airflow has parsed {dag.file}")
            told = True
        time.sleep(_POLL)


def _await_end(
    api: AirflowApi, dag_id: str, options: DeployOptions, reporter: Reporter
) -> tuple[str, ...]:
    """Wait until Airflow has noticed that the file is gone; a note when it does not in time."""
    patience = _patience(options)
    end = time.monotonic() + patience
    told = False
    while True:
        known = api.dag(dag_id)
        if known is None or not known.live:
            return ()
        if time.monotonic() > end:
            return (f"Airflow has not noticed after {patience:g} s that the file is gone",)
        if not told:
            reporter.note(f"waiting until Airflow has forgotten {dag_id}")
            told = True
        time.sleep(_POLL)


def _patience(options: DeployOptions) -> float:
    return PATIENCE if options.timeout is None else options.timeout


def _put_back(folder: DagsFolder, earlier: dict[str, bytes | None], error: BaseException) -> None:
    """Undo what was placed, the DAG file first; says so in the error that is on its way."""
    done = ""
    for name, before in reversed(earlier.items()):
        if before is None:
            folder.remove(name)
            what = f"'{folder.show(name)}' was taken away again"
        else:
            folder.write(name, before)
            what = f"the earlier '{folder.show(name)}' is back in its place"
        done = done or what
    if isinstance(error, BackendError):
        raise BackendError(
            error.message, where=error.where, hint="; ".join(filter(None, (done, error.hint)))
        ) from None


def _notes(known: KnownDag | None, *, unpaused: bool) -> tuple[str, ...]:
    if known is None:
        return (
            f"placed, but nobody asked Airflow whether it can import it: give --url, or set {URL}",
        )
    if known.paused and not unpaused:
        return ("the DAG is paused: --unpause, or the switch in Airflow's web page",)
    return ()


def _tail(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
