"""The engines of one test session: each started once, side by side, and stopped at the end."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from e2e.engines import EngineError
from e2e.engines.airflow import Airflow
from e2e.engines.kfp import Kfp
from e2e.engines.prefect import Prefect
from e2e.engines.servers import Chore
from e2e.engines.venvs import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

# In the order of their start: the slow ones want the processor before the rest.
NAMES = (
    *("docker_engine", "base_image", "airflow3", "airflow2", "prefect", "kfp"),
    *("older_prefect", "older_kfp"),
)


class Startable(Protocol):
    def start(self) -> None: ...
    def ready(self) -> None: ...
    def stop(self) -> None: ...


class Engines:
    """Every engine by the name of its fixture, made when it is first asked for."""

    image = os.environ.get("FLOWC_E2E_IMAGE", "flowc-python:3.11")

    @cached_property
    def docker_engine(self) -> Chore:
        return Chore(lambda: run_script("docker_engine.sh", "start"))

    @cached_property
    def base_image(self) -> Chore:
        return Chore(self._make_base_image)

    @cached_property
    def airflow3(self) -> Airflow:
        return Airflow("airflow3")

    @cached_property
    def airflow2(self) -> Airflow:
        return Airflow("airflow2")

    @cached_property
    def prefect(self) -> Prefect:
        return Prefect()

    @cached_property
    def kfp(self) -> Kfp:
        return Kfp()

    @cached_property
    def older_prefect(self) -> Prefect:
        return Prefect("prefect-3.4")

    @cached_property
    def older_kfp(self) -> Kfp:
        return Kfp("kubeflow-2.14")

    def _make_base_image(self) -> None:
        self.docker_engine.ready()
        # An image that the caller chose is the caller's to provide.
        if "FLOWC_E2E_IMAGE" not in os.environ:
            run_script("base_image.sh", self.image)

    def warm_up(self, wanted: Iterable[str]) -> None:
        """Start what is wanted, and Docker with the image for whatever runs containers."""
        chosen = set(wanted) & {*NAMES}
        if chosen:
            chosen |= {"docker_engine", "base_image"}
        for name in NAMES:
            if name in chosen:
                engine: Startable = getattr(self, name)
                engine.start()

    def stop(self) -> None:
        """Stop all but Docker's daemon, which the next session wants and may not be ours."""
        made: list[Startable] = [getattr(self, name) for name in NAMES if name in vars(self)]
        with ThreadPoolExecutor() as pool:
            for stopped in [pool.submit(engine.stop) for engine in made]:
                stopped.result()


def run_script(name: str, *arguments: str) -> None:
    script = CHECKOUT / "e2e/engines" / name
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"{name} failed:\n{done.stderr}")
