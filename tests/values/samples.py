"""Classes whose instances are stored, and one value of everything that has a stable form."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import pathlib
import typing
import uuid
import zoneinfo
from typing import Any, NamedTuple


class Color(enum.Enum):
    RED = 1
    GREEN = "g"
    ROSE = 1  # noqa: PIE796 - another name of the same member


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mode(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclasses.dataclass
class Config:
    rate: float
    layers: list[int] = dataclasses.field(default_factory=list[int])
    color: Color | None = None
    inner: Config | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    tags: frozenset[str] = frozenset()


@dataclasses.dataclass
class Derived:
    """Rebuilding it through its constructor would count again and lose ``seen``."""

    start: int
    total: int = dataclasses.field(init=False)
    calls: typing.ClassVar[int] = 0

    def __post_init__(self) -> None:
        type(self).calls += 1
        self.total = self.start * 2

    @functools.cached_property
    def doubled(self) -> int:
        return self.total * 2


@dataclasses.dataclass
class Strict:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


@dataclasses.dataclass
class WithArgument:
    kept: int
    given: dataclasses.InitVar[int] = 0


@dataclasses.dataclass
class Arrays:
    name: str
    values: Any


class Options(typing.TypedDict, total=False):
    depth: int
    when: dt.date


@dataclasses.dataclass
class DictLike(dict[str, int]):
    size: int = 0


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Nowhere(dt.tzinfo):
    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        del when
        return dt.timedelta(hours=1)

    def dst(self, when: dt.datetime | None) -> None:
        del when

    def tzname(self, when: dt.datetime | None) -> None:
        del when


class Plain:
    """Neither of the above: only a pickle holds it."""

    def __init__(self, content: object) -> None:
        self.content = content


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")

STABLE: dict[str, object] = {
    "none": None,
    "true": True,
    "int": 2**70,
    "huge": -(10**6000),
    "float": 0.1,
    "minus zero": -0.0,
    "inf": float("inf"),
    "str": "naïve \U0001f600 {{ }} \x00 'quoted'",
    "lone surrogate": "\udc80",
    "surrogate pair": "\ud83d\ude00",
    "bytes": b"\x00\xff",
    "bytearray": bytearray(b"ab"),
    "complex": complex(1.5, float("-inf")),
    "list": [1, [2, [3]]],
    "long list": list(range(100)),
    "tuple": (1, ("a",)),
    "set": {"b", "a", "c", (1, 2)},
    "frozenset": frozenset({1, 2}),
    "dict": {"b": 1, "a": 2},
    "dollar dict": {"$a": 1},
    "key dict": {1: "a", (1, 2): "b", None: "c"},
    "decimal": decimal.Decimal("1.10"),
    "fraction": fractions.Fraction(1, 3),
    "uuid": uuid.UUID(int=7),
    "date": dt.date(2024, 2, 29),
    "datetime": dt.datetime(2024, 2, 29, 1, 2, 3, 4),  # noqa: DTZ001
    "datetime utc": dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc),
    "datetime zone": dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1),
    "time": dt.time(1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-3), "X")),
    "timedelta": dt.timedelta(-1, 2, 3),
    "timezone": dt.timezone.utc,
    "zone": BERLIN,
    "purepath": pathlib.PureWindowsPath("a\\b"),
    "enum": Color.GREEN,
    "int enum": Level.HIGH,
    "flag": Mode.READ | Mode.WRITE,
    "named tuple": Point(1, 2.5),
    "dataclass": Config(0.1, [1], Color.RED, Config(2)),
    "frozen": Frozen("a", frozenset({"x", "y", "z"})),
    "derived": Derived(3),
}

# Values that would come back as something else, and what the refusal says about them.
UNSTABLE: dict[str, tuple[object, str]] = {
    "ordered dict": (collections.OrderedDict(a=1), "collections.OrderedDict"),
    "default dict": ({"a": [collections.defaultdict(list)]}, "at ['a'][0]"),
    "str subclass": ([Text("a")], "at [0] is a tests.values.samples.Text"),
    "int subclass": (Number(1), "tests.values.samples.Number"),
    "instance": (Arrays("a", Plain(1)), "at .values is a tests.values.samples.Plain"),
    "object as key": ({Plain(1): 1}, "tests.values.samples.Plain"),
    "lambda": ((1, lambda: 0), "at [1]"),
    "dict dataclass": (DictLike(size=1), "also a dict"),
    "instance in a set": ({"x": {1, Plain(0)}}, "at ['x']"),
}
