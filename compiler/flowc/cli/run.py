"""`flowc run`: a pipeline on this machine, in-process or one container for each step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options, summary
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT = {"completed": 0, "cancelled": 130}
"""Exit status by the run's; a target that stops at Ctrl-C ends its run as cancelled."""


@click.command("run", cls=SuggestingCommand)
@options.source_argument()
@options.machine_option()
@options.param_option()
@options.config_option()
@options.store_option()
@click.option("--no-cache", is_flag=True, help="Execute every step, also what is cached.")
@click.option(
    "--run-name",
    default="",
    metavar="TEMPLATE",
    help="The run's name. [default: its id]",
)
@click.option(
    "--max-parallel",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most steps at the same time. [default: the target's own limit]",
)
@options.stack_option()
@options.parent_image_option()
@options.pip_option()
@options.ca_bundle_option()
@options.json_option("the run")
def run_command(  # noqa: PLR0913 - one argument for each option
    *,
    source: str,
    target: str,
    parameters: Mapping[str, str],
    config: str,
    store: str | None,
    no_cache: bool,
    run_name: str,
    max_parallel: int | None,
    stack: str,
    parent_image: str,
    pip: str,
    ca_bundle: str | None,
    as_json: bool,
) -> int:
    """Run a pipeline on this machine and show how each step ends.

    \b
    flowc run pipeline.py
    flowc run training/pipeline.py:nightly -p epochs=3 -p 'layers=[64, 32]'
    flowc run pipeline.py --config nightly.yaml
    flowc run pipeline.py --target docker --max-parallel 2
    flowc run pipeline.py --run-name "digits with more trees" --no-cache
    flowc run pipeline.py --json | jq .status

    A step that ran before with the same code and inputs is taken from the cache. The exit status
    is 1 when the pipeline failed, 2 when the request is wrong, and 130 after Ctrl-C.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver
    from flowc.cli.progress import open_progress

    options.refuse_typed(
        ("parent_image", "pip", "ca_bundle") if target == "local" else (),
        "is about images, and the target 'local' runs steps without: --target docker",
    )
    pipeline = driver.load_pipeline(source)
    stack_store = "" if store else driver.stack_store(pipeline, stack)
    uri = store or driver.default_store(stack_store)
    build = options.build_options(pip, ca_bundle)
    # A store from the environment is the default of the next command too.
    named = store if store and store != os.environ.get("FLOWC_STORE") else ""
    if stack and stack_store:
        named = uri
    progress = open_progress()
    try:
        run = driver.run_pipeline(
            pipeline,
            target=target,
            parameters=parameters,
            config=config,
            store=uri,
            cache=not no_cache,
            run_name=run_name,
            max_parallel=max_parallel or 0,
            stack=stack,
            parent_image=parent_image,
            build=build,
            reporter=progress,
        )
    except KeyboardInterrupt:
        progress.close()
        if progress.run:
            summary.print_pointer(progress.run, store=named)
        raise
    finally:
        progress.close()
    return _tell(run, uri, named, as_json=as_json)


def _tell(run: str, uri: str, named: str, *, as_json: bool) -> int:
    from flowc.client import Client

    document = Client(uri).run(run)
    summary.print_end(document, store=named)
    if as_json:
        console.print_json(document)
    return EXIT.get(document["status"], 1)
