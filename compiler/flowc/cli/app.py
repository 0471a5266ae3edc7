"""The group of all commands: each one's module is imported when it is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

import flowc
from flowc.cli.suggest import SuggestingGroup

COMMANDS = {
    "compile": "flowc.cli.compile:compile_command",
    "run": "flowc.cli.run:run_command",
    "deploy": "flowc.cli.deploy:deploy_command",
    "undeploy": "flowc.cli.deploy:undeploy_command",
    "plan": "flowc.cli.plan:plan_command",
    "diff": "flowc.cli.diff:diff_command",
    "runs": "flowc.cli.runs:runs_group",
    "cancel": "flowc.cli.runs:cancel_command",
    "graph": "flowc.cli.graph:graph_command",
    "config": "flowc.cli.config:config_group",
    "stack": "flowc.cli.stack:stack_group",
    "targets": "flowc.cli.targets:targets_command",
    "doctor": "flowc.cli.doctor:doctor_command",
    "completion": "flowc.cli.completion:completion_command",
}
"""In the order of the help: what one does first comes first."""

COMPLETION = "_FLOWC_COMPLETE"
"""The variable by which a shell's completion script asks; its name follows from the program's."""


class LazyGroup(SuggestingGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


def _print_version(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"flowc {flowc.__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version and exit.",
)
def app() -> None:
    """Write a pipeline once in Python; run it here, or compile it for Kubeflow, Airflow, Prefect.

    \b
    flowc run pipeline.py                                on this machine
    flowc run pipeline.py --target docker                one container for each step
    flowc compile pipeline.py --target airflow           a DAG file, in build/
    flowc deploy build/airflow/train --to /srv/dags      in a running Airflow
    flowc plan pipeline.py                               what is cached, and what changed
    flowc runs list                                      what ran, and how it ended

    A SOURCE is path/to/file.py or package.module, with :name added when there are several
    pipelines in it.
    """  # noqa: D301 - \b keeps click from joining the lines
