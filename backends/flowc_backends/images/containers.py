"""Short-lived containers: run something, read what it says, leave nothing."""

from __future__ import annotations

import io
import signal
import tarfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowc_runtime.leaving import heeded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from flowc_backends.images.daemon import Container, Daemon

LONGEST_LINE = 1 << 16
"""Bytes without a line break after which a line is passed on in pieces."""

HELPER = "flowc.helper"
"""Label of containers that are no steps."""


@contextmanager
def created(engine: Daemon, container: Container) -> Generator[str]:
    """A container that is gone afterwards, whatever happens."""
    made = engine.create(container)
    try:
        yield made
    finally:
        with _undisturbed():
            engine.remove(made)


def run(
    engine: Daemon,
    container: str,
    line: Callable[[str], None],
    *,
    error: Callable[[str], None] | None = None,
    started: Callable[[], object] | None = None,
) -> int:
    """Start a created container, pass on its output line by line, return its exit status.

    Lines of its standard error go to ``error``, without it to ``line`` as well; ``started`` is
    called as soon as it runs.
    """
    output = engine.attach(container)
    engine.start(container)
    if started is not None:
        started()
    takers = (line, error or line)
    for stream, text in lines(output):
        takers[stream](text)
    return engine.wait(container)


def run_once(engine: Daemon, container: Container) -> tuple[int, str]:
    """Exit status and output of a container."""
    output: list[str] = []
    with created(engine, container) as made:
        code = run(engine, made, output.append)
    return code, "\n".join(output)


def lines(streams: Iterator[tuple[bytes | None, bytes | None]]) -> Iterator[tuple[int, str]]:
    """Whole lines of two streams, 0 and 1, as they become complete; at the end what is left."""
    rests = [b"", b""]
    for parts in streams:
        for index, part in enumerate(parts):
            if part:
                *whole, rests[index] = (rests[index] + part).split(b"\n")
                if len(rests[index]) > LONGEST_LINE:
                    whole.append(rests[index])
                    rests[index] = b""
                yield from ((index, _text(line)) for line in whole)
    yield from ((index, _text(rest)) for index, rest in enumerate(rests) if rest)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar archive; its bytes depend on the files alone, so that the daemon's cache can hit."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(files[path]), 0o644
            tar.addfile(entry, io.BytesIO(files[path]))
    return buffer.getvalue()


@contextmanager
def _undisturbed() -> Generator[None]:
    """No second Ctrl-C and no other signal keeps a container from being removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
