"""CPU seconds of a cache lookup: flowc's with its key, joblib's, and reading one small file.

``lookup.py FOLDER STEPS`` prints them as a JSON list. Each lookup is of another step or call, and
finds what a run, or an earlier call, has left.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import Memory

from flowc import driver
from flowc.driver.front import prepare
from flowc.driver.run import PlainReporter, run_options
from flowc_runtime import cache, keys, records, versions
from flowc_runtime.stores import open_store
from flowc_runtime.task import Task, resolve_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER, STEPS = Path(sys.argv[1]), int(sys.argv[2])


def ours() -> Callable[[int], None]:
    chain = driver.load_pipeline(str(Path(__file__).with_name("chain.py")))
    uri, typed = (FOLDER / "store").as_uri(), {"steps": str(STEPS)}
    with redirect_stdout(sys.stderr):
        first = driver.run_pipeline(
            chain, target="local", parameters=typed, store=uri, reporter=PlainReporter()
        )
    options = run_options(prepare(chain, typed=typed), PlainReporter())
    run = records.Run("second", options.spec, open_store(uri), options.parameters)
    left = {step: records.read_result(run.store, first, step, 1) for step in run.steps}
    tasks = [
        Task(run, step, {up: left[up] for up in step["upstream"]}) for step in run.steps.values()
    ]

    def look_up(number: int) -> None:
        task = tasks[number]
        key, _ = keys.cache_key(task.step, resolve_inputs(task), versions.here(task.step))
        assert cache.look_up(run, task.step, key).outputs is not None

    return look_up


def theirs() -> Callable[[int], None]:
    memory = Memory(FOLDER / "joblib", verbose=0)

    @memory.cache
    def add(value: int) -> int:
        return value + 1

    for number in range(STEPS):
        add(number)

    return add


def least() -> Callable[[int], None]:
    for number in range(STEPS):
        (FOLDER / f"{number}.json").write_text(json.dumps({"value": number}))

    def read(number: int) -> None:
        file = os.open(FOLDER / f"{number}.json", os.O_RDONLY)
        assert json.loads(os.read(file, 4096)) == {"value": number}
        os.close(file)

    return read


def seconds(look_up: Callable[[int], None]) -> float:
    look_up(0)
    started = time.process_time()
    for number in range(STEPS):
        look_up(number)
    return (time.process_time() - started) / STEPS


print(json.dumps([seconds(make()) for make in (ours, theirs, least)]))
