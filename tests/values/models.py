"""Models of a library that need not be installed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pydantic import BaseModel, Field, PrivateAttr


class Person(BaseModel):
    name: str


class Chief(Person):
    title: str


class Team(BaseModel):
    lead: Person
    budget: Decimal = Decimal(0)
    hidden: str = Field(default="", exclude=True)
    _memory: int = PrivateAttr(default=0)

    def remember(self, value: int) -> None:
        self._memory = value

    def recall(self) -> int:
        return self._memory


class Settings(BaseModel):
    rate: float = Field(alias="learning-rate")
    day: dt.date = dt.date(2024, 1, 1)
    tags: set[str] = set()
