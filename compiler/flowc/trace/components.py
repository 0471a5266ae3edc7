"""Which components of the stack a step uses, with its own settings for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.configuration import COMPONENT_KINDS
from flowc.errors import AuthorError, did_you_mean, raise_all
from flowc.narrowing import is_dict
from flowc.trace.flavors import FLAVORS, check_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ACTIVE = ("alerter", "experiment_tracker")
"""Kinds whose first component every step uses; one of another kind is used where it is chosen."""


def settings_keys() -> list[str]:
    """What settings of components are called: ``kind``, or ``kind.flavor``."""
    return [
        key
        for kind in COMPONENT_KINDS
        for key in (kind, *(f"{kind}.{name}" for name in FLAVORS[kind]))
    ]


def component_uses(
    options: Mapping[str, Any],
    stack: ir.Stack,
    inherited: Collection[str],
    *,
    title: str,
    where: str,
) -> tuple[ir.ComponentUse, ...]:
    """What a step with these merged options uses.

    Settings for a flavor that come from the pipeline (``inherited``) are for those steps whose
    component is of that flavor. Raises AuthorError for a component that the stack does not have,
    and for settings that no component of the step takes.
    """
    settings = options.get("settings", {})
    wanted = {*settings, *(kind for kind in COMPONENT_KINDS if options.get(kind))}
    if not stack.components and not any(key.startswith(COMPONENT_KINDS) for key in wanted):
        return ()
    uses = (
        _use(kind, options, stack, inherited, title=title, where=where) for kind in COMPONENT_KINDS
    )
    return tuple(use for use in uses if use is not None)


def _use(
    kind: str,
    options: Mapping[str, Any],
    stack: ir.Stack,
    inherited: Collection[str],
    *,
    title: str,
    where: str,
) -> ir.ComponentUse | None:
    component = _chosen(kind, options.get(kind, ""), stack, title, where)
    given = _settings_of(kind, options.get("settings", {}), title, where)
    known = {f"{kind}.{item.flavor}" for item in stack.of_kind(kind)}
    for key in given:
        flavor = key.partition(".")[2]
        fits = component is not None and flavor in ("", component.flavor)
        if not fits and not (key in inherited and (not flavor or key in known)):
            raise _useless(key, component, stack, title, where)
    if component is None:
        return None
    own = {**given.get(kind, {}), **given.get(f"{kind}.{component.flavor}", {})}
    what = f"{title}: settings['{kind}.{component.flavor}']"
    keys = FLAVORS[kind][component.flavor].settings
    raise_all([*check_keys(own, keys, what, lambda _: where)])
    return ir.ComponentUse(
        kind=kind, name=component.name, flavor=component.flavor, settings=json.dumps(own)
    )


def _chosen(kind: str, name: str, stack: ir.Stack, title: str, where: str) -> ir.Component | None:
    there = stack.of_kind(kind)
    if not name:
        return there[0] if there and kind in ACTIVE else None
    for component in there:
        if component.name == name:
            return component
    raise AuthorError(
        f"{title}: there is no {kind} '{name}' in the stack '{stack.name}'",
        where=where,
        hint=_what_exists(kind, name, stack),
    )


def _settings_of(kind: str, settings: Mapping[str, Any], title: str, where: str) -> dict[str, Any]:
    found = {key: value for key, value in settings.items() if key.partition(".")[0] == kind}
    for key, value in found.items():
        if not is_dict(value):
            raise AuthorError(
                f"{title}: settings['{key}'] wants a dict, got {value!r}", where=where
            )
    return found


def _useless(
    key: str, component: ir.Component | None, stack: ir.Stack, title: str, where: str
) -> AuthorError:
    kind = key.partition(".")[0]
    if component is None:
        why = f"the step uses no {kind} of the stack '{stack.name}'"
    else:
        why = f"the step uses the {kind} '{component.name}', whose flavor is {component.flavor}"
    return AuthorError(
        f"{title}: settings['{key}'] are of no use: {why}",
        where=where,
        hint=_what_exists(kind, "", stack),
    )


def _what_exists(kind: str, name: str, stack: ir.Stack) -> str:
    there = {item.name: f"'{item.name}' ({item.flavor})" for item in stack.of_kind(kind)}
    if not there:
        return f"the stack '{stack.name}' has no {kind}; see `flowc stack list`"
    near = did_you_mean(name, list(there)) if name else ""
    listed = f"its {kind}s: {', '.join(there.values())}"
    return f"{near} {listed}" if near.startswith("did") else listed
