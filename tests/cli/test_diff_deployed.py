"""`flowc diff --deployed`: a build and what `flowc deploy` took to an engine."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_deploy import Quiet, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import CommandLine

SOURCE = """
from flowc import pipeline, step

@step
def greet(name: str) -> str:
    return "hello " + name

@pipeline
def greeting(name: str = "world"):
    greet(name)
"""


@pytest.fixture
def build(flowc: CommandLine) -> Callable[..., str]:
    """Compiles the pipeline, saying something else each time, into `TARGET-WORD`."""
    (flowc.folder / "place").mkdir()

    def compile_it(target: str, word: str = "hello") -> str:
        flowc.write("greeting_pipeline.py", SOURCE.replace("hello", word))
        where = ("--no-build", "--store", "s3://bucket/flowc", "--out", f"{target}-{word}")
        done = flowc("compile", "greeting_pipeline.py", "-t", target, *where)
        assert done.status == 0, done.err
        return f"{target}-{word}"

    return compile_it


@pytest.fixture
def prefect() -> Iterator[str]:
    """What answers as a Prefect server does that keeps one deployment."""
    kept: dict[str, Any] = {}

    class Handler(Quiet):
        def do_GET(self) -> None:  # noqa: N802 - http.server's name
            self.answer({"name": "flowc", "type": "process"})

        def do_POST(self) -> None:  # noqa: N802 - http.server's name
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            match self.path:
                case "/deployments/filter":
                    self.answer([kept] if kept else [])
                case "/deployments/":
                    kept.update(body, id="1")
                    self.answer(kept)
                case "/flows/":
                    self.answer({"id": "2"})
                case _:
                    self.answer([])

        def answer(self, found: object) -> None:
            data = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    yield from serving(Handler)


def check_compared(
    flowc: CommandLine, build: Callable[..., str], target: str, where: tuple[str, ...]
) -> None:
    nothing = flowc("diff", build(target), "--deployed", *where)
    assert (nothing.status, nothing.out) == (2, "")
    assert f"nothing is deployed of the pipeline 'greeting' on {target}" in nothing.err
    assert f"flowc deploy {target}-hello" in nothing.err

    assert flowc("deploy", build(target), *where).status == 0
    same = flowc("diff", build(target), "--deployed", *where, "--json", "--exit-code")
    assert (same.status, json.loads(same.out)["same"]) == (0, True), same.err
    other = flowc("diff", build(target, "bye"), "--deployed", *where, "--exit-code")
    assert other.status == 1, other.err
    assert f"-> {target}-bye: 1 step changed" in other.out
    assert "greet  changed  function `greet`" in other.out


def test_airflow(flowc: CommandLine, build: Callable[..., str]) -> None:
    check_compared(flowc, build, "airflow", ("--to", "place"))


def test_prefect(flowc: CommandLine, build: Callable[..., str], prefect: str) -> None:
    check_compared(flowc, build, "prefect", ("--to", "place", "--url", prefect))
    found = flowc("diff", build("prefect"), "--deployed", "--url", prefect, "--json")
    assert json.loads(found.out)["old"] == f"greeting/greeting at {prefect}"
    shutil.rmtree(flowc.folder / "place/greeting")
    gone = flowc("diff", build("prefect"), "--deployed", "--url", prefect)
    assert gone.status == 2
    assert "what was deployed is not in" in gone.err


def test_what_flowc_did_not_deploy(flowc: CommandLine, build: Callable[..., str]) -> None:
    """By hand, and changed since."""
    made = build("airflow")
    asked = ("diff", made, "--deployed", "--to", "place")
    dag = flowc.folder / "place/greeting.py"
    shutil.copy(flowc.folder / made / "greeting.py", dag)
    by_hand = flowc(*asked)
    assert by_hand.status == 2
    assert "place/greeting.py: nothing tells what it was made from" in by_hand.err
    assert flowc("deploy", made, "--to", "place").status == 0
    dag.write_bytes(dag.read_bytes() + b"\n")
    changed = flowc(*asked)
    assert changed.status == 2
    assert "'greeting.py' is not what was deployed, it has been changed since" in changed.err
    dag.write_text("from airflow import DAG\n", encoding="utf-8")
    theirs = flowc(*asked)
    assert theirs.status == 2
    assert "is somebody else's file" in theirs.err


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (["a"], "two build directories are compared"),
        (["a", "b", "--deployed"], "one build directory is compared"),
        (["a", "b", "--to", "place"], "add --deployed"),
        (["a", "b", "--url", "http://x"], "add --deployed"),
    ],
)
def test_wrong_requests(flowc: CommandLine, request_: list[str], said: str) -> None:
    outcome = flowc("diff", *request_)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err


STORE = ("--ship", "store", "--store", "file:///data", "--volume", "{shelf}:/data")
MOUNT = ("--ship", "mount", "--store", "s3://bucket", "--bundles", "{shelf}")


@pytest.mark.parametrize(
    ("ship", "folder", "note"),
    [
        (STORE, "bundles", "note: put bundles/{name} of the build into the store"),
        (MOUNT, ".", "note: copy bundles/{name} of the build into {shelf}"),
    ],
)
def test_a_bundle_goes_where_containers_look(
    flowc: CommandLine, ship: tuple[str, ...], folder: str, note: str
) -> None:
    """Compiled without building: the bundle is published by deploying, and once."""
    flowc.write("greeting_pipeline.py", SOURCE)
    shelf = flowc.folder / "shelf"
    for made in (flowc.folder / "place", shelf):
        made.mkdir()
    where = (it.format(shelf=shelf) for it in ship)
    options = ("-t", "airflow", "--out", "out", "--no-build", *where)
    done = flowc("compile", "greeting_pipeline.py", *options)
    assert done.status == 0, done.err
    assert list(shelf.iterdir()) == []
    [compiled] = (flowc.folder / "out/bundles").glob("*.pyz")
    published = shelf / folder / compiled.name
    assert flowc("deploy", "out", "--to", "place").status == 0
    assert published.read_bytes() == compiled.read_bytes()
    stamp = published.stat().st_mtime_ns
    assert flowc("deploy", "out", "--to", "place").status == 0
    assert published.stat().st_mtime_ns == stamp
    shutil.rmtree(shelf)
    told = flowc("deploy", "out", "--to", "place")
    assert told.status == 0
    assert note.format(name=compiled.name, shelf=shelf) in told.err
