"""Calls that a module makes while it is only imported: by a command that wants its pipeline, or to
run one of its steps. Each would start the run once more.
"""

from __future__ import annotations

import sys

from flowc.authoring.handles import author_location
from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HINT = "put the call under if __name__ == '__main__':"

_commands: list[OnlyImported] = []
_left_out: list[tuple[str, str]] = []


class LeftOut:
    """Stands for the run of a pipeline that was called; there is none to look at."""

    def __init__(self, title: str, where: str) -> None:
        self._error = AuthorError(
            f"{title} has no run: its module is only imported, and the call was left out",
            where=where,
            hint=HINT,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._error

    def __getitem__(self, name: object) -> Any:
        raise self._error


class OnlyImported:
    """While a command imports modules, which is what it does in the block below ``with``."""

    def __enter__(self) -> None:
        if not _commands:
            _left_out.clear()
        _commands.append(self)

    def __exit__(self, *_: object) -> None:
        _commands.pop()


def calls_left_out() -> tuple[tuple[str, str], ...]:
    """Titles and places of the calls that were left out for the last command."""
    return tuple(_left_out)


def left_out(title: str) -> LeftOut | None:
    """What a pipeline's call returns when it is not to run; None when it is."""
    where = author_location()
    if _commands:
        _left_out.append((title, where))
    return LeftOut(title, where) if _commands or _runs_a_step() else None


def check_guard(title: str) -> None:
    """Raise AuthorError for a step that is called while its module is only imported."""
    if _commands or _runs_a_step():
        what = " to run a step" if _runs_a_step() else ""
        raise AuthorError(
            f"{title} is called while its module is imported{what}",
            where=author_location(),
            hint=HINT,
        )


def _runs_a_step() -> bool:
    context = sys.modules.get("flowc_runtime.context")
    return context is not None and context.importing()
