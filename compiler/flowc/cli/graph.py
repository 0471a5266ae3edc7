"""`flowc graph`: a pipeline as a picture or as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir

FORMATS = ("mermaid", "svg", "json", "text")


@click.command("graph", cls=SuggestingCommand)
@options.source_argument()
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="mermaid",
    show_default=True,
    help="svg needs Graphviz; json and text are the intermediate representation.",
)
@click.option("-o", "--out", metavar="FILE", help="Write to a file, not to standard output.")
@options.param_option()
@options.config_option()
@options.stack_option()
def graph_command(
    *,
    source: str,
    form: str,
    out: str | None,
    parameters: Mapping[str, str],
    config: str,
    stack: str,
) -> None:
    """Draw the steps of a pipeline and what they wait for.

    \b
    flowc graph pipeline.py                          Mermaid, for a README or an issue
    flowc graph pipeline.py --format svg -o graph.svg
    flowc graph pipeline.py --format text            every step with its inputs and settings

    An arrow carries the name of the output that is passed on; a dashed one is order alone.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver

    pipeline = driver.load_pipeline(source)
    text = _render(driver.trace(pipeline, parameters, config=config, stack=stack), form)
    if out is None:
        console.out(text.rstrip("\n"))
    else:
        _write(out, text)


def _render(pipeline: ir.Pipeline, form: str) -> str:
    from importlib import import_module

    module, function = {
        "mermaid": ("flowc.driver.graph", "to_mermaid"),
        "svg": ("flowc.driver.graph", "to_svg"),
        "json": ("flowc.ir.json", "to_json"),
        "text": ("flowc.ir.text", "to_text"),
    }[form]
    text: str = getattr(import_module(module), function)(pipeline)
    return text


def _write(path: str, text: str) -> None:
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as error:
        raise AuthorError(f"cannot write {path}: {error.strerror}") from None
    console.say(f"wrote {console.escape(path)}")
