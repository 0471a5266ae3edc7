"""Children that are forked before they are asked for.

A fork costs a step twice: the copy itself, and a page fault for every page that its parent then
writes to. So a run forks once, into a server that does nothing but fork: a child waits there,
ready, before the next step is due, and what the run's own process writes to stays its own.

Messages to the server are ``fork`` and the ids of children to reap, negative where nobody waits
for the status. What comes back is a new child's id, with the ends of its pipes, or a wait status.
A child reads its job from a pipe.

Runs of other threads fork too, and so may hold copies of everything that is open here: no end of
file can be relied on while this process lives.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from flowc_runtime.supervisor import FORWARDED, Job, Process, fork, prepare, run_child, start_child

if TYPE_CHECKING:
    from collections.abc import Callable

FORK = b"fork"
MESSAGE = 64
"""Bytes that no message exceeds."""

TRIES = 3
"""Servers that may be lost in a row before a child is given up."""

SIZE = 8
"""Bytes before a job that tell its length in bytes."""


def is_possible() -> bool:
    """Whether this system tells the end of a process to others than its parent."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class ServerLostError(Exception):
    """The server is gone: something killed it."""


class ForkServer:
    """Starts the children of one run; `close` it at the run's end.

    The server is forked from this process when the first child is asked for, and again should it
    be killed.
    """

    def __init__(self) -> None:
        self._server: _Server | None = None

    def start(self, job: Job, release: Callable[[], None]) -> Process:
        """Raises OSError when this system allows no further process or file."""
        if job.place.fresh:
            return start_child(job, release)
        document = json.dumps(job.to_json()).encode()
        for _ in range(TRIES):
            try:
                self._server = self._server or _launch(release)
                child = self._server.take()
            except ServerLostError:
                self.close()
            except OSError:
                self.close()
                raise
            else:
                child.begin(len(document).to_bytes(SIZE, "big") + document)
                return child
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def close(self) -> None:
        """Let the server end, and the child that waits there, and wait for that."""
        if self._server is not None:
            self._server.close()
            self._server = None


class _Server:
    """One that runs, as the run's process sees it."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self._pid = pid
        self._connection = connection
        self._waiting: list[_Child] = []
        self._refused = 0

    def take(self) -> _Child:
        """The child that waits; the server makes the next one meanwhile."""
        while not self._waiting:
            if self._refused:
                raise OSError(self._refused, os.strerror(self._refused))
            self._receive()
        self._send(FORK)
        return self._waiting.pop()

    def reap(self, pid: int) -> int:
        """Wait for a child's end; returns its wait status."""
        try:
            self._send(b"%d" % pid)
            while (status := self._receive()) is None:
                pass
        except ServerLostError:
            # Nobody knows how it ended. Where it reported, that does not matter; where it did
            # not, what ended the server is the most likely end of the child too.
            return signal.SIGKILL
        return status

    def release(self, pid: int) -> None:
        """Have a child reaped that is ending."""
        with suppress(ServerLostError):
            self._send(b"%d" % -pid)

    def close(self) -> None:
        for child in self._waiting:
            child.abandon()
        with suppress(OSError):  # killed, it has closed its end
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        os.waitpid(self._pid, 0)

    def _send(self, message: bytes) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise ServerLostError from None

    def _receive(self) -> int | None:
        """Take one message: a new child is kept, also that there is none; a status is returned."""
        try:
            data, files, flags, _ = socket.recv_fds(
                self._connection, MESSAGE, 3, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            raise ServerLostError from None
        if not data:
            raise ServerLostError
        number = int(data)
        if flags & socket.MSG_CTRUNC:
            for file in files:
                os.close(file)
            self._refused = errno.EMFILE
        elif files:
            self._waiting.append(_Child(number, files, self))
        elif number < 0:
            self._refused = -number
        else:
            return number
        return None


class _Child(Process):
    """A child that waits for its job."""

    __slots__ = ("_job", "_server")

    def __init__(self, pid: int, files: list[int], server: _Server) -> None:
        self._job, report, output = files
        super().__init__(pid, report, output)
        self._server = server
        os.set_blocking(report, False)
        os.set_blocking(output, False)

    def begin(self, job: bytes) -> None:
        view = memoryview(job)
        # One that was killed while it waited does not read: its end says so.
        with suppress(BrokenPipeError):
            while view:
                view = view[os.write(self._job, view) :]
        os.close(self._job)

    def abandon(self) -> None:
        for file in (self._job, self.report, self.output):
            os.close(file)

    def reap(self) -> int:
        return self._server.reap(self.pid)

    def release(self) -> None:
        self._server.release(self.pid)


def _launch(release: Callable[[], None]) -> _Server:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    try:
        pid = fork()
        if not pid:
            ours.close()
            release()
            _serve(theirs)
    except OSError:
        ours.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        theirs.close()
    return _Server(pid, ours)


def _serve(connection: socket.socket) -> NoReturn:
    """In the server: fork and reap as asked, until the run's process closes its end."""
    try:
        # A terminal's signals are for the run's process, which forwards them as it sees fit. A
        # child takes them again.
        os.setsid()
        like_theirs = os.pipe()
        prepare(like_theirs[1])
        for file in like_theirs:
            os.close(file)
        children = {_fork_child(connection)}
        with suppress(OSError):  # somebody killed the run's process
            while message := connection.recv(MESSAGE):
                if message == FORK:
                    children.add(_fork_child(connection))
                    continue
                pid = int(message)
                status = os.waitpid(abs(pid), 0)[1]
                children.discard(abs(pid))
                if pid > 0:
                    connection.send(b"%d" % status)
        # The one that waits, and what a run that was killed has left behind.
        for pid in children - {0}:
            _kill(pid)
    finally:
        os._exit(0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has made no group yet
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _fork_child(connection: socket.socket) -> int:
    """Returns the child's process id, 0 when there is none."""
    pipes: list[tuple[int, int]] = []
    try:
        pipes += (os.pipe() for _ in range(3))
        pid = fork()
    except OSError as error:
        connection.send(b"%d" % -(error.errno or errno.EAGAIN))
        return 0
    (job_in, job_out), (report_in, report_out), (output_in, output_out) = pipes
    theirs = (job_out, report_in, output_in)
    if not pid:
        connection.close()
        for file in theirs:
            os.close(file)
        run_child(lambda: _read_job(job_in), report_out, output_out, prepared=True)
    socket.send_fds(connection, [b"%d" % pid], theirs)
    for pipe in pipes:
        for file in pipe:
            os.close(file)
    return pid


def _read_job(file: int) -> Job:
    """Does not return when the run is gone."""
    with open(file, "rb") as pipe:
        size = int.from_bytes(pipe.read(SIZE), "big")
        document = pipe.read(size)
    if not document or len(document) < size:
        os._exit(0)
    return Job.from_json(json.loads(document))
