"""The same chain for the KFP SDK, which wants real annotations: `STEPS FILE`."""
# ruff: noqa: I002

import sys

from kfp import compiler, dsl


@dsl.container_component
def add(value: int, result: dsl.OutputPath(int)):  # type: ignore[no-untyped-def] # noqa: ANN201
    return dsl.ContainerSpec(image="python:3.11", command=["add"], args=[value, result])


@dsl.pipeline(name="chain")
def chain() -> None:
    value = 0
    for _ in range(int(sys.argv[1])):
        value = add(value=value).outputs["result"]


compiler.Compiler().compile(chain, sys.argv[2])
