"""Pipelines whose steps say what they need of a machine and where they run."""

from __future__ import annotations

from dataclasses import replace

from flowc import ir
from tests.backends.engine_pipelines import (
    DATABASE,
    NASTY,
    SECRET,
    STR,
    WHEN,
    at,
    parameter,
    pipeline,
    step,
)

RESOURCES = ir.Resources(cpu=500, memory=10**10, gpus=2)
OTHER_GPUS = replace(RESOURCES, gpu_type="amd.com/gpu")
EMPTY = ir.Mount(path="/scratch", kind="empty_dir", size=2**30, memory=True)
HOST = ir.Mount(path="/host", kind="host_path", source="/srv/data")

PLACEMENT = ir.Placement(
    node_selector=(("disk", "ssd"), ("example.org/zone", "")),
    tolerations=(
        ir.Toleration(key="gpu", value="yes", effect="NoExecute", seconds=60),
        ir.Toleration(operator="Exists"),
    ),
    volumes=(
        ir.Mount(path="/data", kind="pvc", source="data", sub_path="in"),
        ir.Mount(path="/etc/app", kind="config_map", source="app"),
        EMPTY,
    ),
    labels=(("team", "blue"),),
    annotations=(("example.org/why", "because $HOME"),),
    image_pull_secrets=("registry",),
    image_pull_policy="Always",
)
IN_A_POD = replace(
    PLACEMENT,
    volumes=(*PLACEMENT.volumes, HOST),
    service_account="runner",
    annotations=(("example.org/why", NASTY),),
)

ON_KUBEFLOW = pipeline(
    "placed",
    step("work", defined=at(10), resources=OTHER_GPUS, placement=PLACEMENT),
    step("other", "work", resources=ir.Resources(cpu=2000)),
)
IN_PODS = pipeline(
    "placed",
    step("work", defined=at(10), resources=RESOURCES, placement=IN_A_POD),
    step("a $HOME of {{ x }}.sh", "work", docker=ir.DockerSettings(python="python $3")),
    parameters=(parameter("text", STR, NASTY),),
)
ON_DOCKER = pipeline(
    "placed",
    step(
        "work",
        defined=at(10),
        resources=RESOURCES,
        placement=ir.Placement(volumes=(EMPTY, HOST), labels=(("team", "blue"),)),
    ),
    step("other", "work", resources=ir.Resources(memory=2**29)),
)
IN_PROCESSES = pipeline(
    "placed",
    step(
        "work",
        defined=at(10),
        docker=ir.DockerSettings(requirements=("numpy",), environment=(("NASTY", NASTY),)),
        resources=OTHER_GPUS,
        infrastructure_retries=2,
    ),
    step("signal", "work"),
    step("process", "signal"),
    parameters=(parameter("text", STR, NASTY),),
)
HOOKED = SECRET.steps[1]
WITH_SECRETS = pipeline(
    "secret-placed",
    step(
        "load",
        inputs=(ir.Input(name="password", type=STR, value=DATABASE),),
        resources=RESOURCES,
        docker=ir.DockerSettings(environment=(("PLAIN", "x"),)),
    ),
    HOOKED,
    step("report", "train"),
    parameters=(replace(parameter("day", WHEN, None), filled="scheduled_time"),),
    schedule=ir.Schedule(cron="30 6 * * *"),
    max_active_runs=1,
    max_parallel_steps=2,
)
"""Secrets, limits and times at once: what every executor has to bring together."""
