"""What the digest of a step's code is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """Something that counts: ``("function", "lib.shift", "lib.py:12", digest)``.

    ``place`` tells a person where it is and is not part of any digest.
    """

    kind: str
    name: str
    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class Code:
    """The digest of a step's code, explained.

    ``parts`` are sorted. ``third_party`` are top-level names of installed packages that the
    closure uses. ``uncacheable`` says why equal digests may mean different results; empty when
    they cannot.
    """

    digest: str
    parts: tuple[Part, ...]
    third_party: tuple[str, ...]
    uncacheable: str
