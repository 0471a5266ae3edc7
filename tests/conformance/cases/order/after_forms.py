"""`after=` as a handle, a list, the result of a step without outputs, an id, and a mixture."""

from __future__ import annotations

from flowc import pipeline, step


@step
def make() -> int:
    return 1


@step
def announce() -> None:
    print("SAY announced")


@step
def note(text: str) -> str:
    return text


@pipeline
def after_forms() -> None:
    made = make()
    told = announce()
    first = note("handle", id="by_handle", after=made)
    note("no output", id="by_no_output", after=told)
    note("mixture", id="by_mixture", after=[first, told, "by_no_output"])
