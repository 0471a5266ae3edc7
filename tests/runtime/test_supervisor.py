"""Many steps driven by one process, cache entries that are no use, processes that race."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import contract, records, stores
from flowc_runtime.supervisor import Loop, Place, Run, StepRun, Task
from tests.runtime.bundles import RUN, Bundle, output, pipeline, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import StepSpec
    from flowc_runtime.stores import Store

AUTHOR = """
import os, time
def one(): return 1
def twice(n): return 2 * n
def wait(n):
    time.sleep(0.5)
    return n
def stamp(): return time.time_ns()
"""


def drive(
    folder: Path, *steps: StepSpec, fresh: bool = False, store: Store | None = None
) -> list[StepRun]:
    """Run independent steps side by side in one loop."""
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "author.py").write_text(AUTHOR)
    run = Run(RUN, pipeline(*steps), store or stores.open_store(f"file:{folder}/store"), {})
    loop = Loop()
    ended: list[StepRun] = []
    for each in steps:
        task = Task(run, each, {})
        task.place = Place([str(folder / "src")], {}, fresh=fresh or not run.store.forkable)
        StepRun(task, loop, output=lambda _: None, done=ended.append).start()
    loop.run_while(lambda: len(ended) < len(steps))
    return ended


def statuses(ended: list[StepRun]) -> set[str]:
    return {each.result.get("status", "") for each in ended}


def test_300_steps_at_once(tmp_path: Path) -> None:
    steps = [step(f"s{n}", "twice", inputs={"n": {"value": n}}) for n in range(300)]
    ended = drive(tmp_path, *steps)
    assert statuses(ended) == {"completed"}
    found = [each.result.get("outputs", {})["output"]["digest"] for each in ended]
    assert len(set(found)) == 300


def test_steps_run_side_by_side(tmp_path: Path) -> None:
    started = time.monotonic()
    drive(tmp_path, *(step(f"s{n}", "wait", inputs={"n": {"value": n}}) for n in range(10)))
    assert time.monotonic() - started < 3


def test_a_fresh_interpreter_instead_of_a_fork(tmp_path: Path) -> None:
    ended = drive(tmp_path, step("one"), fresh=True)
    assert statuses(ended) == {"completed"}


def test_objects_instead_of_files(tmp_path: Path) -> None:
    from obstore import store as memory

    from flowc_runtime.objectstore import ObjectStore

    store = ObjectStore("s3://bucket/prefix", memory.MemoryStore())
    (first,) = drive(tmp_path, step("one"), store=store)
    artifact = first.result.get("outputs", {})["output"]
    spec = step("twice", inputs={"n": {"value": 4}})
    drive(tmp_path, spec, store=store)
    (again,) = drive(tmp_path, {**spec, "id": "again"}, store=store)
    assert store.get(artifact["uri"]) == b"1"
    assert again.result.get("status") == "cached"
    store.close()


def test_inputs_are_downloaded(tmp_path: Path) -> None:
    from obstore import store as memory

    from flowc_runtime.objectstore import ObjectStore

    objects = memory.MemoryStore()
    store = ObjectStore("s3://bucket/prefix", objects)
    (first,) = drive(tmp_path, step("one"), store=store)
    store.close()
    elsewhere = ObjectStore("s3://bucket/prefix", objects)
    below = step("twice", inputs={"n": output("one")}, upstream=["one"])
    run = Run(RUN, pipeline(below), elsewhere, {})
    task = Task(run, below, {"one": first.result})
    task.place = Place([str(tmp_path / "src")], {}, fresh=True)
    loop, ended = Loop(), list[StepRun]()
    StepRun(task, loop, output=lambda _: None, done=ended.append).start()
    loop.run_while(lambda: not ended)
    uri = ended[0].result.get("outputs", {})["output"]["uri"]
    assert elsewhere.get(uri) == b"2"
    elsewhere.close()


def test_without_pidfds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    started = time.monotonic()
    ended = drive(tmp_path, *(step(f"s{n}", "one", cache=False) for n in range(5)))
    assert statuses(ended) == {"completed"}
    assert time.monotonic() - started < 2


def test_no_process_and_no_staged_file_is_left(tmp_path: Path) -> None:
    before = children()
    drive(tmp_path, step("one"), step("bad", "missing"))
    assert list((tmp_path / "store" / stores.STAGING).iterdir()) == []
    assert children() <= before


def children() -> set[str]:
    """This process's children, those included that ended and were not waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    drive(tmp_path, *(step(f"s{n}", "one", cache=False) for n in range(20)))
    assert len(os.listdir("/proc/self/fd")) - before <= 1  # noqa: PTH208 - the loop's own


def break_entry(made: Bundle, how: str) -> None:
    result = made.result("stamp")
    digest = result["outputs"]["output"]["digest"]
    entry = contract.action_key(result["cache_key"])
    if how == "gone":
        made.store.delete(contract.cas_key(digest))
    elif how == "damaged":
        made.store.put(contract.cas_key(digest), b"x" * result["outputs"]["output"]["size"])
    else:
        made.store.put(entry, _useless(made.store.get(entry), how))


def _useless(entry: bytes, how: str) -> bytes:
    others = entry.replace(b'"output":', b'"other":')
    return {
        "no JSON": b"{",
        "truncated": entry[:-20],
        "other JSON": b"[1]",
        "empty": b"",
        "other outputs": others,
    }[how]


@pytest.mark.parametrize(
    "how", ["gone", "damaged", "no JSON", "truncated", "other JSON", "empty", "other outputs"]
)
def test_a_useless_cache_entry_is_a_miss_and_mended(
    bundle: Callable[..., Bundle], how: str
) -> None:
    made = bundle(AUTHOR, step("stamp"))
    made.step("stamp")
    break_entry(made, how)
    made.step("stamp", run="p-2")
    made.step("stamp", run="p-3")
    second, third = made.result("stamp", run="p-2"), made.result("stamp", run="p-3")
    assert second["status"] == "completed"
    assert second["reason"].startswith("the cache entry")
    assert second["reason"].endswith("damaged")
    assert (third["status"], third["outputs"]) == ("cached", second["outputs"])


def test_two_containers_of_one_step(bundle: Callable[..., Bundle]) -> None:
    made = bundle(AUTHOR, step("wait", inputs={"n": {"value": 1}}), step("stamp"))
    both = [made.start("step", "stamp", "--run", RUN) for _ in range(4)]
    assert [process.wait(30) for process in both] == [0] * 4
    for process in both:
        process.communicate()
    assert made.result("stamp")["status"] in {"completed", "cached"}
    assert len(made.store.list("names/")) == 1


def test_an_unchanged_upstream_does_not_disturb(bundle: Callable[..., Bundle]) -> None:
    below = step("twice", inputs={"n": output("one")}, upstream=["one"])
    made = bundle(AUTHOR, step("one", cache=False), below)
    for run in ("p-1", "p-2"):
        made.step("one", run=run)
        made.step("twice", run=run)
    assert made.result("one", run="p-2")["status"] == "completed"
    assert made.result("twice", run="p-2")["status"] == "cached"


def test_heartbeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "HEARTBEAT", 0.1)
    seen: list[Any] = []

    def put_attempt(*arguments: Any) -> None:
        seen.append(dict(arguments[-1]))

    monkeypatch.setattr(records, "put_attempt", put_attempt)
    drive(tmp_path, step("wait", inputs={"n": {"value": 1}}))
    beats = [each["heartbeat"] for each in seen]
    assert len(beats) > 3
    assert beats == sorted(beats)


def test_the_runtime_knows_no_compiler() -> None:
    import subprocess

    code = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "import flowc_runtime.entrypoint, flowc_runtime.supervisor\n"
        "assert 'flowc' not in sys.modules"
    )
    runtime = os.path.dirname(os.path.dirname(contract.__file__))  # noqa: PTH120
    subprocess.run([sys.executable, "-I", "-S", "-c", code, runtime], check=True)
