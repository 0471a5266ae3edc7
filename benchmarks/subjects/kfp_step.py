"""The same step for KFP's entrypoint."""
# ruff: noqa: I002 - KFP wants real annotations

from kfp import dsl


@dsl.component
def add(value: int) -> int:
    return value + 1
