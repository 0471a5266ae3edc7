"""The same step for KFP's entrypoint, which is given plain functions in a container."""
# ruff: noqa: I002 - KFP wants real annotations


def add(value: int) -> int:
    return value + 1
