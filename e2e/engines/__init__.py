"""The real engines, as the end-to-end tests see them: started, driven from outside and stopped.

No engine is imported here. Each lives in an environment of its own, runs as its users run it and
is driven through its own interface, so that a test sees what a user would see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an engine says of one run, in the engine's own words."""

    id: str
    state: str
    tasks: Mapping[str, str] = field(default_factory=dict[str, str])
    """The state of each task by the engine's name of it."""
    output: str = ""
    """What the run printed, where the engine gives it away with the run."""


class EngineError(Exception):
    """An engine did not start, refused what it was given, or did not answer in time."""
