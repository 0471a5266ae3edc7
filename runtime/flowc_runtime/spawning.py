"""Starting the child of an attempt, and ending it with everything it started."""

from __future__ import annotations

import os
import signal
import sys

from flowc_runtime import child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.child import Job

FORWARDED = (signal.SIGTERM, signal.SIGINT)


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


def start(job: Job, release: Callable[[], None]) -> Process:
    """Run the job in a fork of this process; ``release`` lets go of the parent's files in it."""
    sys.stdout.flush()
    sys.stderr.flush()
    report_in, report_out = os.pipe()
    output_in, output_out = os.pipe()
    # A signal between the fork and the child's own handlers would be handled as the parent's.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    try:
        pid = os.fork()
        if not pid:
            os.close(report_in)
            os.close(output_in)
            release()
            child.run_forked(job, report_out, output_out)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(report_out)
    os.close(output_out)
    os.set_blocking(report_in, False)
    os.set_blocking(output_in, False)
    return Process(pid, report_in, output_in)
