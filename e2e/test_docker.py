"""The docker target on a real daemon: what arrives in a container, and that none is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import textwrap
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import FLOWC
from flowc.client import Client
from flowc.driver import load_pipeline, run_pipeline
from flowc_backends.docker import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowc_backends.docker.probe import Answer

pytestmark = pytest.mark.usefixtures("docker_engine")

HEADER = """\
from __future__ import annotations

import os
import signal
import sys
import time
from typing import Annotated

from flowc import pipeline, step
"""

NASTY = 'it\'s "quoted"\n$HOME ${X} $(y) \\ {{ z }} 🎈'

CHAIN = """
@step
def make(n: int) -> tuple[Annotated[bytes, "big"], Annotated[list[int], "small"]]:
    print("making", n)
    sys.stderr.write("on the other stream\\n")
    return bytes(range(256)) * 4096, list(range(n))

@step
def add(big: bytes, small: list[int]) -> int:
    return len(big) + sum(small)

@step
def scale(small: list[int], factor: int) -> list[int]:
    return [one * factor for one in small]

@step
def join(total: int, scaled: list[int]) -> dict[str, object]:
    return {"total": total, "scaled": scaled}

@pipeline
def chain(n: int = 5, factor: int = 3):
    big, small = make(n)
    join(add(big, small), scale(small, factor))
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with pipelines and a store."""

    folder: Path
    image: str

    @property
    def store(self) -> str:
        return f"file://{self.folder}/store"

    def write(self, source: str) -> Path:
        file = self.folder / "written.py"
        file.write_text(HEADER + textwrap.dedent(source), encoding="utf-8")
        return file

    def command(self, source: str, *more: str) -> list[str]:
        where = ["--target", "docker", "--parent-image", self.image, "--store", self.store]
        return [str(FLOWC), "run", str(self.write(source)), *where, *more]

    def run(self, source: str, *more: str, status: int = 0) -> Any:
        """The run's document; what went wrong when nothing ran."""
        command = self.command(source, "--json", *more)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    def value(self, document: Any, step: str, output: str = "output") -> Any:
        return Client(self.store).artifact(document["run_id"], step, output)


@pytest.fixture
def project(tmp_path: Path, base_image: str) -> Iterator[Project]:
    """A project whose containers are all gone when its test is over."""
    (tmp_path / "pyproject.toml").touch()
    made = Project(tmp_path, base_image)
    yield made
    runs = tmp_path / "store/runs"
    for run in runs.iterdir() if runs.exists() else ():
        assert containers(run.name) == []


def containers(run: str) -> list[str]:
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=flowc.run={run}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def statuses(document: Any) -> dict[str, str]:
    return {step["id"]: step["status"] for step in document["steps"]}


def test_a_run_and_its_repetition(project: Project) -> None:
    first = project.run(CHAIN)
    assert statuses(first) == dict.fromkeys(["make", "add", "scale", "join"], "completed")
    assert project.value(first, "join") == {"total": 1048586, "scaled": [0, 3, 6, 9, 12]}
    second = project.run(CHAIN, "--param", "factor=4")
    assert statuses(second) == {
        "make": "cached", "add": "cached", "scale": "completed", "join": "completed"
    }  # fmt: skip


def test_logs_of_both_streams_are_kept(project: Project) -> None:
    run = project.run(CHAIN)["run_id"]
    assert sorted(Client(project.store).logs(run)["make"].splitlines()) == [
        "making 5", "on the other stream"
    ]  # fmt: skip


def test_what_a_step_finds_in_its_container(project: Project) -> None:
    document = project.run(f"""
        @step(settings={{"docker": {{"environment": {{"NASTY": {NASTY!r}}}}}}})
        def look() -> dict[str, object]:
            home = os.environ["HOME"]
            open(home + "/scratch", "w").close()
            return {{
                "nasty": os.environ["NASTY"],
                "user": [os.getuid(), os.getgid()],
                "init": open("/proc/1/comm").read().strip(),
                "image": os.environ["FLOWC_IMAGE"],
            }}

        @pipeline
        def looking():
            look()
        """)
    assert project.value(document, "look") == {
        "nasty": NASTY,
        "user": [os.getuid(), os.getgid()],
        "init": "docker-init",
        "image": project.image,
    }


def test_a_failure_stops_only_what_depends_on_it(project: Project) -> None:
    document = project.run(
        """
        @step
        def bad() -> int:
            raise ValueError("no\\nmore")

        @step
        def good() -> int:
            return 1

        @step
        def after(x: int) -> int:
            return x

        @pipeline
        def failing():
            after(bad(), id="after_bad")
            after(good(), id="after_good")
        """,
        status=1,
    )
    assert document["status"] == "failed"
    assert statuses(document) == {
        "bad": "failed", "after_bad": "skipped", "good": "completed", "after_good": "completed"
    }  # fmt: skip


def test_a_killed_container(project: Project) -> None:
    document = project.run(
        """
        @step
        def suicide() -> int:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
            return 1

        @pipeline
        def killed():
            suicide()
        """,
        status=1,
    )
    assert document["status"] == "failed"
    assert statuses(document) == {"suicide": "lost"}


def test_a_daemon_elsewhere_gives_the_same(
    project: Project, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe's answer is forced: files are copied in and out."""
    ask = probe.ask

    def elsewhere(*args: Any, **more: Any) -> Answer:
        return replace(ask(*args, **more), shared=False)

    mounted = project.run(CHAIN)
    monkeypatch.setattr(probe, "ask", elsewhere)
    store = f"file://{project.folder}/elsewhere"
    pipeline = load_pipeline(str(project.write(CHAIN)))

    def run(**parameters: str) -> Any:
        name = run_pipeline(
            pipeline,
            target="docker",
            parameters=parameters,
            store=store,
            parent_image=base_image,
            reporter=Silent(),
        )
        assert containers(name) == []
        return Client(store).run(name)

    copied = run()
    assert statuses(copied) == statuses(mounted)
    assert outputs(copied) == outputs(mounted)
    assert "making 5" in Client(store).logs(copied["run_id"])["make"]
    again = run(factor="3")
    assert set(statuses(again).values()) == {"cached"}
    assert len(Client(store).runs()) == 2


def outputs(document: Any) -> dict[str, Any]:
    return {step["id"]: step["outputs"] for step in document["steps"]}


class Silent:
    """A reporter that nobody listens to."""

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None: ...


SLEEPING = """
@step
def quick() -> int:
    return 1

@step
def slow(x: int) -> int:
    print("zzz", flush=True)
    time.sleep(120)
    return x

@step
def stubborn(x: int) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("zzz", flush=True)
    time.sleep(120)
    return x

@step
def never(x: int) -> int:
    return x

@pipeline
def sleeping():
    x = quick()
    never(STEP(x))
"""


@pytest.mark.parametrize(
    ("step", "signals", "ended"),
    [
        ("slow", [signal.SIGINT], "stopping the containers"),
        ("slow", [signal.SIGTERM], "stopping the containers"),
        # Left to the runtime inside, the step would be ended by force after five seconds.
        ("stubborn", [signal.SIGINT, signal.SIGINT], "killing the containers"),
    ],
    ids=["ctrl-c", "sigterm", "ctrl-c-twice"],
)
def test_cancelling_leaves_nothing(
    project: Project, step: str, signals: list[signal.Signals], ended: str
) -> None:
    command = project.command(SLEEPING.replace("STEP", step))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr
    for line in process.stderr:
        if "zzz" in line:
            break
    for number in signals:
        # As the terminal does it: to the whole group.
        os.killpg(process.pid, number)
        time.sleep(0.5)
    said = process.communicate(timeout=60)[1]
    assert process.returncode != 0
    # A container that is removed leaves no word of its step's end; one that stops does.
    assert [ended in said, "killed" in said] == [True, ended.startswith("killing")], said
    [run] = Client(project.store).runs()
    document = Client(project.store).run(run["run_id"])
    found = statuses(document)
    assert found["quick"] == "completed"
    assert found[step] in {"cancelled", "lost"}
    assert found["never"] in {"cancelled", "skipped"}
