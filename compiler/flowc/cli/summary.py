"""How a run is told to people: its end after `flowc run`, and `flowc runs show`."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from flowc.cli import console
from flowc.cli.progress import count

if TYPE_CHECKING:
    from typing import TextIO

    from flowc.client.document import RunDocument, StepDocument
    from flowc_runtime.contract import ErrorDocument

TAIL = 6
"""Lines of a traceback that a summary shows."""

SHOWN = 5
"""Failed steps that a summary shows in full."""

BAD = frozenset({"failed", "lost", "cancelled"})

_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d+)', re.MULTILINE)


def print_end(document: RunDocument, *, store: str = "") -> None:
    """The summary after a run; ``store`` is added to commands when it is not the default."""
    stream = sys.stderr
    bad = [step for step in document["steps"] if step["status"] in BAD]
    console.say(headline(document, stream))
    if document["reason"]:
        console.say(f"  {console.escape(document['reason'])}")
    for step in bad[:SHOWN]:
        print_failure(step, stream)
    if len(bad) > SHOWN:
        console.say(f"  … and {len(bad) - SHOWN} more".encode("ascii", "replace").decode())
    print_pointer(document["run_id"], failed=bad[0]["id"] if bad else "", store=store)


def print_pointer(run: str, *, failed: str = "", store: str = "") -> None:
    """The commands that show more."""
    where = f" --store {_quote(store)}" if store else ""
    console.say(f"see: flowc runs show {_quote(run)}{where}")
    if failed:
        console.say(f"     flowc runs logs {_quote(run)} {_quote(failed)}{where}")


def headline(document: RunDocument, stream: TextIO) -> str:
    status = console.paint_status(document["status"], stream)
    spent = console.seconds(document["duration_s"])
    text = f"run {console.escape(document['run_id'])} {status}"
    text += f" in {spent}" if spent and document["status"] != "running" else ""
    counts: dict[str, int] = {}
    for step in document["steps"]:
        counts[step["status"]] = counts.get(step["status"], 0) + 1
    shown = ", ".join(f"{number} {name}" for name, number in counts.items())
    return f"{text}: {shown or count(0, 'step')}"


def print_failure(step: StepDocument, stream: TextIO) -> None:
    """A step that did not complete: where, why, and the end of the author's traceback."""
    status = console.paint_status(step["status"], stream)
    error = step["error"]
    why = describe_error(error) if error else step["reason"]
    where = place(error) if error else ""
    head = f"  step {console.escape(step['id'])} {status}"
    head += f" at {console.escape(where)}" if where else ""
    print(f"{head}: {console.escape(why)}" if why else head, file=stream)
    for line in _tail(error):
        print(f"    {console.escape(line)}", file=stream)


def describe_error(error: ErrorDocument) -> str:
    """One line: `ValueError: bad shape`, `killed by signal 9 (SIGKILL)`, …"""
    kind = error.get("kind", "")
    message = error.get("message", "").strip()
    name = error.get("type", "").rpartition(".")[2]
    if name:
        return f"{name}: {message}" if message else name
    if kind == "killed" and "signal" in error:
        return f"killed by signal {_signal(error['signal'])}"
    if kind == "exited" and "exit_code" in error:
        return f"exited with status {error['exit_code']}"
    return message or kind


def place(error: ErrorDocument) -> str:
    """``file:line`` of the innermost frame of the author's code, from the current folder."""
    frames = list(_FRAME.finditer(error.get("traceback", "")))
    if not frames:
        return ""
    file = frames[-1]["file"].removeprefix(os.path.join(os.getcwd(), ""))  # noqa: PTH109, PTH118
    return f"{file}:{frames[-1]['line']}"


def _tail(error: ErrorDocument | None) -> list[str]:
    lines = (error or {}).get("traceback", "").rstrip().splitlines()
    return lines[-TAIL:]


def _signal(number: int) -> str:
    import signal

    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)


def _quote(text: str) -> str:
    import shlex

    return console.escape(shlex.quote(text))
