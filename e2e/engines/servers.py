"""What starts in the background, is waited for once and ends as a whole."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.engines.processes import Daemon, poll, stop_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

BOOT_SECONDS = 240.0


class Chore:
    """Something done once, in a thread: several engines warm up side by side."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._done: Future[object] | None = None

    def start(self) -> None:
        if self._done is None:
            pool = ThreadPoolExecutor(max_workers=1)
            self._done = pool.submit(self._work)
            pool.shutdown(wait=False)

    def ready(self) -> None:
        """Wait for its end; raises what the work raised."""
        self.start()
        assert self._done is not None
        self._done.result()

    def stop(self) -> None:
        """Wait for the end of what was started, whatever came of it."""
        if self._done is not None:
            self._done.exception()


class Server:
    """The processes of one engine, with a folder of their own that goes when they go."""

    def __init__(self, name: str, boot: Callable[[], None]) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"flowc-{name}-"))
        self._boot = Chore(boot)
        self._daemons: list[Daemon] = []

    def start(self) -> None:
        self._boot.start()

    def ready(self) -> None:
        """Wait for the end of the boot; an EngineError when the engine did not come up."""
        self._boot.ready()

    def stop(self, grace: float) -> None:
        self._end_daemons(grace)
        # A boot in its midst fails now, or has just started one more process.
        self._boot.stop()
        self._end_daemons(0)
        shutil.rmtree(self.home, ignore_errors=True)

    def _end_daemons(self, grace: float) -> None:
        stop_all(self._daemons, self.home, grace)

    def launch(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]
    ) -> None:
        self._daemons.append(Daemon(command, environment, self.home / f"{name}.log"))

    def wait_until(self, question: Callable[[], bool]) -> None:
        """Ask until the answer is yes, or one of the processes has ended."""

        def answer() -> bool | None:
            self.ensure_alive()
            return question() or None

        poll(answer, timeout=BOOT_SECONDS, on_timeout=self.log_tails)

    def ensure_alive(self) -> None:
        """Raise an EngineError, with the end of its log, when one of the processes has ended."""
        for daemon in self._daemons:
            daemon.ensure_alive()

    def log_tails(self, lines: int = 15) -> str:
        return "\n\n".join(daemon.log_tail(lines) for daemon in self._daemons)
