"""Hooks named by their import path."""

from __future__ import annotations

from flowc import pipeline, step


def told(step_name: str) -> None:
    print("HOOK on_success", step_name)


@step(on_success="by_import_path.told")
def dotted() -> int:
    return 1


@step(on_success="by_import_path:told")
def colon() -> int:
    return 2


@pipeline
def by_import_path() -> None:
    dotted()
    colon()
