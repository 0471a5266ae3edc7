"""One pipeline, every target, messages that arrive at a webhook on this machine."""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import (
    CHECKOUT,
    Machine,
    OnAirflow,
    OnKubeflow,
    OnPrefect,
    Target,
    only_run,
)
from tests.stack.receivers import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.engines.session import Engines

STACK = """\
active = "prod"
[stacks.prod]
alerter = "ops"
[components.alerter.ops]
flavor = "apprise"
urls = ["json://{address}:{port}/hook"]
"""

ENGINES = {
    "local": "docker_engine",
    "docker": "docker_engine",
    "kubeflow": "kfp",
    "airflow3": "airflow3",
    "airflow2": "airflow2",
    "prefect": "prefect",
}
"""The targets, and the fixtures of what they need."""

PARAMETERS: list[Any] = [
    pytest.param(target, marks=pytest.mark.engine(engine), id=target)
    for target, engine in ENGINES.items()
]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook("0.0.0.0") as receiver:  # noqa: S104 - containers come from another network
        yield receiver


def make_target(name: str, engines: Engines, folder: Path) -> Target:
    image = engines.image
    match name:
        case "local" | "docker":
            return Machine(name, folder, image)
        case "kubeflow":
            return OnKubeflow(engines.kfp, folder, image)
        case "prefect":
            return OnPrefect(engines.prefect, folder, image)
        case "airflow3":
            return OnAirflow(name, engines.airflow3, folder, image)
        case _:
            return OnAirflow(name, engines.airflow2, folder, image)


def host_address(image: str) -> str:
    """This machine as containers on Docker's own network call it: their way out.

    A daemon that has just made that network knows of it the subnet alone.
    """
    words = ["docker", "run", "--rm", image, "cat", "/proc/net/route"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    ways = [line.split()[1:3] for line in done.stdout.splitlines()]
    [gateway] = [gateway for destination, gateway in ways if destination == "00000000"]
    return str(IPv4Address(bytes.fromhex(gateway)[::-1]))


@pytest.mark.usefixtures("base_image")
@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.shows("alerter", on=["local", "docker", "kubeflow", "airflow", "prefect"])
def test_messages_arrive(
    name: str,
    request: pytest.FixtureRequest,
    engines: Engines,
    webhook: Webhook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request.getfixturevalue(ENGINES[name])
    # The images get apprise, as wheels that this machine's pip finds.
    monkeypatch.setenv("FLOWC_PIP", "host")
    project = tmp_path / "project"
    project.mkdir()
    source = project / "alerting.py"
    shutil.copy(CHECKOUT / "e2e/pipelines/alerting.py", source)
    text = STACK.format(address=host_address(engines.image), port=webhook.port)
    (project / "flowc.toml").write_text(text)
    target = make_target(name, engines, tmp_path)
    target.run(target.prepare(source), {})
    document = only_run(target.store, "alerting", set())
    run, called = document["run_id"], document["name"]
    shown = run if called == run else f"{called} ({run})"
    assert sorted((post["title"], post["message"]) for post in webhook.posts) == [
        ("Measured", f"{run} measured 3"),
        (
            "alerting: broken failed",
            (
                f"Step 'broken' of pipeline 'alerting' failed in run {shown}:\n"
                "LookupError: no use for 3"
            ),
        ),
        (
            "alerting: measured completed",
            f"Step 'measured' of pipeline 'alerting' completed in run {shown}.",
        ),
    ]
    statuses = {step["id"]: step["status"] for step in document["steps"]}
    assert statuses == {"measured": "completed", "broken": "failed"}
