"""An output of eight megabytes, and a long log."""

from __future__ import annotations

from flowc import pipeline, step


@step
def make() -> bytes:
    for number in range(2000):
        print("line", number)
    return bytes(range(256)) * 32768


@step
def measure(data: bytes) -> int:
    return len(data) + sum(data[:256])


@pipeline
def large() -> None:
    measure(make())
