"""`flowc deploy`, as far as it goes without an engine: what is asked for, and a DAGs folder."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import CommandLine

SOURCE = """
from dataclasses import dataclass
from datetime import date
from flowc import pipeline, step

@dataclass
class Size:
    rows: int

@step
def make(n: int, day: date, size: Size) -> int:
    return n

@pipeline
def shaped(n: int = 1, day: date = date(2026, 1, 1), size: Size = Size(3), times: int = 2):
    for _ in range(times):
        make(n, day, size)

@pipeline
def needy(n: int, day: date = date(2026, 1, 1)):
    make(n, day, Size(3))
"""


@pytest.fixture
def build(flowc: CommandLine) -> Callable[..., str]:
    """Compiles a pipeline into `build-TARGET-PIPELINE`."""
    flowc.write("shaped_pipeline.py", SOURCE)
    (flowc.folder / "dags").mkdir()

    def compile_it(target: str = "airflow", pipeline: str = "shaped", *options: str) -> str:
        out = f"build-{target}-{pipeline}"
        source = f"shaped_pipeline.py:{pipeline}"
        where = ("--no-build", "--store", "s3://bucket/flowc", "--out", out)
        done = flowc("compile", source, "-t", target, *where, *options)
        assert done.status == 0, done.err
        return out

    return compile_it


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_dags_folder(flowc: CommandLine, build: Callable[..., str]) -> None:
    folder = flowc.folder / "dags"
    first = flowc("deploy", build(), "--to", "dags", "--json")
    assert first.status == 0, first.err
    assert json.loads(first.out)["change"] == "created"
    assert "nobody asked Airflow whether it can import it" in first.err
    made = files(flowc.folder / "build-airflow-shaped")
    name, placed = "shaped.py", made["shaped.py"]
    record = {f"shaped.build/{it}": made[it] for it in ("build.json", "ir.json", "manifest.json")}
    assert files(folder) == {name: placed, **record}
    stamp = (folder / name).stat().st_mtime_ns
    again = flowc("deploy", build(), "--to", "dags", "--json")
    assert json.loads(again.out)["change"] == "unchanged"
    assert (folder / name).stat().st_mtime_ns == stamp

    changed = flowc("deploy", build("airflow", "shaped", "-p", "times=3"), "--to", "dags")
    assert (changed.status, changed.out) == (0, "")
    assert "updated shaped on airflow: shaped at dags/shaped.py" in changed.err
    assert files(folder)[name] != placed

    gone = flowc("undeploy", build(), "--to", "dags", "--json")
    assert (json.loads(gone.out)["change"], files(folder)) == ("removed", {})
    assert json.loads(flowc("undeploy", build(), "--to", "dags", "--json").out)["change"] == (
        "absent"
    )


def test_a_dags_folder_for_processes(flowc: CommandLine, build: Callable[..., str]) -> None:
    """The bundle comes along, is hidden from Airflow, counts, and goes with its DAG."""
    options = ("airflow", "shaped", "--executor", "process")
    folder = flowc.folder / "dags"
    assert flowc("deploy", build(*options), "--to", "dags").status == 0
    placed = files(folder)
    beside = sorted(name for name in placed if not name.startswith("shaped.build/"))
    ignore, bundle, dag = beside
    assert (dag, ignore) == ("shaped.py", "shaped.bundle/.airflowignore")
    assert bundle.removeprefix("shaped.bundle/").encode() in placed[dag]
    stamp = (folder / bundle).stat().st_mtime_ns
    assert "unchanged shaped" in flowc("deploy", build(*options), "--to", "dags").err
    assert (folder / bundle).stat().st_mtime_ns == stamp

    (folder / bundle).unlink()
    assert "updated shaped" in flowc("deploy", build(*options), "--to", "dags").err
    assert files(folder) == placed

    other = build(*options, "-p", "times=3")
    flowc.write("dags/shaped.bundle/theirs.txt", "mine")
    assert "updated shaped" in flowc("deploy", other, "--to", "dags").err
    # Tasks of the earlier version may still read their bundle.
    assert placed.keys() < files(folder).keys()
    assert flowc("undeploy", other, "--to", "dags").status == 0
    assert files(folder) == {"shaped.bundle/theirs.txt": b"mine"}


def test_a_folder_named_by_its_uri_or_the_environment(
    flowc: CommandLine, build: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"file://{flowc.folder}/dags"
    assert flowc("deploy", build(), "--to", uri).status == 0
    monkeypatch.setenv("FLOWC_AIRFLOW_DAGS", "dags")
    again = flowc("deploy", build(), "--json")
    assert json.loads(again.out)["change"] == "unchanged"


def test_somebody_elses_file_is_left_alone(flowc: CommandLine, build: Callable[..., str]) -> None:
    theirs = flowc.folder / "dags/shaped.py"
    theirs.write_text("from airflow import DAG\n", encoding="utf-8")
    for command in ("deploy", "undeploy"):
        outcome = flowc(command, build(), "--to", "dags")
        assert (outcome.status, outcome.out) == (2, "")
        assert "'dags/shaped.py' is somebody else's file" in outcome.err
    assert theirs.read_text(encoding="utf-8") == "from airflow import DAG\n"


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def not_airflow() -> Iterator[str]:
    """A web server that knows nothing of Airflow, and sends people to a login page."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", "https://login.example/")
            else:
                self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    yield from serving(Handler)


@pytest.fixture
def idle_airflow() -> Iterator[str]:
    """What answers as an Airflow does whose DAG processor looks at no file."""
    answers: dict[str, object] = {
        "/api/v2/version": {"version": "3"},
        "/api/v2/importErrors": {"import_errors": []},
    }

    class Handler(Quiet):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0])
            data = b"" if found is None else json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    yield from serving(Handler)


def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_no_airflow_changes_nothing(
    flowc: CommandLine, build: Callable[..., str], not_airflow: str
) -> None:
    for url, said in (
        (not_airflow, "is not the API of Airflow"),
        (f"{not_airflow}/moved", "is not the API of Airflow"),
        ("http://127.0.0.1:9", "does not answer"),
        ("ftp://somewhere", "is neither http:// nor https://"),
        ("http://me:secret-word@127.0.0.1:9", "Airflow at http://127.0.0.1:9 does not answer"),
    ):
        outcome = flowc("deploy", build(), "--to", "dags", "--url", url)
        assert (outcome.status, outcome.out, files(flowc.folder / "dags")) == (2, "", {})
        assert said in outcome.err
        assert outcome.err.count("error:") == 1
        assert "secret-word" not in outcome.err


def test_what_was_placed_in_vain_is_taken_away(
    flowc: CommandLine, build: Callable[..., str], idle_airflow: str
) -> None:
    asked = ("--to", "dags", "--url", idle_airflow, "--timeout", "0.1")
    folder = flowc.folder / "dags"
    made = build("airflow", "shaped", "--executor", "process")
    outcome = flowc("deploy", made, *asked)
    assert (outcome.status, files(folder)) == (2, {})
    assert "'dags/shaped.py' was taken away again" in outcome.err
    assert not (folder / "shaped.bundle").exists()

    assert flowc("deploy", made, "--to", "dags").status == 0
    before = files(folder)
    other = build("airflow", "shaped", "--executor", "process", "-p", "times=3")
    outcome = flowc("deploy", other, *asked)
    assert (outcome.status, files(folder)) == (2, before)
    assert "the earlier 'dags/shaped.py' is back in its place" in outcome.err


def test_a_redirection_is_not_followed(
    flowc: CommandLine, build: Callable[..., str], not_airflow: str
) -> None:
    outcome = flowc("deploy", build("prefect"), "--url", f"{not_airflow}/moved")
    # Prefect is asked with POST, which this server does not know.
    assert outcome.status == 2
    outcome = flowc("deploy", build("kubeflow"), "--url", f"{not_airflow}/moved")
    assert outcome.status == 2
    assert "redirects to https://login.example/" in outcome.err


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        (["--to", "nowhere"], "the DAGs folder 'nowhere' does not exist", "dags_folder"),
        (["--to", "shaped_pipeline.py"], "'shaped_pipeline.py' is a file", "dags_folder"),
        ([], "no DAGs folder is named", "FLOWC_AIRFLOW_DAGS"),
        (["--to", "s4://bucket"], "unknown store scheme 's4:'", ""),
        (["--to", "dags", "--work-pool", "w"], "--work-pool means nothing", "--to, --url"),
        (["--to", "dags", "--unpause"], "--unpause needs Airflow's API", "FLOWC_AIRFLOW_URL"),
        (["--to", "dags", "--timeout", "9"], "--timeout needs Airflow's API", "FLOWC_AIRFLOW_URL"),
        (["--to", "dags", "--wait"], "--wait says something of a run", "--help"),
        (["--to", "dags", "-p", "n=1"], "--param says something of a run", "--help"),
        (["--to", "dags", "--trigger", "-p", "m=1"], "has no parameter 'm'", "known: day, n"),
        (["--to", "dags", "--trigger", "-p", "n=x"], "parameter 'n' wants int", ""),
        (["--to", "dags", "--trigger", "-p", "day=soon"], "parameter 'day' wants", ""),
        (["--to", "dags", "--trigger", "-p", "times=3"], "bound when it was", "compile again"),
    ],
)
def test_wrong_requests(
    flowc: CommandLine, build: Callable[..., str], options: list[str], said: str, hint: str
) -> None:
    outcome = flowc("deploy", build(), *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
    assert hint in outcome.err
    assert files(flowc.folder / "dags") == {}


@pytest.mark.parametrize("target", ["prefect", "kubeflow"])
def test_a_time_limit_where_nothing_is_waited_for(
    flowc: CommandLine, build: Callable[..., str], target: str
) -> None:
    made = build(target)
    asked = ("--url", "http://127.0.0.1:9", "--timeout", "9")
    for command in ("deploy", "undeploy"):
        outcome = flowc(command, made, *asked)
        assert (outcome.status, outcome.out) == (2, "")
        assert f"--timeout means nothing to the target '{target}'" in outcome.err
    outcome = flowc("deploy", made, *asked, "--trigger", "--wait")
    assert "does not answer" in outcome.err


def test_a_time_limit_of_undeploying_needs_somebody_to_ask(
    flowc: CommandLine, build: Callable[..., str]
) -> None:
    outcome = flowc("undeploy", build(), "--to", "dags", "--timeout", "9")
    assert outcome.status == 2
    assert "--timeout needs Airflow's API" in outcome.err


def test_a_parameter_without_a_default_is_asked_for_at_once(
    flowc: CommandLine, build: Callable[..., str]
) -> None:
    outcome = flowc("deploy", build("airflow", "needy"), "--to", "dags", "--trigger")
    assert outcome.status == 2
    assert "parameter 'n' of pipeline 'needy' has no default" in outcome.err
    assert files(flowc.folder / "dags") == {}


def test_damaged_and_foreign_folders(flowc: CommandLine, build: Callable[..., str]) -> None:
    folder = Path(build())
    (flowc.folder / "empty").mkdir()
    for name, said in (
        ("empty", "'empty' is no build directory"),
        ("nowhere", "the build directory 'nowhere' does not exist"),
        ("shaped_pipeline.py", "'shaped_pipeline.py' is a file"),
    ):
        outcome = flowc("deploy", name, "--to", "dags")
        assert outcome.status == 2
        assert said in outcome.err
    dag = flowc.folder / folder / "shaped.py"
    dag.write_bytes(dag.read_bytes() + b"\n")
    damaged = flowc("deploy", str(folder), "--to", "dags")
    assert damaged.status == 2
    assert "'build-airflow-shaped/shaped.py' is not what was compiled" in damaged.err
    dag.unlink()
    lacking = flowc("deploy", str(folder), "--to", "dags")
    assert lacking.status == 2
    assert "lacks 'build-airflow-shaped/shaped.py'" in lacking.err
    assert files(flowc.folder / "dags") == {}


def test_a_manifest_of_another_version(flowc: CommandLine, build: Callable[..., str]) -> None:
    manifest = flowc.folder / build() / "manifest.json"
    document = json.loads(manifest.read_bytes())
    del document["signature"]
    manifest.write_text(json.dumps(document), encoding="utf-8")
    outcome = flowc("deploy", "build-airflow-shaped", "--to", "dags")
    assert outcome.status == 2
    assert "the manifest.json of 'build-airflow-shaped' does not tell 'signature'" in outcome.err
    assert "another version of flowc wrote it" in outcome.err


def test_a_manifest_that_leads_out_of_the_folder(
    flowc: CommandLine, build: Callable[..., str]
) -> None:
    manifest = flowc.folder / build() / "manifest.json"
    document = json.loads(manifest.read_bytes())
    document["files"]["../shaped_pipeline.py"] = "0"
    manifest.write_text(json.dumps(document), encoding="utf-8")
    outcome = flowc("deploy", "build-airflow-shaped", "--to", "dags")
    assert outcome.status == 2
    assert "outside of the folder" in outcome.err


def test_engines_that_are_not_named(flowc: CommandLine, build: Callable[..., str]) -> None:
    for target, said, hint in (
        ("prefect", "no Prefect server is named", "PREFECT_API_URL"),
        ("kubeflow", "no Kubeflow Pipelines server is named", "FLOWC_KUBEFLOW_URL"),
    ):
        outcome = flowc("deploy", build(target))
        assert outcome.status == 2
        assert said in outcome.err
        assert hint in outcome.err


@pytest.mark.parametrize("command", ["deploy", "undeploy"])
def test_a_folder_for_flows_is_looked_at_first(
    flowc: CommandLine, build: Callable[..., str], command: str
) -> None:
    for to, said in (
        ("nowhere", "the folder 'nowhere' does not exist"),
        ("s3://bucket/flows", "'s3://bucket/flows' is no folder"),
    ):
        outcome = flowc(command, build("prefect"), "--to", to, "--url", "http://127.0.0.1:9")
        assert (outcome.status, outcome.out) == (2, "")
        assert said in outcome.err
