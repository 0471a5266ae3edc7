"""What a child reports of a failure, while the exception and its class are at hand."""

from __future__ import annotations

from flowc_runtime import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc_runtime.child import Report
    from flowc_runtime.contract import StepSpec

UNCONDITIONAL = ("exited", "killed", "timeout")
"""Kinds of failures that `only_on` says nothing about."""


def report(error: BaseException, step: StepSpec) -> Report:
    """The report of a failed attempt; ``final`` says that no retry can help or is wanted.

    ``exception`` is for the step's hooks.
    """
    found: Report = {"error": errors.describe(error)}
    cause: BaseException | None = error
    if isinstance(error, errors.StepError):
        found = {"error": error.document, "damaged": error.damaged}
        cause = error.__cause__
    kind = found["error"]["kind"]
    only_on = step["retry"].get("only_on") or ()
    if kind == "request" or (
        only_on and kind not in UNCONDITIONAL and not _is_any(cause, only_on)
    ):
        found["final"] = True
    hooks = step.get("hooks", {})
    if found["error"]["kind"] == "exception" and ("on_failure" in hooks or "on_end" in hooks):
        from flowc_runtime import exceptions

        found["exception"] = exceptions.pack(error)
    return found


def _is_any(error: BaseException | None, only_on: Sequence[str]) -> bool:
    """Whether an exception, or what a materializer's failure came from, is of one of the classes.

    They are compared by name: a class that a module made twice would be two.
    """
    while error is not None:
        names = {f"{kind.__module__}:{kind.__qualname__}" for kind in type(error).__mro__}
        if not names.isdisjoint(only_on):
            return True
        error = error.__cause__ if type(error).__module__.startswith("flowc_runtime.") else None
    return False
