"""One attempt as its parent sees it: a child that writes, reports, ends, or has to be ended."""

from __future__ import annotations

import json
import os
import signal

from flowc_runtime import contract, errors, spawning
from flowc_runtime.loop import ChildWatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.child import Job, Report
    from flowc_runtime.contract import ErrorDocument
    from flowc_runtime.loop import Loop, Timer
    from flowc_runtime.redaction import Redactor

GRACE = 5.0
"""Seconds between a forwarded signal and the end by force; `docker stop` allows ten in all."""

LINGER = 1.0
"""Seconds that what the step started may go on writing after the step's own process has ended."""

CHUNK = 1 << 16


class Attempt:
    """Runs a job in a child; ``ended`` is called once, with the child's report or an error.

    After ``limit`` seconds the child is ended, and what it reports then counts no more. Nothing
    that it writes or reports leaves this class without the ``redactor``, where there is one.
    """

    __slots__ = (
        "_beat", "_ended", "_heartbeat", "_killer", "_limit", "_linger", "_loop", "_output",
        "_overdue", "_process", "_redactor", "_report", "_stream", "_timeout", "_watch", "_what",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - all that is told of it, each by its name
        self,
        loop: Loop,
        job: Job,
        *,
        output: Callable[[bytes], None],
        beat: Callable[[], None],
        ended: Callable[[Report], None],
        limit: float | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self._loop = loop
        self._redactor = redactor
        self._stream = None if redactor is None else redactor.stream(output)
        self._output = output if self._stream is None else self._stream.write
        self._beat = beat
        self._ended = ended
        self._report = bytearray()
        self._killer: Timer | None = None
        self._linger: Timer | None = None
        self._limit = limit
        self._overdue = False
        self._what = "step" if job.hook is None else "hook"
        start = spawning.start if loop.spawner is None else loop.spawner.start
        self._process = start(job, loop.close_files)
        loop.watch(self._process.report, self._read_report)
        loop.watch(self._process.output, self._read_output)
        self._watch = ChildWatch(loop, self._process, self._child_ended)
        self._heartbeat = loop.call_later(contract.HEARTBEAT, self._on_beat)
        self._timeout = None if limit is None else loop.call_later(limit, self._on_timeout)

    def cancel(self, number: int) -> None:
        """Forward a signal; after a grace period, or when asked again, end the step by force."""
        if self._killer is not None:
            self._kill()
            return
        self._process.signal(number)
        self._killer = self._loop.call_later(GRACE, self._kill)

    def _on_timeout(self) -> None:
        self._overdue = True
        if self._killer is None:
            self.cancel(signal.SIGTERM)

    def _kill(self) -> None:
        self._process.signal(signal.SIGKILL)

    def _on_beat(self) -> None:
        self._heartbeat = self._loop.call_later(contract.HEARTBEAT, self._on_beat)
        self._beat()

    def _read_report(self) -> None:
        data = _read(self._process.report)
        if data:
            self._report += data
        elif data is not None:
            self._close_report()
            self._look()

    def _read_output(self) -> None:
        data = _read(self._process.output)
        if data:
            self._output(data)
        elif data is not None:
            self._close_output()
            self._look()

    def _look(self) -> None:
        """Finish when nothing more can come: at once where the child has reported, without
        waiting until the kernel has taken it down.
        """
        said_all = self._process.report < 0 and self._document() is not None
        if self._process.output < 0 and (said_all or self._linger is not None):
            self._finish()
        else:
            self._watch.look()

    def _child_ended(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
        while self._process.report >= 0 and (data := _read(self._process.report)):
            self._report += data
        while self._process.output >= 0 and (data := _read(self._process.output)) is not None:
            if data:
                self._output(data)
            else:
                self._close_output()
        if self._process.output < 0:
            self._finish()
        else:
            # Something that the step started holds the pipe.
            self._linger = self._loop.call_later(LINGER, self._finish)

    def _finish(self) -> None:
        # The child's process id is taken until it is reaped, so this cannot hit anybody else.
        self._process.signal(signal.SIGKILL)
        report = self._document()
        if report is None:
            report = {"error": _judge(self._watch.reap(), self._what)}
        else:
            self._watch.release()
        self._close_report()
        self._close_output()
        if self._stream is not None:
            self._stream.close()
        for timer in (self._killer, self._linger, self._heartbeat, self._timeout):
            if timer is not None:
                timer.cancel()
        if self._overdue:
            report = {"error": errors.timed_out(self._limit or 0.0, self._what)}
        elif self._redactor is not None:
            report = self._redactor.report(report)
        self._ended(report)

    def _document(self) -> Report | None:
        """The child's report, if it is whole."""
        try:
            report: Report = json.loads(self._report)
        except ValueError:
            return None
        return report

    def _close_report(self) -> None:
        if self._process.report >= 0:
            self._loop.forget(self._process.report)
            os.close(self._process.report)
            self._process.report = -1

    def _close_output(self) -> None:
        if self._process.output >= 0:
            self._loop.forget(self._process.output)
            os.close(self._process.output)
            self._process.output = -1


def _read(file: int) -> bytes | None:
    """None when there is nothing to read yet; empty at the end."""
    try:
        return os.read(file, CHUNK)
    except BlockingIOError:
        return None


def _judge(status: int, what: str) -> ErrorDocument:
    if os.WIFSIGNALED(status):
        return errors.killed(os.WTERMSIG(status))
    return errors.exited(os.WEXITSTATUS(status), what)
