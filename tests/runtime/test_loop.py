"""The event loop that drives steps."""

from __future__ import annotations

import os

from flowc_runtime.loop import Loop


def test_a_closed_file_is_not_mistaken_for_the_next_one() -> None:
    loop = Loop()
    pipes = [os.pipe(), os.pipe()]
    called: list[str] = []

    def take_over(number: int) -> None:
        """Close both, and open something that has the other one's number and nothing to say."""
        called.append("first")
        for file, write in pipes:
            loop.forget(file)
            os.close(file)
            os.close(write)
        quiet, write = os.pipe()
        opened = [quiet, write]
        while number not in opened:
            opened.append(os.dup(quiet))
        loop.watch(number, lambda: called.append("stranger"))

    for (file, write), (other, _) in zip(pipes, reversed(pipes), strict=True):
        loop.watch(file, lambda other=other: take_over(other))  # type: ignore[misc]
        os.write(write, b"x")
    loop.turn()
    assert called == ["first"]
