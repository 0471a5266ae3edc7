"""The results, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = ("what", "unit", "flowc", "budget", "peer", "", "peer/flowc", "floor", "flowc/floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One quantity of flowc beside its peer's, or beside a floor that nothing can go below."""

    what: str
    unit: str
    flowc: float
    budget: float | None = None
    peer: str = ""
    peer_value: float | None = None
    floor: float | None = None

    @property
    def peer_ratio(self) -> float | None:
        return _ratio(self.peer_value, self.flowc)

    @property
    def floor_ratio(self) -> float | None:
        return _ratio(self.flowc, self.floor)

    def cells(self) -> tuple[str, ...]:
        return (
            self.what,
            self.unit,
            _number(self.flowc),
            _number(self.budget),
            self.peer,
            _number(self.peer_value),
            _number(self.peer_ratio),
            _number(self.floor),
            _number(self.floor_ratio),
        )

    def document(self) -> dict[str, object]:
        return {
            "what": self.what,
            "unit": self.unit,
            "flowc": self.flowc,
            "budget": self.budget,
            "peer": self.peer or None,
            "peer_value": self.peer_value,
            "peer_ratio": self.peer_ratio,
            "floor": self.floor,
            "floor_ratio": self.floor_ratio,
        }


def render(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    text = {0, 1, 4}
    padded = (
        cell.ljust(width) if column in text else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _ratio(upper: float | None, lower: float | None) -> float | None:
    return upper / lower if upper is not None and lower else None


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
