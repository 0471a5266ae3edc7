"""Write a pipeline once, compile it to the orchestrator you run.

Names are imported when they are first used: `from flowc import step, pipeline` costs a few
milliseconds, also inside every container.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.authoring import (
        CachePolicy,
        KubernetesSettings,
        Pipeline,
        ResourceSettings,
        RetryConfig,
        Step,
        StepRetryConfig,
        pipeline,
        step,
    )
    from flowc.client import Client
    from flowc_runtime.context import StepContext, get_step_context, log_metadata

__all__ = [
    "CachePolicy",
    "Client",
    "KubernetesSettings",
    "Pipeline",
    "ResourceSettings",
    "RetryConfig",
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
    "CachePolicy": "flowc.authoring",
    "Client": "flowc.client",
    "KubernetesSettings": "flowc.authoring",
    "Pipeline": "flowc.authoring",
    "ResourceSettings": "flowc.authoring",
    "RetryConfig": "flowc.authoring",
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
