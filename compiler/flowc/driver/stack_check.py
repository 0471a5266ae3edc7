"""Looks at a stack from this machine: its variables, its URLs, what it adds to images."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowc.stack.alerter import without_secrets
from flowc_runtime.stack import expand, placeholders, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc import ir


@dataclass(frozen=True, slots=True)
class Finding:
    """About one component; ``missing`` is what only this machine may lack."""

    component: str
    state: Literal["ok", "missing", "problem"]
    found: str


def check_stack(stack: ir.Stack) -> list[Finding]:
    """Everything that can be said without sending anything."""
    return [finding for component in stack.components for finding in _check(component)]


def _check(component: ir.Component) -> Iterator[Finding]:
    title = f"{component.kind} {component.name}"
    configuration = json.loads(component.configuration)
    names = [name for text in texts(configuration) for name in placeholders(text)]
    for name in dict.fromkeys(names):
        if name in os.environ:
            yield Finding(title, "ok", f"${{{name}}} is set here")
        else:
            yield Finding(title, "missing", f"${{{name}}} is not set here")
    if component.kind == "alerter":
        yield from _check_urls(title, configuration["urls"])
        yield Finding(title, "ok", "images that flowc builds get the distribution apprise")
    elif component.kind == "experiment_tracker":
        yield Finding(title, "ok", f"steps need the distribution {component.flavor} themselves")


def _check_urls(title: str, urls: list[str]) -> Iterator[Finding]:
    try:
        import apprise
    except ImportError:
        yield Finding(
            title, "missing", "URLs are not looked at: pip install 'flowc[alerts]' for that"
        )
        return
    package: Any = apprise
    for number, url in enumerate(urls, 1):
        address, missing = expand(url, os.environ)
        if not missing:
            service = package.Apprise.instantiate(address)
            if service is None:
                yield Finding(title, "problem", f"URL {number} is not one that apprise knows")
            else:
                yield Finding(title, "ok", f"URL {number} is {without_secrets(address)}")
