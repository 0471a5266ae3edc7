"""What authors write with: steps, pipelines and their configuration."""

from __future__ import annotations

from flowc.authoring.caching import CachePolicy
from flowc.authoring.pipeline import Pipeline, pipeline
from flowc.authoring.resources import KubernetesSettings, ResourceSettings
from flowc.authoring.retry import RetryConfig, StepRetryConfig
from flowc.authoring.schedule import INTERVAL_END, INTERVAL_START, SCHEDULED_TIME, Schedule
from flowc.authoring.secrets import Secret
from flowc.authoring.step import Step, step

__all__ = [
    "INTERVAL_END",
    "INTERVAL_START",
    "SCHEDULED_TIME",
    "CachePolicy",
    "KubernetesSettings",
    "Pipeline",
    "ResourceSettings",
    "RetryConfig",
    "Schedule",
    "Secret",
    "Step",
    "StepRetryConfig",
    "pipeline",
    "step",
]
