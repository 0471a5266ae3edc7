"""`flowc diff`: what two builds would do differently."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.driver.diff import DiffDocument


@click.command("diff", cls=SuggestingCommand)
@click.argument("folders", type=click.Path(), nargs=-1, metavar="[OLD] NEW")
@click.option(
    "--deployed", is_flag=True, help="Compare NEW with what is deployed, in place of OLD."
)
@options.to_option()
@options.url_option()
@click.option("--exit-code", is_flag=True, help="End with status 1 when something differs.")
@options.json_option("the differences")
def diff_command(
    *,
    folders: tuple[str, ...],
    deployed: bool,
    to: str,
    url: str,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Compare two builds by meaning: steps, code, parameters, images, order.

    \b
    flowc diff build/before build/airflow
    flowc diff build/airflow --deployed --to /srv/airflow/dags
    flowc diff build/prefect --deployed
    flowc diff --exit-code before after || echo "deploy it"
    flowc diff before after --json | jq -r '.steps[] | .id + " " + .status'

    Comments, formatting and where a function stands are no difference. Values of environment
    variables are not shown.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc.deploying import DeployOptions
    from flowc.driver.diff import diff_builds, diff_deployed

    _check_request(folders, deployed=deployed, where=to or url)
    if deployed:
        document = diff_deployed(folders[0], DeployOptions(to=to, url=url))
    else:
        document = diff_builds(*folders)
    if as_json:
        console.print_json(document)
    else:
        _print_diff(document)
    return 1 if exit_code and not document["same"] else 0


def _check_request(folders: tuple[str, ...], *, deployed: bool, where: str) -> None:
    if where and not deployed:
        raise click.UsageError("--to and --url say where a build is deployed: add --deployed")
    if deployed and len(folders) != 1:
        raise click.UsageError("with --deployed one build directory is compared: name it alone")
    if not deployed and len(folders) != 2:  # noqa: PLR2004 - the old one and the new one
        raise click.UsageError(
            "two build directories are compared: OLD NEW; or NEW --deployed, with what is deployed"
        )


def _print_diff(document: DiffDocument) -> None:
    title = f"{document['pipeline']}: {document['old']} -> {document['new']}"
    console.out(console.escape(f"{title}: {_summary(document)}"))
    rows = [*_rows(document)]
    if rows:
        console.out()
        console.print_table([("step", "diff", "what"), *rows], sys.stdout, status=1)
    if document["same"] and document["files"]:
        console.out(console.escape(f"their text differs: {', '.join(document['files'])}"))


def _summary(document: DiffDocument) -> str:
    if document["same"]:
        return "the same"
    counts = {"added": 0, "removed": 0, "changed": 0}
    for step in document["steps"]:
        counts[step["status"]] += 1
    steps = [
        f"{number} step{'s' if number > 1 else ''} {status}"
        for status, number in counts.items()
        if number
    ]
    return ", ".join([*(["pipeline changed"] if document["changes"] else []), *steps])


def _rows(document: DiffDocument) -> Iterator[tuple[str, str, str]]:
    for change in document["changes"]:
        yield "", "changed", change["text"]
    for step in document["steps"]:
        if step["status"] != "changed":
            yield step["id"], step["status"], f"called at `{step['where']}`"
        for change in step["changes"]:
            yield step["id"], step["status"], change["text"]
