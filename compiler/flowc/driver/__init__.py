"""What flowc does: trace, compile, run. Everything expected that goes wrong is a FlowcError."""

from __future__ import annotations

from flowc.driver.build_directory import read_build
from flowc.driver.compile import CompileReport, compile_pipeline
from flowc.driver.configuration import configuration_template
from flowc.driver.deploy import (
    StartedRun,
    deploy_build,
    follow_run,
    read_parameters,
    start_run,
    takes,
    undeploy_build,
)
from flowc.driver.loading import load_pipeline
from flowc.driver.plan import plan_called_pipeline, plan_pipeline
from flowc.driver.run import run_called_pipeline, run_pipeline
from flowc.driver.single import run_step
from flowc.driver.stacks import active_stack_spec, stack_store
from flowc.driver.store import default_store
from flowc.driver.tracing import trace

__all__ = [
    "CompileReport",
    "StartedRun",
    "active_stack_spec",
    "compile_pipeline",
    "configuration_template",
    "default_store",
    "deploy_build",
    "follow_run",
    "load_pipeline",
    "plan_called_pipeline",
    "plan_pipeline",
    "read_build",
    "read_parameters",
    "run_called_pipeline",
    "run_pipeline",
    "run_step",
    "stack_store",
    "start_run",
    "takes",
    "trace",
    "undeploy_build",
]
