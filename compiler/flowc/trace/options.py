"""Options that name code, as IR: retries and hooks, found again by module and name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.hooks import HookReference, hook_reference
from flowc.errors import AuthorError
from flowc.trace import project
from flowc.trace.identity import check_identity
from flowc_runtime.schedules import BadScheduleError, instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.authoring.retry import RetryConfig
    from flowc.authoring.schedule import Schedule
    from flowc.trace.problems import Problems


def retry(config: RetryConfig | None) -> ir.Retry:
    if config is None:
        return ir.Retry()
    return ir.Retry(
        max_retries=config.max_retries,
        delay=config.delay,
        backoff=config.backoff,
        max_delay=config.max_delay,
        only_on=tuple(f"{project.module_of(kind)}:{kind.__qualname__}" for kind in config.only_on),
    )


def schedule(given: Schedule | None) -> ir.Schedule | None:
    """Raises AuthorError for times in a time zone that is not known here."""
    if given is None:
        return None
    try:
        start, end = (
            instant(text, given.timezone).isoformat() if text else ""
            for text in (given.start, given.end)
        )
    except BadScheduleError as error:
        raise AuthorError(f"Schedule: {error}", where=given.where) from None
    return ir.Schedule(
        cron=given.cron or "",
        interval=given.interval or 0,
        start=start,
        end=end,
        catchup=given.catchup,
        # Seconds are the same everywhere.
        timezone=given.timezone if given.cron else "UTC",
    )


def hooks(
    options: Mapping[str, Any],
    events: tuple[str, ...],
    *,
    title: str,
    root: Path,
    problems: Problems,
) -> tuple[ir.Hook, ...]:
    """Raises AuthorError for an import path that leads nowhere, unless it stands in a file."""
    found: list[ir.Hook] = []
    for event in events:
        if event in options:
            with problems.collected():
                found.append(_hook(event, options[event], title, root))
    return tuple(found)


def _hook(event: str, reference: HookReference, title: str, root: Path) -> ir.Hook:
    found = _found(event, reference, title)
    file, _, line = found.where.rpartition(":")
    return ir.Hook(
        event=event,
        function=ir.Function(
            module=project.real_module(found.module, file), qualname=found.qualname
        ),
        where=str(project.location(file, int(line), root)),
    )


def _found(event: str, reference: HookReference, title: str) -> HookReference:
    """The function behind an import path, checked like one that was given itself."""
    if not reference.by_name:
        check_identity(reference.given, what=f"{title}: {event}", where=reference.where)
        return reference
    path = f"{reference.module}.{reference.qualname}"
    try:
        value: Any = importlib.import_module(reference.module)
        for part in reference.qualname.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise AuthorError(
            f"{title}: {event} is '{path}', which cannot be imported: {error}",
            where=reference.where,
        ) from None
    try:
        found = hook_reference(event, value, title=title, where=reference.where)
    except AuthorError as error:
        defined = f" (defined at {error.where})" if error.where != reference.where else ""
        raise AuthorError(
            f"{error.message}{defined}", where=reference.where, hint=error.hint
        ) from None
    return HookReference(reference.module, reference.qualname, found.where)
