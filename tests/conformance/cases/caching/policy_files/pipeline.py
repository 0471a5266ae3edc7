"""Policies: a file that counts, an input that does not, a key function, an age."""

from __future__ import annotations

from typing import Any

from flowc import CachePolicy, pipeline, step


def only_length(text: str) -> int:
    return len(text)


@step(cache_policy=CachePolicy(files=["limit.txt"]))
def watches_file(number: int) -> int:
    return number


@step(cache_policy=CachePolicy(ignore_inputs=["verbose"]))
def ignores(number: int, verbose: Any) -> str:
    return f"{number} {verbose}"


@step(cache_policy=CachePolicy(key=only_length))
def by_length(text: str) -> str:
    return text


@pipeline
def policy_files() -> None:
    watches_file(1)
    ignores(2, 1)
    by_length("abc")
