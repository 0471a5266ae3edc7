"""Gives back what it was given, so that a test sees what an engine did to it."""

from __future__ import annotations

from typing import Annotated, Any

from flowc import pipeline, step


@step(enable_cache=False)
def echo(
    number: int, ratio: float, nested: dict[str, Any], text: str, maybe: int | None
) -> Annotated[dict[str, Any], "seen"]:
    """Return the parameters, `{{ as }}` {% they %} "came"."""
    return {
        "number": number,
        "ratio": ratio,
        "nested": nested,
        "text": text,
        "maybe": maybe,
        "literal": echo_literal(),
    }


def echo_literal() -> str:
    return "{{ x }} {% y %} {{$.z}} $(true) \"'\\\n\ttail.sh"


@step(enable_cache=False)
def keep(value: str) -> str:
    """Return a constant of the pipeline file."""
    return value


@pipeline
def exact(
    number: int = 1,
    ratio: float = 0.5,
    nested: dict[str, Any] = {"a": [1, None]},  # noqa: B006 - never changed
    text: str = "plain",
    maybe: int | None = None,
) -> None:
    """Give back what was given: "quotes", {{ braces }}, {% blocks %}, $(commands) and 🎈."""
    echo(number, ratio, nested, text, maybe)
    keep("{{ x }} {% y %} {{$.z}} $(true) \"'\\\n\ttail.sh", id="keep {{ it }} 'all' 🎈.sh")
