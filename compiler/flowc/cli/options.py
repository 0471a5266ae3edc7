"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowc.registry import BuildOptions

    Command = TypeVar("Command", bound=Callable[..., Any])

PIP = ("index", "host")


def source_argument() -> Callable[[Command], Command]:
    return click.argument("source", shell_complete=_complete_source)


def run_argument() -> Callable[[Command], Command]:
    return click.argument("run", shell_complete=_complete_run)


def machine_option() -> Callable[[Command], Command]:
    return click.option(
        "-t",
        "--target",
        default="local",
        show_default=True,
        shell_complete=complete_target,
        help="Where steps run: local or docker. `flowc targets` lists all.",
    )


def engine_option() -> Callable[[Command], Command]:
    return click.option(
        "-t",
        "--target",
        required=True,
        shell_complete=complete_target,
        help="What to compile for, with or without a version: airflow, airflow==2.11."
        " `flowc targets` lists them.",
    )


def param_option() -> Callable[[Command], Command]:
    return click.option(
        "-p",
        "--param",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_parse_parameters,
        help="A parameter, as JSON or bare text: -p epochs=3 -p name=blue. May be repeated.",
    )


def config_option() -> Callable[[Command], Command]:
    return click.option(
        "-c",
        "--config",
        metavar="FILE",
        multiple=True,
        callback=_only_one,
        shell_complete=_complete_source,
        help="A YAML file with the run's configuration, in place of the pipeline's config_path."
        " `flowc config template` writes one.",
    )


def store_option() -> Callable[[Command], Command]:
    return click.option(
        "--store",
        metavar="URI",
        envvar="FLOWC_STORE",
        help="Where runs, artifacts and the cache are: file:, s3:, gs: or az:."
        " [env: FLOWC_STORE; default: .flowc/ in the project]",
    )


def engine_store_option() -> Callable[[Command], Command]:
    return click.option(
        "--store",
        metavar="URI",
        envvar="FLOWC_STORE",
        help="The store as the engine's containers see it: s3:, gs:, az:, or file: on a --volume."
        " [env: FLOWC_STORE]",
    )


def stack_option() -> Callable[[Command], Command]:
    return click.option(
        "--stack",
        metavar="NAME",
        default="",
        shell_complete=complete_stack,
        help="The stack of components to use. `flowc stack list` lists them."
        " [env: FLOWC_STACK; default: the active one]",
    )


def parent_image_option() -> Callable[[Command], Command]:
    return click.option(
        "--parent-image",
        metavar="IMAGE",
        envvar="FLOWC_PARENT_IMAGE",
        default="",
        help="Image for steps that declare none. [env: FLOWC_PARENT_IMAGE]",
    )


def pip_option() -> Callable[[Command], Command]:
    return click.option(
        "--pip",
        type=click.Choice(PIP),
        envvar="FLOWC_PIP",
        default="index",
        show_default=True,
        help="Where image builds get requirements from: pip in the build asks the package index,"
        " or this host downloads wheels and copies them in. [env: FLOWC_PIP]",
    )


def ca_bundle_option() -> Callable[[Command], Command]:
    return click.option(
        "--ca-bundle",
        metavar="PATH",
        type=click.Path(exists=True, dir_okay=False),
        envvar="FLOWC_CA_BUNDLE",
        default=None,
        help="PEM file that image builds trust, for a proxy with its own certificate authority;"
        " it stays out of the image. [env: FLOWC_CA_BUNDLE]",
    )


def to_option() -> Callable[[Command], Command]:
    return click.option(
        "--to",
        default="",
        metavar="WHERE",
        help="Where files go. Airflow: its DAGs folder, a path or s3:, gs:, az:"
        " [env: FLOWC_AIRFLOW_DAGS]. Prefect: a folder that the worker sees [default:"
        " ~/.flowc/prefect]. Kubeflow: a namespace.",
    )


def url_option() -> Callable[[Command], Command]:
    return click.option(
        "--url",
        default="",
        metavar="URL",
        help="The engine's API. [env: FLOWC_AIRFLOW_URL, PREFECT_API_URL, FLOWC_KUBEFLOW_URL]",
    )


def json_option(what: str) -> Callable[[Command], Command]:
    return click.option(
        "--json", "as_json", is_flag=True, help=f"Print {what} as JSON, alone on standard output."
    )


def is_typed(name: str) -> bool:
    """Whether the command line says it, and not a default or the environment."""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def refuse_typed(names: Iterable[str], why: str) -> None:
    """Raise UsageError for an option that was typed and would do nothing."""
    for name in filter(is_typed, names):
        raise click.UsageError(f"--{name.replace('_', '-')} {why}")


def build_options(pip: str, ca_bundle: str | None) -> BuildOptions:
    from flowc.registry import BuildOptions

    return BuildOptions(pip=cast("Literal['index', 'host']", pip), ca_bundle=ca_bundle or "")


def _only_one(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str:
    """The last of several would win without a word."""
    if len(values) > 1:
        raise click.BadParameter("is given twice; one file holds all of it", ctx, param)
    return values[0] if values else ""


def _parse_parameters(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"'{text}' is not NAME=VALUE", ctx, param)
        if name.strip() in parameters:
            raise click.BadParameter(f"'{name.strip()}' is given twice", ctx, param)
        parameters[name.strip()] = value
    return parameters


def _complete_source(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def complete_target(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from flowc.registry import backend_names

    return [name for name in backend_names() if name.startswith(incomplete)]


def complete_stack(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from flowc.driver.stacks import stacks_here
    from flowc.errors import FlowcError

    try:
        return [name for name in stacks_here().stacks if name.startswith(incomplete)]
    except FlowcError:
        return []


def _complete_run(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from flowc.client import Client
    from flowc.errors import FlowcError

    try:
        runs = Client(ctx.params.get("store")).runs(limit=50)
    except FlowcError:
        return []
    return [run["run_id"] for run in runs if run["run_id"].startswith(incomplete)]
