"""Run configurations: YAML files that say how a pipeline is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowc.trace.configuration import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.authoring.pipeline import Pipeline
    from flowc.trace.configuration import Configuration


def read_configuration(pipeline: Pipeline, file: str = "") -> Configuration:
    """What stands in ``file``, else in the pipeline's ``config_path``; nothing without either.

    What is wrong in it is among its ``errors``, each with its line; tracing raises them with what
    else it finds. Raises AuthorError for what is no YAML.
    """
    own: str | os.PathLike[str] = pipeline.options.get("config_path", "")
    path = file or os.fspath(own)
    if not path:
        return EMPTY
    # YAML is only read where there is a file.
    from flowc.driver.configuration.reading import read

    return read(path, pipeline, where="" if file else pipeline.where)


def configuration_template(
    pipeline: Pipeline, parameters: Mapping[str, str], *, config: str = "", stack: str = ""
) -> str:
    """A commented file with every key; as it is written, it changes nothing."""
    from flowc.driver.configuration.template import to_template
    from flowc.driver.stacks import stacks_of
    from flowc.trace.pipeline import trace_calls

    configuration = read_configuration(pipeline, config)
    chosen = stacks_of(pipeline).choose(stack)
    traced, calls = trace_calls(
        pipeline, typed=parameters, configuration=configuration, stack=chosen
    )
    return to_template(configuration.configured(pipeline), traced, calls)
