"""The local backend, without the compiler in front of it."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc import ir
from flowc.errors import BackendError
from flowc.registry import Bundle, RunOptions
from flowc_backends.local import LocalBackend, fork_server
from flowc_runtime import contract, records, spawning, stores
from tests.runtime.bundles import output, pipeline, step

if TYPE_CHECKING:
    from flowc_runtime.contract import StepSpec


class Told:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.ended: dict[str, str] = {}
        self.details: dict[str, str] = {}
        self.started: list[str] = []
        self.notes: list[str] = []

    def run_started(self, run: str, steps: list[str]) -> None:  # noqa: ARG002
        self.started.append(run)

    def step_started(self, step: str) -> None:
        self.started.append(step)

    def step_log(self, step: str, line: str) -> None:
        self.lines.append((step, line))

    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None:
        assert seconds >= 0
        self.ended[step] = status
        self.details[step] = detail

    def note(self, text: str) -> None:
        self.notes.append(text)


class Machine:
    """Runs steps whose functions are in the module ``name``."""

    def __init__(self, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.name = name
        self.told = Told()
        monkeypatch.setattr(sys, "path", [str(folder / "src"), *sys.path])

    def run(self, author: str, *steps: StepSpec, **options: Any) -> str:
        (self.folder / "src").mkdir(exist_ok=True)
        (self.folder / "src" / f"{self.name}.py").write_text(author)
        for each in steps:
            each["function"]["module"] = self.name
        here = ir.Location(file="author.py", line=1)
        nodes = tuple(
            ir.Step(
                id=each["id"],
                name=each["name"],
                function=ir.Function(module=self.name, qualname=each["name"]),
                location=here,
                docker=options.pop("docker", ir.DockerSettings()),
                resources=options.pop("resources", ir.Resources()),
            )
            for each in steps
        )
        return LocalBackend().run(
            ir.Pipeline(name="p", location=here, body=ir.Block(nodes=nodes)),
            RunOptions(
                run=options.pop("run", "p-1"),
                engine_run="e",
                run_name="n",
                store=f"file:{self.folder}/store",
                parameters={},
                bundle=Bundle(digest="d" * 64, data=b""),
                spec=pipeline(*steps),
                reporter=self.told,
                import_paths=(str(self.folder / "src"),),
                **options,
            ),
        )

    @property
    def store(self) -> stores.Store:
        return stores.open_store(f"file:{self.folder}/store")

    def value(self, id_: str) -> Any:
        """The one output of a step of plain values."""
        result = records.read_result(self.store, "p-1", id_, 1)
        assert result is not None
        (stored,) = result.get("outputs", {}).values()
        return json.loads((self.folder / "store" / stored["uri"]).read_text())


@pytest.fixture
def machine(tmp_path: Path, request: Any, monkeypatch: pytest.MonkeyPatch) -> Machine:
    # Each test's module has a name of its own: this process imports it.
    name = f"author_{abs(hash(request.node.nodeid))}"
    return Machine(tmp_path, name, monkeypatch)


def test_completed(machine: Machine) -> None:
    below = step("twice", inputs={"n": output("one")}, upstream=["one"])
    author = "def one():\n    print('a\\nb')\n    return 1\ndef twice(n): return 2 * n\n"
    assert machine.run(author, step("one"), below) == "completed"
    assert machine.told.ended == {"one": "completed", "twice": "completed"}
    assert machine.told.lines == [("one", "a"), ("one", "b")]
    record = records.read(machine.store, contract.run_key("p-1"))
    assert record is not None
    assert (record["target"], record["name"]) == ("local", "n")


def test_a_failure_stops_what_depends_on_it_alone(machine: Machine) -> None:
    steps = [
        step("bad"),
        step("below", "one", upstream=["bad"]),
        step("bottom", "one", upstream=["below"]),
        step("one"),
    ]
    assert machine.run("def bad(): raise ValueError('no')\ndef one(): return 1\n", *steps) == (
        "failed"
    )
    assert machine.told.ended == {
        "bad": "failed",
        "below": "skipped",
        "bottom": "skipped",
        "one": "completed",
    }
    assert machine.told.details["bad"] == "ValueError: no"
    assert machine.told.details["bottom"] == "upstream 'below' was skipped"


def test_at_most_so_many_at_once(machine: Machine) -> None:
    author = """
import os, time
from pathlib import Path
def busy(folder):
    mark = Path(folder, str(os.getpid()))
    mark.touch()
    time.sleep(0.05)
    count = len(list(Path(folder).iterdir()))
    mark.unlink()
    return count
"""
    (machine.folder / "marks").mkdir()
    folder = {"folder": {"value": str(machine.folder / "marks")}}
    steps = [step(f"s{n}", "busy", inputs=folder, cache=False) for n in range(8)]
    assert machine.run(author, *steps, max_parallel=2) == "completed"
    counts = {
        (machine.folder / "store" / each["uri"]).read_text()
        for n in range(8)
        for result in [records.read_result(machine.store, "p-1", f"s{n}", 1)]
        if result is not None
        for each in result.get("outputs", {}).values()
    }
    assert counts <= {"1", "2"}


def test_lines_of_any_length(machine: Machine) -> None:
    author = """
import sys
def one():
    sys.stdout.write("x" * 100_000 + "\\n")
    sys.stdout.write("10%\\r20%\\r30%\\nno end")
"""
    machine.run(author, step("one", outputs=[]))
    lines = [line for _, line in machine.told.lines]
    assert [len(line) for line in lines[:-2]] == [64 * 1024, 100_000 - 64 * 1024]
    assert lines[-2:] == ["30%", "no end"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancelled_from_the_keyboard(machine: Machine, number: signal.Signals) -> None:
    author = "import time\ndef slow(): time.sleep(60)\n"
    steps = [step("slow"), step("below", "slow", upstream=["slow"]), step("other", "slow")]
    threading.Timer(0.7, os.kill, (os.getpid(), number)).start()
    before = signal.getsignal(number)
    started = time.monotonic()
    assert machine.run(author, *steps, max_parallel=1) == "cancelled"
    assert time.monotonic() - started < 10
    assert machine.told.ended == {"slow": "cancelled", "below": "skipped", "other": "cancelled"}
    assert signal.getsignal(number) is before


def test_outside_of_the_main_thread(machine: Machine) -> None:
    found: list[str] = []
    thread = threading.Thread(
        target=lambda: found.append(machine.run("def one(): return 1\n", step("one")))
    )
    thread.start()
    thread.join(30)
    assert found == ["completed"]


def test_environment_and_store_are_set(machine: Machine) -> None:
    author = "import os\ndef one(): print(os.environ['LEVEL'], os.environ['FLOWC_STORE'])\n"
    settings = ir.DockerSettings(environment=(("LEVEL", "high"),))
    machine.run(author, step("one", outputs=[]), docker=settings)
    assert machine.told.lines == [("one", f"high {machine.store.uri}")]
    assert "LEVEL" not in os.environ


def test_streams_are_what_they_write_to(machine: Machine, tmp_path: Path) -> None:
    author = """
import sys
def one():
    print(sys.stdout.seekable(), sys.stderr.seekable(), repr(sys.stdin.read()))
"""
    # A file can be sought in; the pipe that a step writes to cannot, whatever its run writes to.
    saved = os.dup(1)
    with (tmp_path / "output").open("wb") as file:
        os.dup2(file.fileno(), 1)
    try:
        machine.run(author, step("one", outputs=[]))
    finally:
        os.dup2(saved, 1)
        os.close(saved)
    assert machine.told.lines == [("one", "False False ''")]


@pytest.mark.parametrize(
    "body",
    [
        "sys.stdout = open(os.devnull, 'w'); sys.stdout.close()",
        "sys.stdout = sys.stderr = None",
        "print('said', end=''); sys.stdout = io.StringIO()",
        "os.close(0)",
        "os.close(1); os.close(2)",
    ],
)
def test_what_becomes_of_the_streams_fails_no_step(machine: Machine, body: str) -> None:
    author = f"import io, os, sys\ndef one():\n    {body}\n    return 1\n"
    assert machine.run(author, step("one")) == "completed"
    assert machine.told.lines == ([("one", "said")] if "said" in body else [])


def test_the_report_is_not_written_into_the_authors_file(machine: Machine, tmp_path: Path) -> None:
    author = f"""
import os
def one():
    os.closerange(3, 64)
    globals()["KEPT"] = [open({str(tmp_path)!r} + f"/file{{n}}", "w") for n in range(16)]
    return 1
"""
    assert machine.run(author, step("one")) == "failed"
    assert "closed files that others had opened" in machine.told.details["one"]
    assert {file.read_text() for file in tmp_path.glob("file*")} == {""}


def test_records_that_logging_keeps_for_later_are_written(machine: Machine) -> None:
    author = """
import logging, sys
from logging.handlers import MemoryHandler
def one():
    shown = logging.StreamHandler(sys.stdout)
    logging.getLogger("one").addHandler(MemoryHandler(1000, target=shown))
    logging.getLogger("one").warning("a record")
"""
    assert machine.run(author, step("one", outputs=[])) == "completed"
    assert machine.told.lines == [("one", "a record")]


def test_secrets_are_looked_for_where_the_run_is(machine: Machine) -> None:
    author = "import os\ndef one(): print(os.environ.get('FLOWC_SECRETS_DIR'))\n"
    settings = ir.DockerSettings(environment=(("FLOWC_SECRETS_DIR", "/in/the/image"),))
    machine.run(author, step("one", outputs=[]), docker=settings)
    assert machine.told.lines == [("one", "None")]


def test_a_run_whose_steps_are_cached_can_be_cancelled(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [step(f"s{number}", "one") for number in range(5)]
    for each in steps:
        each["cache"] = True
    author = "def one(): return 1\n"
    assert machine.run(author, *steps, max_parallel=1) == "completed"
    finished = machine.told.step_finished

    def interrupt(*told: Any) -> None:
        finished(*told)
        if told[0] == "s1":
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(machine.told, "step_finished", interrupt)
    assert machine.run(author, *steps, run="p-2", max_parallel=1) == "cancelled"
    assert machine.told.ended["s1"] == "cached"
    assert machine.told.ended["s4"] == "cancelled"


@pytest.mark.shows("images", on=["local"])
def test_images_are_not_dropped_in_silence(machine: Machine) -> None:
    settings = ir.DockerSettings(requirements=("numpy",))
    machine.run("def one(): return 1\n", step("one"), docker=settings)
    assert "one" in machine.told.notes[0]


@pytest.mark.shows("resources", "gpus", "gpu_types", on=["local"])
@pytest.mark.parametrize(
    "resources",
    [ir.Resources(cpu=500), ir.Resources(gpus=1), ir.Resources(gpus=1, gpu_type="amd.com/gpu")],
)
def test_limits_that_are_not_set_are_told(machine: Machine, resources: ir.Resources) -> None:
    assert machine.run("def one(): return 1\n", step("one"), resources=resources) == "completed"
    assert machine.told.notes == [
        "the target 'local' sets no limits: this machine is what there is for one"
    ]


def test_a_store_that_gives_way(machine: Machine) -> None:
    (machine.folder / "store").write_text("in the way")
    with pytest.raises(BackendError, match="cannot write"):
        machine.run("def one(): return 1\n", step("one"))


def test_a_step_apart_finds_nothing_of_what_this_process_did(machine: Machine) -> None:
    author = """
import os, random
random.seed(7)
def draw(): return random.random()
def look(): return [os.environ.get("LEFT"), os.environ.get("KEPT")]
"""
    (machine.folder / "src").mkdir()
    (machine.folder / "src" / f"{machine.name}.py").write_text(author)
    __import__(machine.name)
    random.random()  # noqa: S311 - uses up what the import made
    os.environ["LEFT"] = os.environ["KEPT"] = "here"
    before = {"LEFT": None, "KEPT": "as it was"}
    steps = [step("draw"), step("look"), step("fork", "look", cache=False)]
    apart = {"draw": "author.py:3 makes random state", "look": "author.py:3 is run"}
    try:
        machine.run(author, *steps, apart=apart, variables_before=before)
    finally:
        del os.environ["LEFT"], os.environ["KEPT"]
    expected = random.Random(7).random()  # noqa: S311 - what the module's seed makes
    assert machine.value("draw") == expected
    assert machine.value("look") == [None, "as it was"]
    assert machine.value("fork") == ["here", "here"]
    assert machine.told.notes == [
        "a fresh Python, which takes longer, for draw: author.py:3 makes random state",
        "a fresh Python, which takes longer, for look: author.py:3 is run",
    ]


def test_nothing_is_left_open_or_running(machine: Machine) -> None:
    files = len(list(Path("/dev/fd").iterdir()))
    assert machine.run("def one(): return 1\n", step("one"), step("two", "one")) == "completed"
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert len(list(Path("/dev/fd").iterdir())) == files


def test_a_step_that_kills_its_parent(machine: Machine) -> None:
    author = """
import os, signal
def kills():
    if os.getppid() != RUN:
        os.kill(os.getppid(), signal.SIGKILL)
    return 1
def plain(n):
    return n + 1
"""
    author += f"RUN = {os.getpid()}\n"
    steps = [
        step("kills"),
        step("first", "plain", inputs={"n": output("kills")}, upstream=["kills"]),
        step("then", "plain", inputs={"n": output("first")}, upstream=["first"]),
    ]
    assert machine.run(author, *steps) == "completed"
    assert set(machine.told.ended.values()) == {"completed"}


def test_a_job_that_no_pipe_can_hold(machine: Machine) -> None:
    large = {"text": {"value": "x" * 300_000}}
    assert machine.run("def one(text): return len(text)\n", step("one", inputs=large)) == (
        "completed"
    )


def test_no_more_processes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    forks = iter([spawning.fork])

    def fork() -> int:
        try:
            return next(forks)()
        except StopIteration:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None

    for module in (spawning, fork_server):
        monkeypatch.setattr(module, "fork", fork)
    with pytest.raises(BackendError, match="refuses the run a process"):
        machine.run("def one(): return 1\n", step("one"))
