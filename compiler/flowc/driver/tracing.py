"""Tracing alone, for looking at a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.driver.configuration import read_configuration
from flowc.driver.stacks import stacks_of
from flowc.ir.verify import verify
from flowc.trace import trace_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.authoring.pipeline import Pipeline


def trace(
    pipeline: Pipeline, parameters: Mapping[str, str], *, config: str = "", stack: str = ""
) -> ir.Pipeline:
    """The pipeline's IR; ``parameters`` are texts as a person types them.

    ``config`` is a YAML file that takes the place of the pipeline's own.
    """
    configuration = read_configuration(pipeline, config)
    chosen = stacks_of(pipeline).choose(stack)
    traced = trace_pipeline(pipeline, typed=parameters, configuration=configuration, stack=chosen)
    verify(traced)
    return traced
