"""Small projects with an edit that changes what their step returns, each by another way that
code takes from the edit to the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.code.edits import Edit


class Change(NamedTuple):
    """``main`` defines a step ``a`` above its pipeline; ``beside`` changes nothing for it."""

    main: str
    edit: Edit
    files: dict[str, str]
    beside: Edit | None = None


A = "\n@step\ndef a() -> int:\n    return "

HELPER = "def helper(x=1):\n    return x\n\ndef other(x=1):\n    return x\n"
EDIT = ("lib.py", "return x\n\ndef other", "return x + 1\n\ndef other")
BESIDE = ("lib.py", "def other(x=1):\n    return x", "def other(x=1):\n    return -x")
DATA = ("data.txt", "1", "2")
BESIDE_DATA = ("other.txt", "1", "2")
TEXTS = {"data.txt": "1", "other.txt": "1"}
READ = "from pathlib import Path\nHERE = Path(__file__).parent\n"


def held(main: str, *, beside: bool = True, **files: str) -> Change:
    """By a function that somebody holds."""
    others = {f"{name}.py": text for name, text in files.items()}
    return Change(main, EDIT, {"lib.py": HELPER, **others}, BESIDE if beside else None)


def read(main: str, **files: str) -> Change:
    """By a file that is read."""
    others = {f"{name}.py": text for name, text in files.items()}
    return Change(main, DATA, TEXTS | others, BESIDE_DATA)
