"""`flowc compile`: a pipeline becomes a folder that an engine deploys."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, cast

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.driver import CompileReport
    from flowc.registry import Executor, Ship, Volume

EXECUTORS = ("docker", "kubernetes", "process")
SHIP = ("image", "mount", "inline", "store")
"""`registry.Executor` and `registry.Ship`, without importing them for the help."""

PLATFORMS = ("linux/amd64", "linux/arm64")


def _parse_bundles(ctx: click.Context, param: click.Parameter, text: str | None) -> Volume | None:
    from flowc.registry import Volume

    if not text:
        return None
    head, _, name = text.partition(":")
    if head == "pvc" and name:
        return Volume(source=name, target="", kind="pvc")
    if not text.startswith("/"):
        raise click.BadParameter(
            f"'{text}' is neither an absolute path on the engine's host nor pvc:NAME", ctx, param
        )
    return Volume(source=text, target="")


def _parse_volumes(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[Volume, ...]:
    return tuple(_parse_volume(text, ctx, param) for text in values)


def _parse_volume(text: str, ctx: click.Context, param: click.Parameter) -> Volume:
    from flowc.registry import Volume

    head, _, rest = text.partition(":")
    claim = head == "pvc" and ":" in rest
    source, _, target = rest.partition(":") if claim else (head, "", rest)
    if not source or not target.startswith("/") or ":" in target:
        raise click.BadParameter(
            f"'{text}' is neither /SOURCE:/TARGET nor pvc:NAME:/TARGET", ctx, param
        )
    if not claim and not source.startswith("/"):
        raise click.BadParameter(
            f"'{source}' in '{text}' must be an absolute path on the engine's host", ctx, param
        )
    return Volume(source=source, target=target, kind="pvc" if claim else "bind")


@click.command("compile", cls=SuggestingCommand, short_help="Compile a pipeline for an engine.")
@options.source_argument()
@options.engine_option()
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    help="The build directory, written whole or not at all. [default: build/TARGET/PIPELINE]",
)
@options.param_option()
@options.config_option()
@options.engine_store_option()
@click.option(
    "--volume",
    "volumes",
    multiple=True,
    metavar="SOURCE:TARGET",
    callback=_parse_volumes,
    help="A path on the engine's host, or pvc:NAME:TARGET for a claim in the cluster, and where"
    " steps see it. May be repeated.",
)
@click.option(
    "--ship",
    type=click.Choice(SHIP),
    default="image",
    show_default=True,
    help="How the bundle reaches a container: in its image, mounted, inside the artifact, or from"
    " the store.",
)
@click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    help="What Airflow or Prefect run each step in: a container of the worker's Docker daemon, a"
    " pod in a Kubernetes cluster, a process on the worker. [default: docker]",
)
@click.option(
    "--python",
    metavar="PATH",
    default="",
    help="The interpreter on the worker, with --executor process. [default: python3]",
)
@options.parent_image_option()
@options.stack_option()
@click.option("--network", metavar="NET", default="", help="Docker network of the containers.")
@click.option(
    "--bundles",
    metavar="SOURCE",
    callback=_parse_bundles,
    help="With --ship mount: the folder on the engine's host that holds bundles, or pvc:NAME.",
)
@click.option(
    "--platform",
    type=click.Choice(PLATFORMS),
    default=None,
    help="What images are built for. [default: what the daemon runs on]",
)
@click.option(
    "--registry",
    metavar="HOST/PREFIX",
    envvar="FLOWC_REGISTRY",
    default="",
    help="Name images after this registry, and push them. [env: FLOWC_REGISTRY]",
)
@click.option(
    "--no-build", is_flag=True, help="Write the files, but build, try and push no images."
)
@click.option(
    "--trust-image",
    is_flag=True,
    help="Let steps run in images that cannot be tried because this machine cannot get them.",
)
@options.pip_option()
@options.ca_bundle_option()
@options.json_option("the report")
def compile_command(  # noqa: PLR0913 - one argument for each option
    *,
    source: str,
    target: str,
    out: str | None,
    parameters: Mapping[str, str],
    config: str,
    store: str | None,
    volumes: tuple[Volume, ...],
    ship: str,
    executor: str | None,
    python: str,
    parent_image: str,
    network: str,
    stack: str,
    bundles: Volume | None,
    platform: str | None,
    registry: str,
    no_build: bool,
    trust_image: bool,
    pip: str,
    ca_bundle: str | None,
    as_json: bool,
) -> None:
    """Compile a pipeline for an engine: the same pipeline gives the same bytes.

    \b
    flowc compile pipeline.py --target airflow --out build
    flowc compile pipeline.py --target kubeflow --store s3://bucket/flowc
    flowc compile pipeline.py -t prefect --store file:/data/flowc --volume /srv/flowc:/data/flowc
    flowc compile pipeline.py -t kubeflow --store file:/data --volume pvc:flowc:/data
    flowc compile pipeline.py -t airflow --registry ghcr.io/team --platform linux/arm64
    flowc compile pipeline.py -t prefect --ship store
    flowc compile pipeline.py -t airflow --executor kubernetes --store s3://bucket/flowc
    flowc compile pipeline.py -t airflow==2.11 --no-build --json

    A parameter that the pipeline only passes on stays a parameter of the engine; one that decides
    the pipeline's shape is bound now, with --param. The report says which are which.
    """  # noqa: D301 - \b keeps click from joining the lines
    # The process ends before garbage would matter, and a long pipeline is one large tree that is
    # looked through again and again.
    gc.set_threshold(100_000)
    from dataclasses import replace

    from flowc import driver
    from flowc.cli.progress import open_plain
    from flowc.registry import split_target
    from flowc_runtime.contract import path_segment

    builds = not no_build and executor != "process"
    options.refuse_typed(
        () if builds else ("pip", "ca_bundle", "trust_image"),
        "says how images are built and tried, and none is: "
        + ("--no-build" if no_build else "--executor process"),
    )
    if executor == "process":
        # What the environment says of images is for those who make some.
        parent_image = parent_image if options.is_typed("parent_image") else ""
        registry = registry if options.is_typed("registry") else ""
    pipeline = driver.load_pipeline(source)
    report = driver.compile_pipeline(
        pipeline,
        target,
        out=out or f"build/{path_segment(split_target(target)[0])}/{path_segment(pipeline.name)}",
        parameters=parameters,
        config=config,
        store=store,
        volumes=volumes,
        ship=cast("Ship", ship),
        executor=cast("Executor", executor or ""),
        python=python,
        parent_image=parent_image,
        network=network,
        stack=stack,
        bundles=bundles,
        platform=platform or "",
        registry=registry,
        build=None
        if no_build
        else replace(options.build_options(pip, ca_bundle), trust_image=trust_image),
        reporter=open_plain(),
    )
    _print_report(pipeline.name, report)
    if as_json:
        console.print_json(_report_document(pipeline.name, report))


def _print_report(name: str, report: CompileReport) -> None:
    done = console.paint("compiled", "green", sys.stderr)
    lines = [f"{console.escape(name)} for {report.target} into {report.out}/"]
    lines += [f"  {file}" for file in report.files]
    lines += [f"image {image}" for image in report.images]
    if report.runtime_parameters:
        lines.append(f"run-time parameters: {', '.join(report.runtime_parameters)}")
    lines += [
        f"bound at compile time: {name} = {value} ({why})"
        for name, value, why in report.bound_parameters
    ]
    lines += [
        f"size: {it.what}, {it.used:,} of {it.limit:,} bytes ({it.percent} %)"
        for it in report.sizes
    ]
    lines += [f"note: {note}" for note in report.notes]
    for number, line in enumerate(lines):
        text = console.escape(line)
        console.say(f"{done} {text}" if number == 0 else text)


def _report_document(name: str, report: CompileReport) -> dict[str, object]:
    import json

    return {
        "pipeline": name,
        "target": report.target,
        "out": report.out,
        "files": list(report.files),
        "digest": report.digest,
        "images": list(report.images),
        "runtime_parameters": list(report.runtime_parameters),
        "bound_parameters": [
            {"name": name, "value": json.loads(value), "why": why}
            for name, value, why in report.bound_parameters
        ],
        "sizes": [
            {
                "what": it.what,
                "bytes": it.used,
                "limit": it.limit,
                "percent": it.percent,
                "why": it.why,
            }
            for it in report.sizes
        ],
        "notes": list(report.notes),
    }
