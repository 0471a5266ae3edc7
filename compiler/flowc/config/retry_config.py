"""Retries, under the name that ZenML's users know."""

from __future__ import annotations

from flowc.authoring.retry import RetryConfig, StepRetryConfig

__all__ = ["RetryConfig", "StepRetryConfig"]
