"""The options that steps and pipelines share, checked when they are given."""

from __future__ import annotations

from flowc.authoring.retry import RetryConfig
from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_dict, is_sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

SHARED_OPTIONS = ("enable_cache", "retry", "settings")
STEP_OPTIONS = (*SHARED_OPTIONS, "output_materializers")
PIPELINE_OPTIONS = (*SHARED_OPTIONS, "include", "run_name")


def check_options(
    options: Mapping[str, Any], known: tuple[str, ...], *, what: str, where: str
) -> dict[str, Any]:
    """The options that were given, None left out.

    Raises AuthorError for an unknown name or a value of the wrong kind.
    """
    for name in options:
        if name not in known:
            raise AuthorError(
                f"{what} has no option '{name}'", where=where, hint=did_you_mean(name, list(known))
            )
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        problem = _problem(name, value)
        if problem:
            raise AuthorError(f"{what}: {name} {problem}, got {value!r}", where=where)
    return given


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """``change`` over ``base``; settings are merged component by component, key by key."""
    merged = {**base, **change}
    if "settings" in base and "settings" in change:
        merged["settings"] = merge_settings(base["settings"], change["settings"])
    return merged


def merge_settings(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for component, values in change.items():
        below = merged.get(component)
        if is_dict(below) and is_dict(values):
            merged[component] = {**below, **values}
        else:
            merged[component] = values
    return merged


def _problem(name: str, value: Any) -> str:
    if name == "enable_cache":
        return "" if isinstance(value, bool) else "wants True or False"
    if name == "retry":
        return "" if isinstance(value, RetryConfig) else "wants a RetryConfig"
    if name in {"settings", "output_materializers"}:
        return "" if is_dict(value) and _texts(value) else "wants a dict with text keys"
    if name == "include":
        return "" if is_sequence(value) and _texts(value) else "wants a list of glob patterns"
    return "" if isinstance(value, str) else "wants a text"


def _texts(items: Iterable[Any]) -> bool:
    return all(isinstance(item, str) for item in items)
