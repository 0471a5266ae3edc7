"""Run configurations: YAML files that say how a pipeline is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowc.trace.configuration import EMPTY

if TYPE_CHECKING:
    from flowc.authoring.pipeline import Pipeline
    from flowc.trace.configuration import Configuration


def read_configuration(pipeline: Pipeline, file: str = "") -> Configuration:
    """What stands in ``file``, else in the pipeline's ``config_path``; nothing without either.

    Raises AuthorError with the line for whatever is wrong in it.
    """
    own: str | os.PathLike[str] = pipeline.options.get("config_path", "")
    path = file or os.fspath(own)
    if not path:
        return EMPTY
    # YAML is only read where there is a file.
    from flowc.driver.configuration.reading import read

    return read(path, pipeline)
