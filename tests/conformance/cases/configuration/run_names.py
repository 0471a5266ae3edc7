"""A run's name from a template: parameters, substitutions, and a suffix where it is taken."""

from __future__ import annotations

from flowc import get_step_context, pipeline, step


@step(enable_cache=False)
def tell() -> str:
    return get_step_context().pipeline_run.name


@step(enable_cache=False)
def measure(rows: int) -> int:
    return rows


@pipeline(run_name="{pipeline}-{rows:03d}-{stage}", substitutions={"stage": "test"})
def run_names(rows: int = 7) -> None:
    measure(rows)
    tell()
