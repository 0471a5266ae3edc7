"""Processes that die around a hook's call: it is neither lost nor doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc_runtime import contract
from tests.runtime.bundles import RUN, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hooks.scene import Scene

    Scenes = Callable[..., Scene]

HOOKS = {"on_start": "start", "on_success": "success", "on_failure": "failure", "on_end": "end"}
LOST = "the attempt was lost: its process ended without a result"


def test_a_lost_process(scene: Scenes) -> None:
    made = scene(step("orphaned", hooks=HOOKS))
    made.step("orphaned")
    assert made.finalise().returncode == 1
    assert made.notes == ["start", f"failure StepFailure {LOST}", f"end StepFailure({LOST!r})"]
    assert made.attempts("orphaned")[0]["outcome"] == "lost"


def test_two_finalisers_at_once(scene: Scenes) -> None:
    made = scene(step("orphaned", hooks=HOOKS), hooks={"on_cleanup": "cleanup"})
    made.step("orphaned")
    both = [made.start("finalise", "--run", RUN) for _ in range(4)]
    for process in both:
        process.communicate()
    assert [line.split()[0] for line in sorted(made.notes)] == [
        "cleanup",
        "end",
        "failure",
        "start",
    ]


def test_a_container_that_is_started_again(scene: Scenes) -> None:
    made = scene(step("orphaned", hooks=HOOKS))
    made.step("orphaned")
    source = made.folder / "src" / "author.py"
    source.write_text(source.read_text() + "\ndef orphaned(): return 5\n")
    made.step("orphaned")
    assert made.notes == ["start", "success orphaned 5", "end None"]


def test_lost_between_the_hooks_and_the_result(scene: Scenes) -> None:
    made = scene(step("one", hooks=HOOKS, cache=False))
    made.step("one")
    made.forget_result("one")
    assert made.step("one").returncode == 0
    assert len(made.notes) == 3
    assert (made.result("one")["status"], len(made.attempts("one"))) == ("completed", 1)
    assert made.value("one") == 1


def test_lost_before_the_hooks(scene: Scenes) -> None:
    made = scene(step("one", hooks=HOOKS, cache=False))
    made.step("one")
    made.forget_result("one")
    made.store.delete(contract.hook_key(RUN, "one", 1, "on_success"))
    made.step("one")
    assert made.notes == ["start", "success one 1", "end None", "success one 1"]


def test_the_finaliser_ends_what_had_completed(scene: Scenes) -> None:
    made = scene(step("one", hooks=HOOKS))
    made.step("one")
    made.forget_result("one")
    made.store.delete(contract.hook_key(RUN, "one", 1, "on_end"))
    assert made.finalise().returncode == 0
    assert made.notes == ["start", "success one 1", "end None", "end None"]
    assert made.value("one") == 1


def test_the_finaliser_ends_what_had_failed(scene: Scenes) -> None:
    made = scene(step("bad", hooks=HOOKS))
    made.step("bad")
    made.forget_result("bad")
    made.store.delete(contract.hook_key(RUN, "bad", 1, "on_failure"))
    assert made.finalise().returncode == 1
    assert made.notes[-1] == "failure ValueError no"
    assert made.result("bad")["status"] == "failed"


def test_a_call_with_no_known_outcome_is_reported(scene: Scenes) -> None:
    made = scene(step("one", hooks=HOOKS, cache=False))
    key = contract.hook_key(RUN, "one", 1, "on_success")
    made.store.put(key, b'{"hook": "on_success", "claimed": 1.0, "host": "h", "pid": 7}')
    made.step("one")
    assert made.notes == ["start", "end None"]
    assert b"on_success of step 'one' was begun by process 7 on h" in made.log("one")


def test_a_process_lost_in_its_first_hook(scene: Scenes) -> None:
    author = "\ndef orphan(): os.kill(os.getppid(), 9)\n"
    made = scene(step("one", hooks={**HOOKS, "on_start": "orphan"}), author=author)
    made.step("one")
    made.finalise()
    assert made.notes == [f"failure StepFailure {LOST}", f"end StepFailure({LOST!r})"]


def test_on_init_whose_process_was_lost_delays_nobody_for_ever(scene: Scenes) -> None:
    made = scene(step("one"), hooks={"on_init": "init"})
    made.store.put(
        contract.run_hook_key(RUN, "on_init"), b'{"claimed": 1.0, "host": "h", "pid": 7}'
    )
    assert made.step("one").returncode == 0
    assert made.notes == []
    assert b"on_init of the run was begun by process 7" in made.log("one")
