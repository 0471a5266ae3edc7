"""Names that KFP, Argo and Kubernetes all take, made from the author's.

train          train
outer.train_2  outer-train-2
Größe          grosse
2nd            step-2nd         (a name in Argo's `depends` starts with a letter)
分割            step-7c4f2e1a
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from flowc.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowc import ir
    from flowc.errors import FlowcError

LONGEST = 50
"""Kubernetes allows 63 characters; engines add prefixes and suffixes of their own."""

DRIVER = "-driver"
"""KFP gives each task `t` a companion `t-driver`."""

_FOREIGN = re.compile(r"[^a-z0-9]+")
_DIGEST_LENGTH = 8

# Words of the language in which Argo evaluates `depends`.
_RESERVED = frozenset(("and", "or", "not", "in", "if", "else", "let", "true", "false", "nil"))


def engine_name(text: str) -> str:
    """Lower-case letters, digits and single dashes; equal only for texts that look alike."""
    name = _FOREIGN.sub("-", text.lower() if text.isascii() else _fold(text)).strip("-")
    if not name:
        return f"step-{_digest(text)}"
    if name[0].isdigit() or name in _RESERVED:
        name = f"step-{name}"
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - _DIGEST_LENGTH - 1].rstrip('-')}-{_digest(text)}"
    return name


def task_names(steps: Sequence[ir.Step], errors: list[FlowcError]) -> dict[str, str]:
    """The task of each invocation, by its id; an error for any two that KFP cannot tell apart."""
    names: dict[str, str] = {}
    owners: dict[str, ir.Step] = {}
    for step in steps:
        name = names[step.id] = engine_name(step.id)
        other = owners.setdefault(name, step)
        if other is not step:
            errors.append(_collision(other, step, name))
    for name, step in owners.items():
        driver = owners.get(name + DRIVER)
        if driver:
            errors.append(_collision(step, driver, name + DRIVER))
    return names


def unique(name: str, taken: Iterable[str]) -> str:
    """``name``, or ``name-2``, ``name-3`` … if it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _collision(one: ir.Step, other: ir.Step, name: str) -> AuthorError:
    return AuthorError(
        f"the steps '{one.id}' ({one.location}) and '{other.id}' ({other.location}) would both "
        f"have a task called '{name}' on kubeflow",
        where=str(other.location),
        hint="rename one of them: names have only lower-case letters, digits and dashes there, "
        f"and each task NAME has a companion NAME{DRIVER}",
    )


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
