"""An entry that is too old is made anew."""

from __future__ import annotations

from flowc import CachePolicy, pipeline, step


@step(cache_policy=CachePolicy(expires=0.001))
def short() -> int:
    return 1


@step(cache_policy=CachePolicy(expires=86400))
def long() -> int:
    return 2


@pipeline
def expiring() -> None:
    short()
    long()
