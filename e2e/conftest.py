"""The engines as fixtures. Those that the selected tests need start side by side, and at once:
by the time the first test wants the last engine, it has long been up.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from e2e.engines.session import Engines
from e2e.tables import render

if TYPE_CHECKING:
    from types import FrameType

    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect
    from e2e.tables import RecordTable

ENGINES = pytest.StashKey[Engines]()
TABLES = pytest.StashKey[list[str]]()


def interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ENGINES] = Engines()
    config.stash[TABLES] = []
    # Whoever ends the tests with SIGTERM wants the engines to end as well.
    signal.signal(signal.SIGTERM, interrupt)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    wanted: set[str] = set()
    for item in session.items:
        wanted.update(getattr(item, "fixturenames", ()))
        for marker in item.iter_markers("engine"):
            wanted.update(marker.args)
    session.config.stash[ENGINES].warm_up(wanted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash[TABLES]:
        terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[ENGINES].stop()


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Engines:
    return request.config.stash[ENGINES]


@pytest.fixture(scope="session")
def record_table(request: pytest.FixtureRequest) -> RecordTable:
    """Keeps a table of answers, by target and then by row, to be printed at the end."""
    tables = request.config.stash[TABLES]
    return lambda title, answers: tables.extend(render(title, answers))


@pytest.fixture(scope="session")
def docker_engine(engines: Engines) -> None:
    """Docker's daemon answers."""
    engines.docker_engine.ready()


@pytest.fixture(scope="session")
def base_image(engines: Engines) -> str:
    """The tag of an image with Python; FLOWC_E2E_IMAGE names another than ours."""
    engines.base_image.ready()
    return engines.image


# An engine is of use only with the image that its steps run in.


@pytest.fixture(scope="session")
def airflow3(engines: Engines, base_image: str) -> Airflow:
    assert base_image
    engines.airflow3.ready()
    return engines.airflow3


@pytest.fixture(scope="session")
def airflow2(engines: Engines, base_image: str) -> Airflow:
    assert base_image
    engines.airflow2.ready()
    return engines.airflow2


@pytest.fixture(scope="session")
def prefect(engines: Engines, base_image: str) -> Prefect:
    assert base_image
    engines.prefect.ready()
    return engines.prefect


@pytest.fixture(scope="session")
def older_prefect(engines: Engines, base_image: str) -> Prefect:
    assert base_image
    engines.older_prefect.ready()
    return engines.older_prefect


@pytest.fixture(scope="session")
def older_kfp(engines: Engines, base_image: str) -> Kfp:
    assert base_image
    engines.older_kfp.ready()
    return engines.older_kfp


@pytest.fixture(scope="session")
def kfp(engines: Engines, base_image: str) -> Kfp:
    assert base_image
    engines.kfp.ready()
    return engines.kfp
