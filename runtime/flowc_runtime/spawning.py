"""Starting the child of an attempt, and ending it with everything it started.

A fork of a warm process starts fastest. macOS cannot rely on it (its system libraries abort in
forked children), so there a fresh interpreter is started for each attempt.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from flowc_runtime import child
from flowc_runtime.leaving import FORWARDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from flowc_runtime.child import Job

    class Spawner(Protocol):
        """Starts the children of a process that has many, faster than it could itself."""

        def start(self, job: Job, release: Callable[[], None]) -> Process: ...


PYTHON_3_12 = 0x030C0000

FRESH = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from flowc_runtime.fresh import main; main()"
)
"""What a fresh interpreter runs: it finds modules where this one does."""


class Process:
    """A started child: its process id, and the ends of two pipes that its parent reads."""

    __slots__ = ("output", "pid", "report")

    def __init__(self, pid: int, report: int, output: int) -> None:
        self.pid = pid
        self.report = report
        self.output = output

    def signal(self, number: int) -> None:
        """Send a signal to the child and everything in its group."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            # It has not made its group yet, or is gone.
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def reap(self) -> int:
        """Wait for its end; returns the wait status."""
        return os.waitpid(self.pid, 0)[1]

    def release(self) -> None:
        """Have it reaped at its end, which is near; how it ended is not asked for."""
        self.reap()


def start(job: Job, release: Callable[[], None]) -> Process:
    """Run the job in a child; ``release`` lets go of the parent's files in a fork."""
    sys.stdout.flush()
    sys.stderr.flush()
    report_in, report_out = os.pipe()
    output_in, output_out = os.pipe()
    try:
        if job.place.fresh or sys.platform == "darwin":
            pid = _start_fresh(job, report_out, output_out)
        else:
            # A signal that came before the child has its own handlers would be handled there as
            # the parent's.
            signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
            pid = fork()
            if not pid:
                os.close(report_in)
                os.close(output_in)
                release()
                child.run(lambda: job, report_out, output_out)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        os.close(report_out)
        os.close(output_out)
    os.set_blocking(report_in, False)
    os.set_blocking(output_in, False)
    return Process(pid, report_in, output_in)


def fork() -> int:
    """Fork without Python's warning."""
    warnings = sys.modules.get("warnings")
    if warnings is None or sys.hexversion < PYTHON_3_12:
        return os.fork()
    # From 3.12 on Python warns where a library of the author's has threads.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _start_fresh(job: Job, report: int, output: int) -> int:
    from tempfile import TemporaryFile

    with TemporaryFile() as file:
        file.write(json.dumps(job.to_json()).encode())
        file.seek(0)
        for inherited in (file.fileno(), report, output):
            os.set_inheritable(inherited, True)
        numbers = [str(number) for number in (file.fileno(), report, output)]
        arguments = [sys.executable, "-c", FRESH, json.dumps(sys.path), *numbers]
        return os.posix_spawn(sys.executable, arguments, os.environ)
