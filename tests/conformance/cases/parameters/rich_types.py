"""Enums, dates and dataclasses as parameters, nested in each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import Enum

from flowc import pipeline, step


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Point:
    x: int
    y: float = 0.5


@dataclass(frozen=True)
class Shape:
    colour: Colour
    points: list[Point] = field(default_factory=list[Point])


@step
def describe(colour: Colour, shape: Shape, day: date) -> str:
    corners = ", ".join(f"{point.x}/{point.y}" for point in shape.points)
    return f"{colour.name} {shape.colour.name} {corners} {day.isoformat()}"


@step
def later(moment: datetime, wait: timedelta) -> datetime:
    return moment + wait


@pipeline
def rich_types(
    colour: Colour = Colour.RED,
    shape: Shape = Shape(Colour.BLUE, [Point(1)]),
    day: date = date(2024, 2, 29),
    moment: datetime = datetime(2024, 2, 29, 12, tzinfo=timezone.utc),
    wait: timedelta = timedelta(hours=13),
) -> None:
    describe(colour, shape, day)
    later(moment, wait)
