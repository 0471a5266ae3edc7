"""What is wrong in a run configuration, collected so that all of it is told together.

The pipeline is traced to the end although something of its file is left out. What is then wrong at
other places may follow from that, and is not told.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowc.errors import Errors, FlowcError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


class Problems:
    """Errors in ``file``; each is told once, of the first step that meets it."""

    def __init__(self, file: str = "", errors: Sequence[FlowcError] = ()) -> None:
        self._file = file
        self._found: dict[tuple[str, str], FlowcError] = {}
        self._add(errors)

    def __len__(self) -> int:
        return len(self._found)

    def keep(self, error: FlowcError) -> bool:
        """Whether the error is one of the file's, which is then kept."""
        errors = error.errors if isinstance(error, Errors) else [error]
        here = bool(self._file) and all(self._place(each)[0] == self._file for each in errors)
        if here:
            self._add(errors)
        return here

    def _add(self, errors: Sequence[FlowcError]) -> None:
        for error in errors:
            title, _, rest = error.message.partition(": ")
            self._found.setdefault((error.where, rest or title), error)

    @contextmanager
    def collected(self) -> Generator[None]:
        """What is wrong inside is kept where it stands in the file, and raised elsewhere."""
        try:
            yield
        except FlowcError as error:
            if not self.keep(error):
                raise

    def error(self) -> FlowcError:
        """The one, or all of them by their lines."""
        found = sorted(self._found.values(), key=lambda error: self._place(error)[1])
        return found[0] if len(found) == 1 else Errors(found)

    @staticmethod
    def _place(error: FlowcError) -> tuple[str, int]:
        file, _, line = error.where.rpartition(":")
        return (file, int(line)) if line.isdecimal() else (error.where, 0)
