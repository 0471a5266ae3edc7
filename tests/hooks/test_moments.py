"""When hooks are called, and that they change nothing."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from flowc_runtime import hooks, stores
from flowc_runtime.supervisor import Loop, Place, Run, StepRun, Task
from tests.interpreters import interpreters
from tests.runtime.bundles import RUN, pipeline, step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.hooks.scene import Scene

    Scenes = Callable[..., Scene]

ALL = {
    "on_start": "start",
    "on_end": "end",
    "on_success": "success",
    "on_failure": "failure",
    "on_cached": "cached",
}


def test_success(scene: Scenes) -> None:
    made = scene(step("one", hooks=ALL))
    assert made.step("one").returncode == 0
    assert made.notes == ["start", "success one 1", "end None"]
    assert made.hook("one", "on_success")["outcome"] == "completed"


def test_failure_after_the_last_attempt(scene: Scenes) -> None:
    made = scene(step("bad", hooks=ALL, retries=1))
    assert made.step("bad").returncode == 1
    assert made.notes == ["start", "failure ValueError no", "end ValueError('no')"]
    assert made.result("bad")["attempts"] == 2


def test_cached(scene: Scenes) -> None:
    made = scene(step("one", hooks={**ALL, "on_success": "start"}))
    made.step("one")
    made.file.unlink()
    made.step("one", run="p-2")
    assert made.notes == ["cached 1"]


@pytest.mark.parametrize("version", interpreters())
def test_every_python_bare(scene: Scenes, version: str) -> None:
    hooks = {"on_init": "init", "on_cleanup": "cleanup"}
    made = scene(step("one", hooks=ALL), step("bad", hooks=ALL), hooks=hooks)
    python = (interpreters()[version], "-I", "-S")
    for words in (["step", "one"], ["step", "bad"], ["finalise"]):
        made.call(*words, "--run", RUN, python=python)
    assert made.notes == [
        "init",
        "start",
        "success one 1",
        "end None",
        "start",
        "failure ValueError no",
        "end ValueError('no')",
        "cleanup ValueError('no')",
    ]


def test_skipped(scene: Scenes) -> None:
    made = scene(step("bad"), step("one", upstream=["bad"], hooks=ALL))
    made.step("bad")
    made.step("one")
    assert made.notes == []


def test_a_killed_step(scene: Scenes) -> None:
    made = scene(step("killed", hooks=ALL))
    made.step("killed")
    assert made.notes[1].startswith("failure StepFailure killed by signal 9 (SIGKILL)")


def test_a_step_out_of_time(scene: Scenes) -> None:
    made = scene(step("slow", hooks={"on_failure": "failure"}, timeout=0.5))
    made.step("slow")
    assert made.notes[1] == "failure StepFailure the step was ended after 0.5 s, its timeout"


def test_an_output_that_cannot_be_stored(scene: Scenes) -> None:
    author = "\ndef unstorable(): return (n for n in [])\n"
    made = scene(step("unstorable", hooks=ALL), author=author)
    made.step("unstorable")
    assert made.notes[1].startswith("failure SaveError output 'output'")


def test_a_request_that_cannot_be_met(scene: Scenes) -> None:
    made = scene(step("one", upstream=["bad"], hooks=ALL), step("bad"))
    made.step("one")
    assert made.notes[0].startswith("failure StepFailure step 'one' needs 'bad'")


@pytest.mark.parametrize(
    ("hook", "kind"), [("raises", "exception"), ("exits", "exited"), ("dies", "killed")]
)
def test_a_hook_that_fails_is_recorded_and_no_more(scene: Scenes, hook: str, kind: str) -> None:
    made = scene(step("one", hooks={"on_success": hook, "on_start": hook, "on_end": "end"}))
    assert made.step("one").returncode == 0
    assert made.result("one")["status"] == "completed"
    record = made.hook("one", "on_success")
    assert (record["outcome"], record["error"]["kind"]) == ("failed", kind)
    assert b"flowc: on_success of step 'one' failed\n" in made.log("one")
    assert made.notes == ["end None"]


def test_a_hook_that_hangs(scene: Scenes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "LIMIT", 3)
    spec = step("one", hooks={"on_success": "hangs", "on_end": "end"})
    made = scene(spec)
    run = Run(RUN, pipeline(spec), stores.open_store(f"file:{tmp_path}/store"), {})
    task = Task(run, spec, {})
    task.place = Place([str(made.folder / "src")], {}, fresh=True)
    loop, ended = Loop(), list[StepRun]()
    started = time.monotonic()
    StepRun(task, loop, output=lambda _: None, done=ended.append).start()
    loop.run_while(lambda: not ended)
    assert time.monotonic() - started < 30
    assert ended[0].result.get("status") == "completed"
    error = made.hook("one", "on_success")["error"]
    assert error["message"] == "the hook was ended after 3 s, its timeout"
    assert made.notes == ["end None"]


def test_what_a_hook_writes_is_in_the_log(scene: Scenes) -> None:
    made = scene(step("one", hooks={"on_success": "speaks"}))
    assert made.step("one").stdout == b"spoken by the hook\n"
    assert made.log("one") == b"spoken by the hook\n"


def test_a_hook_that_nothing_imports(scene: Scenes) -> None:
    modules = {
        "far/__init__.py": "",
        "far/away.py": "from author import note\nclass Inner:\n"
        "    def tell(step_name): note('far', step_name)\n",
    }
    made = scene(step("one", hooks={"on_success": "far.away:Inner.tell"}), modules=modules)
    made.step("one")
    assert made.notes == ["far one"]


def test_a_hook_that_is_not_there(scene: Scenes) -> None:
    made = scene(step("one", hooks={"on_success": "nowhere:tell"}))
    assert made.step("one").returncode == 0
    assert made.hook("one", "on_success")["error"]["type"] == "ModuleNotFoundError"


def test_a_second_generation_calls_again(scene: Scenes) -> None:
    made = scene(step("bad", hooks={"on_failure": "failure"}))
    made.step("bad")
    made.step("bad")
    assert made.notes == ["failure ValueError no"] * 2


def test_a_run_starts_and_ends_once(scene: Scenes) -> None:
    made = scene(
        step("one", hooks={"on_start": "start"}),
        step("bad"),
        hooks={"on_init": "init", "on_cleanup": "cleanup"},
    )
    both = [made.start("step", id_, "--run", RUN) for id_ in ("one", "bad")]
    for process in both:
        process.communicate()
    assert sorted(made.notes) == ["init", "start"]
    assert made.notes[0] == "init"
    made.finalise()
    made.finalise()
    assert made.notes[2:] == ["cleanup ValueError('no')"]
    assert made.run_hook("on_cleanup")["outcome"] == "completed"


def test_no_step_begins_before_the_run_has(scene: Scenes) -> None:
    author = "\ndef slow_init():\n    time.sleep(1)\n    note('init')\ndef say(): note('step')\n"
    steps = [step("a", "say"), step("b", "say")]
    made = scene(*steps, author=author, hooks={"on_init": "slow_init"})
    both = [made.start("step", id_, "--run", RUN, "--no-cache") for id_ in "ab"]
    for process in both:
        process.communicate()
    assert made.notes[0] == "init"


def test_a_run_that_went_well_is_cleaned_up(scene: Scenes) -> None:
    made = scene(step("one"), hooks={"on_cleanup": "cleanup"})
    made.step("one")
    assert made.finalise().returncode == 0
    assert made.notes == ["cleanup None"]


def test_cancelled_while_a_hook_runs(scene: Scenes) -> None:
    author = "\ndef wait():\n    note('wait')\n    time.sleep(60)\n"
    made = scene(step("one", hooks={**ALL, "on_start": "wait"}), author=author)
    process = made.start("step", "one", "--run", RUN)
    made.wait_for("wait")
    process.terminate()
    process.communicate(timeout=20)
    assert made.result("one")["status"] == "cancelled"
    assert made.attempts("one") == []
    assert made.notes == ["wait"]


def test_steps_without_hooks_leave_no_record_of_any(scene: Scenes) -> None:
    made = scene(step("one"))
    made.step("one")
    assert not [key for key in made.store.list("runs/") if "hook" in key]
    assert json.loads(made.store.get("runs/p-1/steps/one/1/result.json"))["status"] == "completed"


def test_a_run_whose_steps_are_cached_begins_too(scene: Scenes) -> None:
    hooks = {"on_init": "init", "on_cleanup": "cleanup"}
    made = scene(step("one", hooks=ALL), step("other"), hooks=hooks)
    made.step("one")
    made.step("other")
    made.file.unlink()
    made.step("other", run="p-2")
    made.step("one", run="p-2")
    assert made.notes == ["init", "cached 1"]
