"""`flowc config`: run configurations in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingGroup
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.group("config", cls=SuggestingGroup)
def config_group() -> None:
    """Write and check run configurations.

    \b
    flowc config template pipeline.py -o nightly.yaml
    flowc config check pipeline.py --config nightly.yaml
    flowc run pipeline.py --config nightly.yaml
    """  # noqa: D301 - \b keeps click from joining the lines


@config_group.command("template")
@options.source_argument()
@click.option("-o", "--out", metavar="FILE", help="Write to a new file, not to standard output.")
@options.param_option()
@options.config_option()
@options.stack_option()
def template_command(
    *, source: str, out: str | None, parameters: Mapping[str, str], config: str, stack: str
) -> None:
    """Write a commented configuration with every key and what holds without it.

    \b
    flowc config template pipeline.py
    flowc config template pipeline.py -o nightly.yaml

    Parameters come with their types and defaults, and each invocation with what it can set. As it
    is written, the file changes nothing.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver

    pipeline = driver.load_pipeline(source)
    text = driver.configuration_template(pipeline, parameters, config=config, stack=stack)
    if out is None:
        console.out(text.rstrip("\n"))
    else:
        _write_new(out, text)


@config_group.command("check")
@options.source_argument()
@options.param_option()
@options.config_option()
@options.stack_option()
def check_command(*, source: str, parameters: Mapping[str, str], config: str, stack: str) -> None:
    """Look for what is wrong in a configuration, without running anything.

    \b
    flowc config check pipeline.py --config nightly.yaml

    The exit status is 2 when something is.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver

    pipeline = driver.load_pipeline(source)
    if not (config or pipeline.options.get("config_path")):
        raise AuthorError("there is no configuration to check", hint="--config FILE")
    driver.trace(pipeline, parameters, config=config, stack=stack)
    name = config or str(pipeline.options["config_path"])
    console.say(f"{console.escape(name)}: nothing is wrong")


def _write_new(path: str, text: str) -> None:
    try:
        with Path(path).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise AuthorError(f"{path} exists", hint="give another name, or take it away") from None
    except OSError as error:
        raise AuthorError(f"cannot write {path}: {error.strerror}") from None
    console.say(f"wrote {console.escape(path)}")
