"""A step that calls another step's function, and helpers that ask for the context."""

from __future__ import annotations

from flowc import get_step_context, pipeline, step


def whoami() -> str:
    return get_step_context().step_run.name


@step(enable_cache=False)
def shout(text: str) -> str:
    return f"{text.upper()} by {whoami()}"


@step(enable_cache=False)
def outer() -> list[str]:
    try:
        get_step_context()
        plain = shout.entrypoint("a")
    finally:
        called: str = shout("b")
    return [plain, called]


@pipeline
def from_helpers() -> None:
    outer()
