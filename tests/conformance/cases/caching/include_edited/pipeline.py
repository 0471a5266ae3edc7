"""A data file that travels with the code is edited."""

from __future__ import annotations

from importlib.resources import files

from flowc import pipeline, step


@step
def greet(name: str) -> str:
    folder = files(__package__).joinpath("words")
    return f"{folder.joinpath('greeting.txt').read_text(encoding='utf-8').strip()} {name}"


@pipeline(include=["words/*.txt"])
def include_edited(name: str = "world") -> None:
    greet(name)
