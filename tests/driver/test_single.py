"""Steps that are called on their own."""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flowc import Client
from flowc.errors import AuthorError, RunFailed
from tests.authoring import write

SOURCE = """
from dataclasses import dataclass
from pathlib import Path
import os
from flowc import get_step_context

class Model:
    def __init__(self, mean):
        self.mean = mean

@step
def train(X_train, y_train) -> tuple[Annotated[Model, "model"], Annotated[float, "accuracy"]]:
    return Model(X_train.mean().item()), float(y_train[0])
@step
def predict(model: Model, rows: list) -> list:
    return [model.mean + row for row in rows]
@step
def double(x: int = 2) -> int:
    return 2 * x
@step
def doubled_frame(frame):
    return frame * 2
@step
def silent() -> None:
    print("said something")
@step
def process(unused: object = None) -> int:
    return os.getpid()
@step
def fail(what: object):
    raise LookupError("no such thing", what)
@step(retry=RetryConfig(max_retries=2))
def third_time() -> int:
    attempt = get_step_context().step_run.attempt
    if attempt < 3:
        raise OSError("not yet")
    return attempt
@step
def text_of(path: Path) -> str:
    return path.read_text()
@step
def size(numbers: list[int]) -> int:
    return len(numbers)
def succeeded(step_name, step_output):
    print("hook", step_name, step_output)
@step(on_success=succeeded)
def hooked() -> int:
    return double(21)
@step
def generator():
    return (n for n in range(3))
def shown(context):
    print("hook", context.inputs, context.outputs)
@step(on_success=shown)
def told(x: int) -> int:
    return x + 1

@pipeline
def p():
    double(x=7)
"""

_numbers = itertools.count()


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    monkeypatch.delenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    name = f"alone_{os.getpid()}_{next(_numbers)}"
    write(tmp_path, SOURCE, name=f"{name}.py")
    return importlib.import_module(name)


def newest() -> Any:
    client = Client()
    return client.run(client.runs(unlisted=True)[0]["run_id"])


def test_several_outputs_are_a_tuple_of_loaded_values(steps: Any) -> None:
    model, accuracy = steps.train(X_train=np.arange(5), y_train=np.array([0.5]))
    assert type(model) is steps.Model
    assert (model.mean, accuracy) == (2.0, 0.5)
    assert steps.predict(model, rows=[1, 2]) == [3.0, 4.0]


def test_no_output_is_none_and_the_log_is_kept(steps: Any) -> None:
    assert steps.silent() is None
    assert Client().logs(newest()["run_id"]) == {"silent": "said something\n"}


def test_arguments_count_by_content(steps: Any) -> None:
    def status(frame: pd.DataFrame) -> str:
        assert steps.doubled_frame(frame).equals(frame * 2)
        found: str = newest()["steps"][0]["status"]
        return found

    assert status(pd.DataFrame({"a": [1, 2]})) == "completed"
    assert status(pd.DataFrame({"a": [1, 2]})) == "cached"
    assert status(pd.DataFrame({"a": [1, 3]})) == "completed"


def test_what_steps_and_pipelines_made_is_shared(steps: Any) -> None:
    steps.p()
    assert steps.double(7) == 14
    assert newest()["steps"][0]["status"] == "cached"


def test_files_and_long_values_are_stored(steps: Any, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("one", encoding="utf-8")
    assert steps.text_of(file) == "one"
    file.write_text("two", encoding="utf-8")
    assert steps.text_of(path=file) == "two"
    assert steps.size(list(range(100_000))) == 100_000
    record = Path(Client().uri.removeprefix("file:"), "actions")
    assert max(path.stat().st_size for path in record.rglob("*.json")) < 10_000


def test_options_of_the_call_count(steps: Any) -> None:
    assert steps.process() != os.getpid()
    assert steps.process() == steps.process()
    fresh = steps.process.with_options(enable_cache=False)
    assert fresh() != fresh()
    assert steps.double(id="twice") == 4
    assert newest()["steps"][0]["id"] == "twice"


def test_it_is_retried_and_hooked(steps: Any) -> None:
    assert steps.third_time() == 3
    assert newest()["steps"][0]["attempts"] == 3
    assert steps.hooked() == 42
    assert Client().logs(newest()["run_id"])["hooked"] == "hook hooked 42\n"


def test_a_hook_can_print_inputs_and_outputs(steps: Any) -> None:
    assert steps.told(1) == 2
    client = Client()
    [run] = client.runs(unlisted=True)
    assert client.logs(run["run_id"])["told"] == "hook {'x': 1} {'output': 2}\n"


def test_an_output_that_cannot_be_stored_is_named_once(steps: Any) -> None:
    with pytest.raises(RunFailed, match="failed: output 'output' cannot be stored: it is a gen"):
        steps.generator()


def test_runs_are_unlisted(steps: Any) -> None:
    steps.double()
    client = Client()
    assert client.runs() == []
    (found,) = client.runs("double", unlisted=True)
    assert client.run(found["run_id"])["status"] == "completed"
    assert client.run(found["run_id"][:-2])["pipeline"] == "double"
    with pytest.raises(AuthorError, match="latest"):
        client.run("latest")


def test_a_failure_carries_the_authors_exception(steps: Any) -> None:
    with pytest.raises(RunFailed, match="no such thing") as caught:
        steps.fail({"a": 1})
    assert repr(caught.value.__cause__) == "LookupError('no such thing', {'a': 1})"
    assert 'raise LookupError("no such thing", what)' in caught.value.traceback
    assert Client().run(caught.value.run)["status"] == "failed"


def lock() -> object:
    import threading

    return threading.Lock()


CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("double", {"x": "x"}, "step 'double': 'x' wants int, got 'x'"),
    ("double", {"y": 1}, "has no input 'y'"),
    ("fail", {}, "is not given its input 'what'"),
    ("double", {"after": "p"}, "nothing that it could run after"),
    ("fail", {"what": lock()}, "step 'fail': input 'what': .* cannot be stored"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), CALLS)
def test_wrong_calls_are_refused_where_they_stand(
    steps: Any, name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(AuthorError, match=message) as caught:
        getattr(steps, name)(**arguments)
    assert caught.value.where.startswith(__file__)
    assert Client().runs(unlisted=True) == []


def test_the_environment_can_ask_for_plain_calls(
    steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for yes in ("True", "true", "1", "yes"):
        monkeypatch.setenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", yes)
        assert steps.process() == os.getpid()
    with pytest.raises(LookupError):
        steps.fail(1)
    monkeypatch.setenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", "False")
    assert steps.process() != os.getpid()
    monkeypatch.setenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", "maybe")
    with pytest.raises(AuthorError, match="wants True or False, got 'maybe'"):
        steps.process()


def test_a_plain_call_takes_what_a_call_takes(steps: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_RUN_SINGLE_STEPS_WITHOUT_STACK", "True")
    assert steps.double(2, id="twice", after=[]) == steps.double(2, step_name="twice") == 4


def test_calls_from_several_threads(steps: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(steps.double, range(4))) == [0, 2, 4, 6]


SCRIPT = """
@step
def make(x: int) -> "Thing":
    return Thing(x)
@step
def read(thing: "Thing", things: list) -> int:
    assert type(thing) is Thing, type(thing)
    return thing.x + sum(other.x for other in things)
class Thing:
    def __init__(self, x):
        self.x = x

print("imported")
if __name__ == "__main__":
    thing = make(3)
    assert type(thing) is Thing, type(thing)
    print(read(thing, [thing, Thing(4)]))
"""


def run_python(
    tmp_path: Path, *arguments: str, text: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FLOWC_STORE": f"file:{tmp_path}/store"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_script_calls_its_own_steps(tmp_path: Path) -> None:
    script = write(tmp_path, SCRIPT, name="script.py")
    first = run_python(tmp_path, script.name)
    assert first.stdout == "imported\n10\n", first.stderr
    assert "step read completed" in first.stderr
    again = run_python(tmp_path, script.name)
    assert again.stdout == "imported\n10\n", again.stderr
    assert "step read cached" in again.stderr


def test_a_prompt_calls_imported_steps_and_is_refused_its_own(tmp_path: Path) -> None:
    write(tmp_path, SCRIPT, name="script.py")
    called = run_python(tmp_path, "-i", text="from script import make\nprint(make(5).x)\n")
    assert "\n5\n" in called.stdout, called.stderr
    own = run_python(tmp_path, "-i", text="from flowc import step\n@step\ndef f(): pass\n\n")
    assert "step 'f' is defined in <stdin>, where no container can import it" in own.stderr


def test_a_step_without_a_guard_is_refused_in_the_step(tmp_path: Path) -> None:
    source = SCRIPT.partition('print("imported")')[0] + "make(3)\n"
    script = write(tmp_path, source, name="script.py")
    done = run_python(tmp_path, script.name)
    assert done.returncode == 1
    assert "step 'make' is called while its module is imported to run a step" in done.stderr
    assert "put the call under if __name__ == '__main__':" in done.stderr
    assert len(list(tmp_path.glob("store/runs/*"))) == 1


def test_a_pipeline_without_a_guard_runs_once(tmp_path: Path) -> None:
    source = SCRIPT.partition('print("imported")')[0]
    source += "@pipeline\ndef everything():\n    make(1)\nrun = everything()\n"
    script = write(tmp_path, source, name="script.py")
    done = run_python(tmp_path, script.name)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("store/runs/*"))) == 1
    with script.open("a") as file:
        file.write("print(run['status'])\n")
    done = run_python(tmp_path, script.name)
    assert "pipeline 'everything' has no run: its module is only imported" in done.stderr


SHARED = """
from dataclasses import dataclass
class Kept:
    def save(self, value, path):
        with open(path, "w") as file: file.write(str(value.n))
    def load(self, path):
        with open(path) as file: return Thing(int(file.read()))
@dataclass
class Thing:
    n: int
@step(output_materializers={"output": Kept})
def make() -> Thing:
    return Thing(3)
@step
def take(thing: Thing) -> list[Thing]:
    return [thing]
@pipeline
def everything():
    take(make())
if __name__ == "__main__":
    everything()
"""


def test_a_script_and_its_module_share_the_cache(tmp_path: Path) -> None:
    write(tmp_path, SHARED, name="script.py")
    first = run_python(tmp_path, "script.py")
    assert first.stderr.count(" completed in ") == 2
    for again in (["-m", "script"], ["-c", "import script; script.everything()"]):
        done = run_python(tmp_path, *again)
        assert done.stderr.count(" cached in ") == 2, done.stderr


HOOKED = """
import os
@step
def process() -> int:
    return os.getpid()
def told():
    print(process() == os.getpid())
@step
def work() -> None: ...
@pipeline(on_init=told, on_cleanup=told, on_success=told)
def p():
    work()
@step
def starts() -> None:
    p()
"""


def test_in_hooks_and_steps_a_call_is_a_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    write(tmp_path, HOOKED, name="hooked_calls.py")
    module = importlib.import_module("hooked_calls")
    module.p()
    assert "False" not in capfd.readouterr().err
    (log,) = tmp_path.glob("store/runs/*/steps/work/1/log.txt")
    assert log.read_text(encoding="utf-8") == "True\nTrue\n"
    (cleanup,) = tmp_path.glob("store/runs/*/log.txt")
    assert cleanup.read_text(encoding="utf-8") == "True\n"
    with pytest.raises(RunFailed, match="pipeline 'p' is called inside a running step"):
        module.starts()


HOLDERS = {
    "an object": "thing",
    "a list": "[thing]",
    "a dict in a tuple": "({'a': thing},)",
    "a field": "Held(thing)",
    "a function": "[helper]",
    "a partial": "functools.partial(helper)",
}
HOLDING = """\
import functools
from dataclasses import dataclass
from typing import Any
from using import use

@dataclass
class Held:
    inside: Any
class Thing:
    def __call__(self): return 1
def helper(): return 1

if __name__ == "__main__":
    thing = Thing()
    print(use(HELD))
"""
USING = """\
@step
def use(held) -> int:
    while not callable(held):
        held = getattr(held, "inside", None) or next(iter(getattr(held, "values", lambda: held)()))
    return held()
"""


@pytest.mark.parametrize("held", HOLDERS.values(), ids=HOLDERS.keys())
def test_the_code_behind_an_argument_counts(held: str, tmp_path: Path) -> None:
    write(tmp_path, USING, name="using.py")
    script = tmp_path / "holding.py"
    source = HOLDING.replace("HELD", held)
    for text, printed, status in (
        (source, "1", "completed"),
        (source.replace("thing = ", "other = thing = "), "1", "cached"),
        (source.replace("return 1", "return 10"), "10", "completed"),
    ):
        script.write_text(text, encoding="utf-8")
        done = run_python(tmp_path, script.name)
        assert done.stdout == f"{printed}\n", done.stderr
        assert f"step use {status}" in done.stderr
