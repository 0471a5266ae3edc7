"""Names of runs, for people: a template filled in, made unique in the store by a suffix."""

from __future__ import annotations

import datetime as dt
import json
import string
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError, did_you_mean
from flowc_runtime.contract import path_segment, run_name_key
from flowc_runtime.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 200
"""Bytes of a name in a path; file systems take 255, and stores add to it."""


def fill_in(template: str, *, pipeline: str, parameters: Mapping[str, str]) -> str:
    """``{date}`` (20260131), ``{time}`` (235959), ``{pipeline}`` and the run-time parameters.

    Times are UTC. Raises AuthorError for another field and for a brace without its partner.
    """
    now = dt.datetime.now(dt.timezone.utc)
    fields: dict[str, Any] = {name: json.loads(text) for name, text in parameters.items()}
    fields |= {"date": f"{now:%Y%m%d}", "time": f"{now:%H%M%S}", "pipeline": pipeline}
    try:
        name = string.Formatter().vformat(template, (), fields)
    except KeyError as error:
        name = str(error.args[0])
        problem = f"the run name '{template}' has the unknown field '{name}'"
        raise AuthorError(problem, hint=did_you_mean(name, list(fields))) from None
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        raise AuthorError(
            f"the run name '{template}' cannot be filled in: {error}",
            hint="fields are written {name}; a brace itself is written twice",
        ) from None
    if not name.strip() or len(path_segment(name)) > LONGEST:
        raise AuthorError(
            f"the run name {name!r} is empty or too long",
            hint=f"it is part of a path: at most {LONGEST} bytes",
        )
    return name


def claim(name: str, *, store: str, run: str) -> str:
    """``name``, or ``name-2``, ``name-3``, … when other runs in the store have it."""
    opened = open_store(store)
    try:
        number, candidate = 1, name
        while not opened.put_if_absent(run_name_key(candidate), run.encode()):
            number += 1
            candidate = f"{name}-{number}"
        return candidate
    finally:
        opened.close()
