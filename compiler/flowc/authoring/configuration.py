"""The options that steps and pipelines share, checked when they are given."""

from __future__ import annotations

from flowc.authoring.caching import CachePolicy
from flowc.authoring.hooks import EVENTS, PIPELINE_EVENTS, STEP_EVENTS, hook_reference
from flowc.authoring.numbers import LARGEST, count_problem, shown
from flowc.authoring.resources import Settings
from flowc.authoring.retry import RetryConfig
from flowc.authoring.schedule import WANTS_CRON, Schedule
from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_dict, is_sequence
from flowc_runtime.schedules import is_cron

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

SHARED_OPTIONS = (
    "cache_policy",
    "enable_artifact_metadata",
    "enable_cache",
    "retry",
    "settings",
    *STEP_EVENTS,
)
COMPONENT_KINDS = ("alerter", "experiment_tracker", "step_operator")
"""Of what kinds the components of a stack are; a step chooses one of a kind by its name."""
STEP_OPTIONS = (
    *SHARED_OPTIONS,
    *COMPONENT_KINDS,
    "output_materializers",
    "timeout",
    "infrastructure_retries",
)
PIPELINE_OPTIONS = (
    *SHARED_OPTIONS,
    *PIPELINE_EVENTS,
    "config_path",
    "execution_mode",
    "include",
    "infrastructure_retries",
    "max_active_runs",
    "max_parallel_steps",
    "run_name",
    "schedule",
    "substitutions",
    "timeout",
)
MERGED = ("output_materializers", "substitutions")
EXECUTION_MODES = ("continue_on_failure", "fail_fast", "stop_on_failure")
"""What a failed step means for the others: independent branches go on; everything that runs is
ended at once; what runs may end, and nothing more is started."""


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
    if is_dict(given.get("settings")):
        given["settings"] = _plain_settings(given["settings"])
    for name, value in given.items():
        if name in EVENTS:
            given[name] = hook_reference(name, value, title=what, where=where)
            continue
        problem = _problem(name, value)
        if problem:
            raise AuthorError(f"{what}: {name} {problem}, got {shown(value)}", where=where)
    if isinstance(given.get("schedule"), str):
        given["schedule"] = Schedule(given["schedule"])
    return _with_materializers(given, known, what=what, where=where)


def _plain_settings(settings: dict[Any, Any]) -> dict[Any, Any]:
    """Settings that are objects as the dicts that they stand for."""
    return {
        name: value.as_settings() if isinstance(value, Settings) else value
        for name, value in settings.items()
    }


def _with_materializers(
    given: dict[str, Any], known: tuple[str, ...], *, what: str, where: str
) -> dict[str, Any]:
    """``settings["output_materializers"]`` is another way to write ``output_materializers``."""
    if "output_materializers" not in given.get("settings", {}):
        return given
    settings = dict(given["settings"])
    chosen: Any = settings.pop("output_materializers")
    if "output_materializers" not in known:
        raise AuthorError(
            f"{what}: output_materializers belong to a step, whose outputs they name", where=where
        )
    if not _has_text_keys(chosen):
        raise AuthorError(
            f"{what}: settings['output_materializers'] wants a dict with text keys, "
            f"got {chosen!r}",
            where=where,
        )
    chosen = dict(chosen)
    for name, other in given.get("output_materializers", {}).items():
        if chosen.setdefault(name, other) is not other:
            raise AuthorError(
                f"{what}: output_materializers and settings['output_materializers'] give "
                f"'{name}' different ones",
                where=where,
                hint="take one of the two away",
            )
    return {**given, "settings": settings, "output_materializers": chosen}


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """``change`` over ``base``, option by option; those in MERGED key by key.

    Settings are merged component by component, and inside a component key by key.
    """
    merged = {**base, **change}
    for name in MERGED:
        if name in base and name in change:
            merged[name] = {**base[name], **change[name]}
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
    if name in _COUNTS:
        return count_problem(value, _COUNTS[name])
    accepts, wants = _RULES[name]
    return "" if accepts(value) else f"wants {wants}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_path(value: Any) -> bool:
    return bool(value) and (isinstance(value, str) or hasattr(value, "__fspath__"))


def _are_substitutions(value: Any) -> bool:
    return (
        _has_text_keys(value)
        and all(name.isidentifier() for name in value)
        and all(_is_substitute(held) for held in value.values())
    )


def _is_substitute(value: Any) -> bool:
    return type(value) in (str, float) or (type(value) is int and abs(value) <= LARGEST)


def _is_schedule(value: Any) -> bool:
    return isinstance(value, Schedule) or (isinstance(value, str) and is_cron(value))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= LARGEST


def _has_text_keys(value: Any) -> bool:
    return is_dict(value) and _texts(value)


def _texts(items: Iterable[Any]) -> bool:
    return all(isinstance(item, str) for item in items)


_COUNTS = {"infrastructure_retries": 0, "max_active_runs": 1, "max_parallel_steps": 1}
"""Options that are integers, each with the least."""

_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "cache_policy": (lambda value: isinstance(value, CachePolicy), "a CachePolicy"),
    "enable_cache": (lambda value: isinstance(value, bool), "True or False"),
    "enable_artifact_metadata": (lambda value: isinstance(value, bool), "True or False"),
    "retry": (lambda value: isinstance(value, RetryConfig), "a RetryConfig"),
    "settings": (_has_text_keys, "a dict with text keys"),
    "output_materializers": (_has_text_keys, "a dict with text keys"),
    "include": (lambda value: is_sequence(value) and _texts(value), "a list of glob patterns"),
    "timeout": (_is_number, "seconds above 0"),
    "execution_mode": (
        lambda value: value in EXECUTION_MODES,
        f"one of {', '.join(EXECUTION_MODES)}",
    ),
    "run_name": (_is_text, "a text"),
    "schedule": (_is_schedule, f"{WANTS_CRON}, or a Schedule"),
    "config_path": (_is_path, "the path of a YAML file"),
    "substitutions": (_are_substitutions, "a dict of names to texts or numbers"),
    **dict.fromkeys(COMPONENT_KINDS, (_is_name, "the name of a component")),
}
