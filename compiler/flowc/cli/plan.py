"""`flowc plan`: what a run would take from the cache, and why not the rest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.client import PlanDocument, StepPlan


@click.command("plan", cls=SuggestingCommand)
@options.source_argument()
@click.option(
    "-t",
    "--target",
    default="local",
    show_default=True,
    shell_complete=options.complete_target,
    help="Where the steps would run. `flowc targets` lists all.",
)
@options.param_option()
@options.config_option()
@options.store_option()
@options.stack_option()
@options.parent_image_option()
@options.json_option("the plan")
def plan_command(  # noqa: PLR0913 - one argument for each option
    *,
    source: str,
    target: str,
    parameters: Mapping[str, str],
    config: str,
    store: str | None,
    stack: str,
    parent_image: str,
    as_json: bool,
) -> None:
    """Tell what a run would find in the cache, and why not.

    For a miss it is said what changed since the step ran before.

    \b
    flowc plan pipeline.py
    flowc plan pipeline.py -p epochs=3 --store file:shared
    flowc plan pipeline.py --json | jq -r '.steps[] | select(.status != "hit") | .reason'

    Nothing is executed or written. A step that needs the result of one that will be executed is
    unknown: when that result is the same as before, it is a hit.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver

    options.refuse_typed(
        ("parent_image",) if target == "local" else (),
        "is about images, and the target 'local' runs steps without: --target docker",
    )
    pipeline = driver.load_pipeline(source)
    document = driver.plan_pipeline(
        pipeline,
        target=target,
        parameters=parameters,
        config=config,
        store=store,
        stack=stack,
        parent_image=parent_image,
    )
    if as_json:
        console.print_json(document)
    else:
        _print_plan(document)


def _print_plan(document: PlanDocument) -> None:
    import json

    counts: dict[str, int] = {}
    for step in document["steps"]:
        counts[step["status"]] = counts.get(step["status"], 0) + 1
    shown = ", ".join(f"{number} {name}" for name, number in counts.items())
    console.out(f"plan of {console.escape(document['pipeline'])}: {shown}")
    facts = {
        "target": document["target"],
        "parameters": ", ".join(
            f"{name}={json.dumps(value)}" for name, value in document["parameters"].items()
        ),
    }
    for key, fact in facts.items():
        if fact:
            console.out(f"{key + ':':<12}{console.escape(fact)}")
    console.out()
    rows = [("step", "plan", "why"), *map(_row, document["steps"])]
    console.print_table(rows, sys.stdout, status=1)


def _row(step: StepPlan) -> tuple[str, ...]:
    return (step["id"], step["status"], step["reason"])
