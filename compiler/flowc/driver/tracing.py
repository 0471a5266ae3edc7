"""Tracing alone, for looking at a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.ir.verify import verify
from flowc.trace import trace_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.authoring.pipeline import Pipeline


def trace(pipeline: Pipeline, parameters: Mapping[str, str]) -> ir.Pipeline:
    """The pipeline's IR; ``parameters`` are texts as a person types them."""
    traced = trace_pipeline(pipeline, typed=parameters)
    verify(traced)
    return traced
