"""A cached step fires no hook but on_cached, and its run begins and ends like others."""

from __future__ import annotations

from flowc import pipeline, step


def note(step_name: str) -> None:
    print("HOOK on_success", step_name)


def start() -> None:
    print("HOOK on_start")


def cached(step_name: str, step_output: object) -> None:
    print("HOOK on_cached", step_name, step_output)


def begin() -> None:
    print("HOOK on_init")


def clean() -> None:
    print("HOOK on_cleanup")


@step(on_start=start, on_success=note, on_cached=cached)
def told() -> int:
    return 7


@step(on_start=start, on_success=note)
def untold(number: int) -> int:
    return number + 1


@pipeline(on_init=begin, on_cleanup=clean)
def on_cached() -> None:
    untold(told())
