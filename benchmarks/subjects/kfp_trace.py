"""CPU seconds of tracing the same chain with the KFP SDK: ``STEPS ...`` prints a JSON list."""
# ruff: noqa: I002 - KFP wants real annotations

import json
import sys
import time

from kfp import dsl


@dsl.container_component
def add(value: int, result: dsl.OutputPath(int)):  # type: ignore[no-untyped-def] # noqa: ANN201
    return dsl.ContainerSpec(image="python:3.11", command=["add"], args=[value, result])


def seconds(steps: int) -> float:
    def chain() -> None:
        value = 0
        for _ in range(steps):
            value = add(value=value).outputs["result"]

    started = time.process_time()
    dsl.pipeline(name="chain")(chain)
    return time.process_time() - started


print(json.dumps([seconds(int(steps)) for steps in sys.argv[1:]]))
