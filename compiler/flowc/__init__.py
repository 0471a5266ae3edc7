"""Write a pipeline once, compile it to the orchestrator you run.

Names are imported when they are first used: `from flowc import step, pipeline` costs a few
milliseconds, also inside every container.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.authoring import (
        INTERVAL_END,
        INTERVAL_START,
        SCHEDULED_TIME,
        CachePolicy,
        KubernetesSettings,
        Pipeline,
        ResourceSettings,
        RetryConfig,
        Schedule,
        Step,
        StepRetryConfig,
        pipeline,
        step,
    )
    from flowc.client import Client
    from flowc_runtime.context import StepContext, get_step_context, log_metadata

    def Secret(name: str, key: str = "") -> Any:  # noqa: N802
        """`flowc.authoring.Secret`: stands where a step has a text, as a default of `str` too."""


__all__ = [
    "INTERVAL_END",
    "INTERVAL_START",
    "SCHEDULED_TIME",
    "CachePolicy",
    "Client",
    "KubernetesSettings",
    "Pipeline",
    "ResourceSettings",
    "RetryConfig",
    "Schedule",
    "Secret",
    "Step",
    "StepContext",
    "StepRetryConfig",
    "__version__",
    "get_step_context",
    "log_metadata",
    "pipeline",
    "step",
]

__version__ = "0.1.0"

_HOMES = {
    "INTERVAL_END": "flowc.authoring",
    "INTERVAL_START": "flowc.authoring",
    "SCHEDULED_TIME": "flowc.authoring",
    "CachePolicy": "flowc.authoring",
    "Client": "flowc.client",
    "KubernetesSettings": "flowc.authoring",
    "Pipeline": "flowc.authoring",
    "ResourceSettings": "flowc.authoring",
    "RetryConfig": "flowc.authoring",
    "Schedule": "flowc.authoring",
    "Secret": "flowc.authoring",
    "StepRetryConfig": "flowc.authoring",
    "Step": "flowc.authoring",
    "StepContext": "flowc_runtime.context",
    "get_step_context": "flowc_runtime.context",
    "log_metadata": "flowc_runtime.context",
    "pipeline": "flowc.authoring",
    "step": "flowc.authoring",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'flowc' has no attribute '{name}'")
    module = __import__(_HOMES[name], fromlist=[name])
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
