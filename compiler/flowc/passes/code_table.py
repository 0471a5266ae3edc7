"""What code digests are made of, as the bundle carries it: one table, for steps share most parts.

load:  function lib.read, constant lib.SEP        parts     [lib.read, lib.SEP, lib.shift]
clean: function lib.shift, constant lib.SEP   ->  closures  ["3", "6"]
                                                  load 0, clean 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowc.passes.code import Code, Part
    from flowc_runtime.contract import CodeTable

SHOWN = 16
"""Letters of a part's digest that are kept: enough to tell that it changed."""


def tabulate(codes: Mapping[str, Code]) -> tuple[CodeTable, dict[str, int]]:
    """The table of all parts, and each step's closure in it."""
    # Steps whose closures are equal hold one tuple: by identity, a thousand cost as much as one.
    distinct = {id(code.parts): code.parts for code in codes.values()}
    parts = sorted({part for closure in distinct.values() for part in closure})
    positions = {part: position for position, part in enumerate(parts)}
    numbers = {key: number for number, key in enumerate(distinct)}
    table: CodeTable = {
        "parts": rows(parts),
        "closures": [_bits(closure, positions) for closure in distinct.values()],
    }
    return table, {step: numbers[id(code.parts)] for step, code in codes.items()}


def rows(parts: Iterable[Part]) -> list[list[str]]:
    """Parts as JSON has them, with as much of a digest as tells that it changed."""
    return [[part.kind, part.name, part.place, part.digest[:SHOWN]] for part in parts]


def _bits(closure: tuple[Part, ...], positions: Mapping[Part, int]) -> str:
    digits = bytearray(b"0" * (len(positions) or 1))
    for part in closure:
        digits[-1 - positions[part]] = ord("1")
    return f"{int(digits, 2):x}"
