"""Ids with blanks, quotes, braces, slashes, dots and letters of other scripts."""

from __future__ import annotations

from flowc import pipeline, step


@step
def keep(text: str) -> str:
    return text


@pipeline
def odd_ids() -> None:
    first = keep("a", id="it's {{ odd }} $(x) 100%")
    keep(first, id="Größe/分割 🎈.sh")
    keep("c", id="..", after="it's {{ odd }} $(x) 100%")
