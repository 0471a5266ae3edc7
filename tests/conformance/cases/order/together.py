"""Two steps that end only when each has seen the other run."""

from __future__ import annotations

import time

from flowc import get_step_context, pipeline, step
from flowc.client import Client


@step(enable_cache=False, timeout=120)
def meet(other: str) -> str:
    run = get_step_context().pipeline_run.id
    while True:
        steps = {found["id"]: found["status"] for found in Client().run(run)["steps"]}
        if steps[other] in {"running", "completed"}:
            return f"met {other}"
        time.sleep(0.05)


@pipeline
def together() -> None:
    meet("bob", id="alice")
    meet("alice", id="bob")
