"""Names of runs, for people: a template filled in, made unique in the store by a suffix."""

from __future__ import annotations

import time

from flowc_runtime.contract import path_segment, run_name_key
from flowc_runtime.stores import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc_runtime.stores import Store

LONGEST = 200
"""Bytes of a name in a path; file systems take 255, and stores add to it."""

CLOCK = {"date": "%Y%m%d", "time": "%H%M%S"}
"""Fields that every template may have beside ``pipeline``, in UTC: 20260131, 235959."""

RESERVED = (*CLOCK, "pipeline")


class BadNameError(ValueError):
    """The template cannot be filled in; ``field`` is the one that does not exist."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def fill_in(template: str, *, pipeline: str, fields: Mapping[str, Any], created: float) -> str:
    """``fields`` are parameters and substitutions by name; ``created`` is the run's time.

    Raises BadNameError for another field, for a brace without its partner, and for a name that is
    empty or too long.
    """
    clock = time.gmtime(created)
    known = {
        **fields,
        **{name: time.strftime(form, clock) for name, form in CLOCK.items()},
        "pipeline": pipeline,
    }
    try:
        name = template.format_map(known)
        size = len(path_segment(name))
    except KeyError as error:
        field = str(error.args[0])
        raise BadNameError(
            f"the run name '{template}' has the unknown field '{field}'", field
        ) from None
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        raise BadNameError(f"the run name '{template}' cannot be filled in: {error}") from None
    if not name.strip() or size > LONGEST:
        raise BadNameError(
            f"the run name {name!r} is empty or longer than the {LONGEST} bytes that a path takes"
        )
    return name


def claim(store: Store, name: str, run: str) -> str:
    """``name``, or ``name-2``, ``name-3``, … when other runs in the store have it.

    A name that this run has already, claimed by another process of it, is its name.
    """
    if _take(store, name, run):
        return name
    # Nightly runs of one name are many: their numbers are found by halving, not by counting.
    taken, number = 1, 2
    while store.exists(run_name_key(f"{name}-{number}")):
        taken, number = number, 2 * number
    while number - taken > 1:
        middle = (taken + number) // 2
        if store.exists(run_name_key(f"{name}-{middle}")):
            taken = middle
        else:
            number = middle
    if taken > 1 and _holder(store, f"{name}-{taken}") == run:
        return f"{name}-{taken}"
    while not _take(store, f"{name}-{number}", run):
        number += 1
    return f"{name}-{number}"


def _take(store: Store, name: str, run: str) -> bool:
    return store.put_if_absent(run_name_key(name), run.encode()) or _holder(store, name) == run


def _holder(store: Store, name: str) -> str:
    try:
        return store.get(run_name_key(name)).decode()
    except MissingError:
        return ""
