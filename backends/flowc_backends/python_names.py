"""Names of generated Python: identifiers that are valid, readable and all different."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc import ir

_FOREIGN = re.compile(r"[^A-Za-z0-9_]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 250
_TAKEN = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins)))


def ascii_word(text: str) -> str:
    """``text`` in ASCII: accents dropped, letters of other scripts as their code points."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(
        char if char.isascii() else f"_u{ord(char):x}_"
        for char in plain
        if not unicodedata.combining(char)
    )


def ascii_name(text: str) -> str:
    """``text`` in ASCII letters, digits, dashes, dots and underscores, at most 250 of them."""
    name = _UNSAFE.sub("_", ascii_word(text)) or "_"
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - 9]}-{digest}"


class Names:
    """Hands out identifiers, none of them twice; ``taken`` are those that mean something else."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._used = set(_TAKEN | taken)

    def add(self, text: str) -> str:
        """An identifier for ``text``, and for nothing else."""
        word = _FOREIGN.sub("_", ascii_word(text)).strip("_") or "step"
        base = f"_{word}" if word[0].isdigit() else word
        name, count = base, 1
        while name in self._used:
            count += 1
            name = f"{base}_" if count == 2 else f"{base}_{count}"  # noqa: PLR2004 - the second
        self._used.add(name)
        return name


def image_constants(pipeline: ir.Pipeline, names: Names) -> dict[str, str]:
    """The constant of each image in a Python file, in the order of first use."""
    found = dict.fromkeys(step.image for step in pipeline.steps)
    return {
        image: names.add("IMAGE" if number == 1 else f"IMAGE_{number}")
        for number, image in enumerate(found, start=1)
    }
