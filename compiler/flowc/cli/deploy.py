"""`flowc deploy` and `flowc undeploy`: a build directory and an engine that runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowc.deploying import Build, Deployment
    from flowc.driver import StartedRun

    Command = TypeVar("Command", bound=Callable[..., Any])

COMPLETED, FAILED = 0, 1

WORDS = {
    "created": "deployed",
    "updated": "updated",
    "unchanged": "unchanged",
    "removed": "undeployed",
    "absent": "unchanged",
}


def _build_argument() -> Callable[[Command], Command]:
    return click.argument("folder", metavar="BUILD_DIR", type=click.Path())


@click.command("deploy", cls=SuggestingCommand, short_help="Take a build to a running engine.")
@_build_argument()
@options.to_option()
@options.url_option()
@click.option("--unpause", is_flag=True, help="Airflow: let the DAG run.")
@click.option(
    "--work-pool",
    default="",
    metavar="NAME",
    help="Prefect: the work pool. [default: the one in prefect.yaml]",
)
@click.option("--create-work-pool", is_flag=True, help="Prefect: make the pool if there is none.")
@click.option("--trigger", is_flag=True, help="Start a run when it is deployed.")
@options.param_option()
@click.option("--wait", is_flag=True, help="Follow that run to its end.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long Airflow has to take the build [default: 600], and with --wait the run to end"
    " [default: for ever].",
)
@options.json_option("what was done")
def deploy_command(  # noqa: PLR0913 - one argument for each option
    *,
    folder: str,
    to: str,
    url: str,
    unpause: bool,
    work_pool: str,
    create_work_pool: bool,
    trigger: bool,
    parameters: Mapping[str, str],
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> int:
    """Take what `flowc compile` wrote to a running Airflow, Prefect or Kubeflow Pipelines.

    \b
    flowc deploy build/airflow/train --to /srv/airflow/dags --url http://localhost:8080
    flowc deploy build/airflow/train --to s3://bucket/dags --unpause
    flowc deploy build/prefect/train --create-work-pool
    flowc deploy build/kubeflow/train --url http://localhost:8888 --to team-a
    flowc deploy build/prefect/train --trigger -p epochs=3 --wait --timeout 3600

    The same build again changes nothing. When the engine does not take it, what was deployed
    before is as it was. The exit status is 1 when the run that was waited for failed, and 2 when
    the request is wrong.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver
    from flowc.cli.progress import open_plain
    from flowc.deploying import DeployOptions

    _check_run_options(trigger=trigger, wait=wait, parameters=parameters)
    build = driver.read_build(folder)
    texts = driver.read_parameters(build, parameters) if trigger else {}
    chosen = DeployOptions(
        to=to,
        url=url,
        unpause=unpause,
        work_pool=work_pool,
        create_work_pool=create_work_pool,
        timeout=timeout if driver.takes(build, "timeout") or not wait else None,
    )
    progress = open_plain()
    deployment = driver.deploy_build(build, chosen, progress)
    _print_deployment(build, deployment)
    started = None
    if trigger:
        started = driver.start_run(build, chosen, texts)
        console.say(f"run {console.escape(started.run_id)} started")
    if started and wait:
        started = driver.follow_run(build, chosen, started, progress, timeout=timeout)
        _print_end(started)
    if as_json:
        console.print_json(_document(build, deployment, started))
    failed = started and started.status and not started.status.completed
    return FAILED if failed else COMPLETED


@click.command("undeploy", cls=SuggestingCommand, short_help="Remove a build from its engine.")
@_build_argument()
@options.to_option()
@options.url_option()
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long Airflow has to notice. [default: 600]",
)
@options.json_option("what was done")
def undeploy_command(
    *, folder: str, to: str, url: str, timeout: float | None, as_json: bool
) -> None:
    """Remove from the engine what `flowc deploy` put there; runs and their records stay.

    \b
    flowc undeploy build/airflow/train --to /srv/airflow/dags
    flowc undeploy build/prefect/train
    flowc undeploy build/kubeflow/train --json
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import driver
    from flowc.cli.progress import open_plain
    from flowc.deploying import DeployOptions

    build = driver.read_build(folder)
    chosen = DeployOptions(to=to, url=url, timeout=timeout)
    deployment = driver.undeploy_build(build, chosen, open_plain())
    _print_deployment(build, deployment)
    if as_json:
        console.print_json(_document(build, deployment, None))


def _check_run_options(*, trigger: bool, wait: bool, parameters: Mapping[str, str]) -> None:
    if trigger or not (wait or parameters):
        return
    word = "--wait" if wait else "--param"
    raise click.UsageError(f"{word} says something of a run, and none is started: add --trigger")


def _print_deployment(build: Build, deployment: Deployment) -> None:
    word = WORDS[deployment.change]
    done = console.paint(word, "green", sys.stderr)
    text = f"{build.pipeline} on {build.target}: {deployment.name} at {deployment.where}"
    if deployment.change == "absent":
        text += ", where it was not deployed"
    console.say(f"{done} {console.escape(text)}")
    for note in deployment.notes:
        console.say(console.escape(f"note: {note}"))


def _print_end(started: StartedRun) -> None:
    status = started.status
    if status is None:
        return
    word = "completed" if status.completed else "failed"
    console.say(
        f"run {console.escape(started.run_id)} {console.paint_status(word, sys.stderr)}"
        f" ({console.escape(status.state)})"
    )
    console.say(f"see: flowc runs show {console.escape(started.run_id)} --store URI")


def _document(
    build: Build, deployment: Deployment, started: StartedRun | None
) -> dict[str, object]:
    status = started.status if started else None
    return {
        "pipeline": build.pipeline,
        "target": build.target,
        "digest": build.digest,
        "change": deployment.change,
        "name": deployment.name,
        "where": deployment.where,
        "notes": list(deployment.notes),
        "run": started
        and {
            "run_id": started.run_id,
            "engine_run": started.engine_run,
            "state": status and status.state,
            "completed": status and status.completed,
            "tasks": dict(status.tasks) if status else {},
        },
    }
