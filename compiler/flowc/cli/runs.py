"""`flowc runs`: what ran, how it ended, and what it wrote."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options, summary
from flowc.cli.suggest import SuggestingGroup

if TYPE_CHECKING:
    from flowc.client.document import RunDocument, RunSummary, StepDocument

SHORT_DIGEST = 12


@click.group("runs", cls=SuggestingGroup)
def runs_group() -> None:
    """List runs, show one, read its logs, cancel it.

    \b
    flowc runs list
    flowc runs show latest
    flowc runs logs digits-1a2b train
    flowc runs cancel latest

    A RUN is an id, a name, the beginning of either, or latest.
    """  # noqa: D301 - \b keeps click from joining the lines


@runs_group.command("list")
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="How many, newest first; 0 for all.",
)
@click.option(
    "--all",
    "unlisted",
    is_flag=True,
    help="Also steps that were called on their own, under the step's name.",
)
@options.store_option()
@options.json_option("the list")
def list_command(
    *, pipeline: str | None, limit: int, unlisted: bool, store: str | None, as_json: bool
) -> None:
    """List the newest runs.

    \b
    flowc runs list
    flowc runs list --pipeline digits --limit 5
    flowc runs list --json | jq -r '.[] | select(.status == "failed") | .run_id'
    """  # noqa: D301
    from flowc.client import Client

    client = Client(store)
    runs = client.runs(pipeline, limit or None, unlisted=unlisted)
    if as_json:
        console.print_json(runs)
    elif runs:
        heading = ("run", "status", "steps", "created", "took", "target", "name")
        console.print_table([heading, *map(_list_row, runs)], sys.stdout, status=1)
    else:
        console.say(f"no runs in {console.escape(client.uri)}")


@runs_group.command("show")
@options.run_argument()
@options.store_option()
@options.json_option("the run")
def show_command(*, run: str, store: str | None, as_json: bool) -> None:
    """Show a run and each of its steps.

    \b
    flowc runs show latest
    flowc runs show digits-1a2b3c4d
    flowc runs show latest --json | jq '.steps[] | {id, status, error}'

    The status comes from what the steps recorded. A step whose heartbeat stopped is lost.
    """  # noqa: D301
    from flowc.client import Client

    document = Client(store).run(run)
    if as_json:
        console.print_json(document)
    else:
        _print_run(document)


@runs_group.command("logs")
@options.run_argument()
@click.argument("step", required=False)
@options.store_option()
@options.json_option("the logs by step")
def logs_command(*, run: str, step: str | None, store: str | None, as_json: bool) -> None:
    """Print what the steps of a run wrote, or one step alone.

    \b
    flowc runs logs latest
    flowc runs logs digits-1a2b train

    With one STEP its log is printed without a prefix. Control characters are made visible.
    """  # noqa: D301
    from flowc.client import Client

    logs = Client(store).logs(run, step)
    if as_json:
        console.print_json(logs)
        return
    from flowc.cli.progress import bar

    line_bar = bar(unicode=console.has_unicode(sys.stdout))
    for id_, text in logs.items():
        prefix = "" if step else f"{console.escape(id_)} {line_bar} "
        for line in text.removesuffix("\n").split("\n"):
            console.out(f"{prefix}{console.log_line(line)}")
    if not logs:
        whose = f"step {console.escape(step)}" if step else "any step"
        console.say(f"nothing was logged by {whose}")


@runs_group.command("cancel")
@options.run_argument()
@click.option("--wait", is_flag=True, help="Return when the last step has ended.")
@options.store_option()
@options.json_option("the run")
def cancel_command(*, run: str, wait: bool, store: str | None, as_json: bool) -> None:
    """End a run, on whatever target it runs.

    \b
    flowc runs cancel latest
    flowc cancel digits-1a2b3c4d --wait

    Steps that run are told to end within a few seconds, and killed five seconds later. No other
    one starts. A run that has ended already is an error.
    """  # noqa: D301
    from flowc.client import Client

    document = Client(store).cancel(run, wait=wait)
    if as_json:
        console.print_json(document)
    else:
        status = "is being cancelled" if document["status"] == "running" else document["status"]
        console.say(f"run {console.escape(document['run_id'])} {status}")


def _list_row(run: RunSummary) -> tuple[str, ...]:
    total = sum(run["steps"].values())
    done = run["steps"].get("completed", 0) + run["steps"].get("cached", 0)
    return (
        run["run_id"],
        run["status"],
        f"{done}/{total}",
        _moment(run["created"]) if run["created"] else "",
        console.seconds(run["duration_s"]),
        run["target"],
        run["name"],
    )


def _print_run(document: RunDocument) -> None:
    import json

    console.out(summary.headline(document, sys.stdout))
    name, parameters = document["name"], document["parameters"]
    facts = {
        "name": name if name != document["run_id"] else "",
        "pipeline": document["pipeline"],
        "target": document["target"],
        "stopped": document["reason"],
        "created": _moment(document["created"]),
        "parameters": ", ".join(f"{key}={json.dumps(value)}" for key, value in parameters.items()),
    }
    for key, fact in facts.items():
        if fact:
            console.out(f"{key + ':':<12}{console.escape(fact)}")
    console.out()
    heading = ("step", "status", "tries", "took", "outputs", "why")
    rows = [heading, *map(_step_row, document["steps"])]
    console.print_table(rows, sys.stdout, status=1)
    for step in document["steps"]:
        if facts := step.get("metadata", {}):
            logged = ", ".join(f"{key}={json.dumps(value)}" for key, value in facts.items())
            console.out(console.escape(f"{step['id']} logged {logged}"))
    for step in document["steps"]:
        if step["error"]:
            console.out()
            summary.print_failure(step, sys.stdout)


def _step_row(step: StepDocument) -> tuple[str, ...]:
    outputs = (
        f"{name} {output['digest'][:SHORT_DIGEST]} ({console.size(output['size'])})"
        for name, output in step["outputs"].items()
    )
    why = summary.describe_error(step["error"]) if step["error"] else step["reason"]
    tries = str(step["attempts"] or "")
    took = console.seconds(step["duration_s"])
    return (step["id"], step["status"], tries, took, ", ".join(outputs), why)


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""
