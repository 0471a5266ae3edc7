"""Error documents: why an attempt failed, in a form that survives the process."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from traceback import TracebackException

    from flowc_runtime.contract import ErrorDocument, Json

MESSAGE_LIMIT = 16 * 1024
TRACEBACK_LIMIT = 64 * 1024
LEFT_OUT = "\n[...]\n"
"""Stands for the middle of a longer traceback."""

ARGUMENTS_LIMIT = 16 * 1024

SILENT = "<its str() raises>"
"""The message of an exception that has none to give."""

OURS = os.path.dirname(os.path.abspath(__file__))

SIGKILL = 9

_unpacked: tuple[Sequence[str], Mapping[str, str]] = ((), {})


class StepError(Exception):
    """A failure with a document of its own; ``damaged`` is a digest whose contents are."""

    def __init__(self, document: ErrorDocument, damaged: str = "") -> None:
        super().__init__(document.get("message", ""))
        self.document = document
        self.damaged = damaged


def know_sources(roots: Sequence[str], places: Mapping[str, str]) -> None:
    """Show files below ``roots``, where a bundle was unpacked, as they are called in the author's
    project; ``places`` has those that are called otherwise there.
    """
    global _unpacked  # noqa: PLW0603 - a process runs one step
    _unpacked = (roots, places)


def describe(error: BaseException, kind: str = "exception", context: str = "") -> ErrorDocument:
    """The document of an exception, with the author's frames only.

    Nothing about an author's exception can be relied on: not even that ``str`` works.
    """
    message = message_of(error)
    document: ErrorDocument = {
        "kind": kind,
        "type": _type_name(type(error)),
        "message": f"{context}: {message}" if context else message,
        "traceback": _traceback(error),
    }
    arguments = _arguments(error, message)
    if arguments is not None:
        document["args"] = arguments
    if isinstance(error, SystemExit):
        document["kind"] = "exited" if kind == "exception" else kind
        document["exit_code"] = _exit_code(error.code)
        document["message"] = f"the step called sys.exit({message})"
    return document


def _arguments(error: BaseException, message: str) -> Json | None:
    """What the exception could be made of again, when that is plain and not just its message."""
    from flowc_runtime import values

    try:
        made: tuple[object, ...] = error.__reduce__()  # type: ignore[assignment]
        kind, arguments = made[:2]
        if kind is not type(error) or not arguments or arguments == (message,):
            return None
        encoded = values.encode(list(arguments))  # type: ignore[call-overload]
        return encoded if len(values.dumps(encoded)) <= ARGUMENTS_LIMIT else None
    except BaseException:  # noqa: BLE001 - author's code
        return None


def killed(signal: int) -> ErrorDocument:
    """The document of a child that a signal ended."""
    from signal import Signals

    try:
        name = Signals(signal).name
    except ValueError:
        name = "unknown"
    message = f"killed by signal {signal} ({name})"
    if signal == SIGKILL:
        ran_out = _was_out_of_memory()
        message += ": out of memory" if ran_out else ", often for lack of memory"
    return {"kind": "killed", "type": name, "message": message, "signal": signal}


UNREPORTED = 70
"""Exit status of a child that could not even report."""


def exited(code: int, what: str = "step") -> ErrorDocument:
    """The document of a child that ended without a report; ``what`` it was: step or hook."""
    message = f"the {what}'s process exited with status {code} before its function returned"
    if code == UNREPORTED:
        message += ", or its code closed files that others had opened"
    return {"kind": "exited", "type": "exit", "message": message, "exit_code": code}


def timed_out(seconds: float, what: str = "step") -> ErrorDocument:
    """The document of a child that was ended because its time was over."""
    message = f"the {what} was ended after {seconds:g} s, its timeout"
    return {"kind": "timeout", "type": "timeout", "message": message}


def lost() -> ErrorDocument:
    """The document of an attempt whose supervisor went down with it."""
    message = "the attempt was lost: its process ended without a result"
    return {"kind": "lost", "type": "lost", "message": message}


def request(message: str) -> ErrorDocument:
    return {"kind": "request", "type": "request", "message": message}


def _type_name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """What an exception says, as far as it can."""
    try:
        return _clean(str(error))[:MESSAGE_LIMIT]
    except BaseException:  # noqa: BLE001 - author's code
        return SILENT


def _clean(text: str) -> str:
    """Lone surrogates cannot be written anywhere else."""
    return text.encode("utf-8", "backslashreplace").decode()


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


def _traceback(error: BaseException) -> str:
    try:
        from traceback import TracebackException

        report = TracebackException(type(error), error, error.__traceback__, compact=True)
        _keep_the_authors(report, set())
        text = _clean("".join(report.format()))
    except BaseException as problem:  # noqa: BLE001 - author's code once more
        return f"<the traceback cannot be shown: {type(problem).__name__}>"
    if len(text) <= TRACEBACK_LIMIT:
        return text
    half = TRACEBACK_LIMIT // 2
    return f"{text[:half]}{LEFT_OUT}{text[-half:]}"


def _keep_the_authors(report: TracebackException, seen: set[int]) -> None:
    """Leave our frames out, and call the author's files as the author does.

    The lines of their sources were read before, from where the files really are.
    """
    if id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if not _is_ours(frame.filename)]
    for frame in report.stack:
        frame.filename = _place_in_project(frame.filename)
    wrong = getattr(report, "filename", None)  # the file of a SyntaxError
    if wrong:
        report.filename = _place_in_project(wrong)
    inner = [report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())]
    for below in inner:
        if below is not None:
            _keep_the_authors(below, seen)


def _place_in_project(file: str) -> str:
    roots, places = _unpacked
    for root in roots:
        if file.startswith(f"{root}/"):
            path = file[len(root) + 1 :]
            return places.get(path, path)
    return file


def _is_ours(file: str) -> bool:
    return file.startswith((OURS, _authoring(), "<frozen importlib"))


def _authoring() -> str:
    """The folder of `flowc`, when the author's module imported it."""
    file = getattr(sys.modules.get("flowc"), "__file__", None)
    return os.path.dirname(file) if file else OURS


def _was_out_of_memory() -> bool:
    """Whether the kernel killed something for lack of memory in this container."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            with open(path, encoding="ascii") as file:
                counts = dict(line.split() for line in file)
        except (OSError, ValueError):
            continue
        return counts.get("oom_kill", "0") != "0"
    return False
