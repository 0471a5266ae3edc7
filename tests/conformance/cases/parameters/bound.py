"""Parameters that decide the shape are bound when the pipeline is compiled."""

from __future__ import annotations

from flowc import pipeline, step


@step
def score(fold: int, label: str, limit: int) -> str:
    return f"{label}{fold} of {limit}"


@pipeline
def bound(folds: int = 2, label: str = "fold", limit: int = 9, unannotated=3) -> None:
    for fold in range(folds):
        score(fold + unannotated, f"{label}-", limit)
