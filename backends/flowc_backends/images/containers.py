"""Short-lived containers: run something, read what it says, leave nothing."""

from __future__ import annotations

import io
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from flowc_backends.images.daemon import Container, Daemon

HELPER = "flowc.helper"
"""Label of containers that are no steps."""


@contextmanager
def created(engine: Daemon, container: Container) -> Generator[str]:
    """A container that is gone afterwards, whatever happens."""
    made = engine.create(container)
    try:
        yield made
    finally:
        engine.remove(made)


def run(engine: Daemon, container: str, line: Callable[[str], None]) -> int:
    """Start a created container, pass on its output line by line, return its exit status."""
    output = engine.attach(container)
    engine.start(container)
    for text in lines(output):
        line(text)
    return engine.wait(container)


def run_once(engine: Daemon, container: Container) -> tuple[int, str]:
    """Exit status and output of a container."""
    output: list[str] = []
    with created(engine, container) as made:
        code = run(engine, made, output.append)
    return code, "\n".join(output)


def lines(stream: Iterator[tuple[bytes | None, bytes | None]]) -> Iterator[str]:
    """Whole lines of two streams as they become complete, what is left over at the end."""
    rests = [b"", b""]
    for parts in stream:
        for index, part in enumerate(parts):
            if part:
                *whole, rests[index] = (rests[index] + part).split(b"\n")
                yield from (_text(line) for line in whole)
    yield from (_text(rest) for rest in rests if rest)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar archive; its bytes depend on the files alone, so that the daemon's cache can hit."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(files[path]), 0o644
            tar.addfile(entry, io.BytesIO(files[path]))
    return buffer.getvalue()


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
