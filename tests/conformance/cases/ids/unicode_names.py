"""Pipeline, step, parameter and output have names of other scripts."""

from __future__ import annotations

from typing import Annotated

from flowc import pipeline, step


@step
def größe(zahl: int) -> Annotated[int, "länge"]:
    return zahl + 1


@step
def 合計(länge: int, wort: str) -> Annotated[str, "文"]:
    return f"{wort}: {länge}"


@pipeline
def unicode_names(zähler: int = 1, wort: str = "Größe 🎈") -> None:
    合計(größe(zähler), wort)
