"""From a decorated function to the IR: the pipeline function is called once."""

from __future__ import annotations

from flowc.trace.pipeline import trace_pipeline, trace_step
from flowc.trace.project import import_root, module_name, project_root
from flowc.trace.types import type_spec

__all__ = [
    "import_root",
    "module_name",
    "project_root",
    "trace_pipeline",
    "trace_step",
    "type_spec",
]
