"""The harness's own test: every engine takes what is handed to it and says how it ended."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.engines import EngineError

if TYPE_CHECKING:
    from e2e.engines.airflow import Airflow
    from e2e.engines.kfp import Kfp
    from e2e.engines.prefect import Prefect

SELFTEST = Path(__file__).parent / "engines/selftest"


def fill_in(name: str, folder: Path, **values: object) -> Path:
    text = (SELFTEST / name).read_text()
    for word, value in values.items():
        text = text.replace(word, str(value))
    target = folder / f"harness_{name}" if name == "dag.py" else folder / name
    target.write_text(text)
    return target


def test_kfp_reports_success_and_failure(kfp: Kfp, base_image: str, tmp_path: Path) -> None:
    package = fill_in("package.yaml", tmp_path, IMAGE=base_image)
    (tmp_path / "given").mkdir()
    (tmp_path / "given/a-file").touch()
    works = kfp.run_package(
        package,
        {"who": "you", "code": 0},
        volumes={tmp_path / "given": "/given"},
        environment={"GREETING": "dear"},
    )
    fails = kfp.run_package(package, {"who": "you", "code": 3})
    assert (works.state, dict(works.tasks)) == ("SUCCESS", {"say": "SUCCESS"})
    assert "hello you dear\na-file" in works.output
    assert (fails.state, dict(fails.tasks)) == ("FAILURE", {"say": "FAILURE"})


def test_kfp_refuses_a_missing_argument(kfp: Kfp, base_image: str, tmp_path: Path) -> None:
    package = fill_in("package.yaml", tmp_path, IMAGE=base_image)
    with pytest.raises(EngineError, match="missing 1 required argument: code"):
        kfp.run_package(package, {"who": "you"})


def test_prefect_deploys_and_runs(prefect: Prefect, base_image: str, tmp_path: Path) -> None:
    fill_in("flow.py", tmp_path, IMAGE=base_image)
    fill_in("prefect.yaml", tmp_path, FOLDER=tmp_path)
    prefect.deploy(tmp_path)
    first = prefect.trigger("harness", "selftest", {"who": "you", "code": 0})
    second = prefect.trigger("harness", "selftest", {"who": "you", "code": 3})
    works, fails = prefect.wait(first), prefect.wait(second)
    assert (works.state, dict(works.tasks)) == ("COMPLETED", {"say": "COMPLETED"})
    assert "hello you" in prefect.logs(first)
    assert (fails.state, dict(fails.tasks)) == ("FAILED", {"say": "FAILED"})


def check_airflow(airflow: Airflow, image: str, folder: Path) -> None:
    airflow.set_variable("harness_greeting", "hello")
    dags = airflow.add_dag(fill_in("dag.py", folder, IMAGE=image))
    assert dags == ["harness_fails", "harness_works"]
    failing = airflow.trigger("harness_fails", {})
    working = airflow.trigger("harness_works", {"who": "you"})
    works = airflow.wait("harness_works", working)
    fails = airflow.wait("harness_fails", failing)
    assert (works.state, dict(works.tasks)) == ("success", {"say": "success"})
    assert "hello you" in airflow.task_log("harness_works", working, "say", 1)
    assert (fails.state, dict(fails.tasks)) == ("failed", {"say": "failed"})

    airflow.clear("harness_works", working, "say")
    assert airflow.wait("harness_works", working).state == "success"
    assert "hello you" in airflow.task_log("harness_works", working, "say", 2)

    broken = folder / "harness_broken.py"
    broken.write_text("from airflow import DAG\nimport a_module_that_is_not_there\n")
    with pytest.raises(EngineError, match="a_module_that_is_not_there"):
        airflow.add_dag(broken)


def test_airflow_3(airflow3: Airflow, base_image: str, tmp_path: Path) -> None:
    check_airflow(airflow3, base_image, tmp_path)


def test_airflow_2(airflow2: Airflow, base_image: str, tmp_path: Path) -> None:
    check_airflow(airflow2, base_image, tmp_path)


def test_nothing_of_this_checkout_reaches_an_engine(airflow3: Airflow) -> None:
    foreign = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
    environment = airflow3.environment(Path("bin/python"))
    assert not foreign & set(environment)
    assert not [name for name in environment if name.startswith("FLOWC_")]
    assert shutil.which("flowc", path=environment["PATH"]) is None
