"""What is compiled holds the names of secrets, and on no way a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.driver import compile_pipeline, load_pipeline, trace
from flowc.registry import Volume
from flowc_backends.docker.stepping import secret_environment
from flowc_runtime.contract import secret_variable
from tests import leaks
from tests.stack.reporting import Silent

if TYPE_CHECKING:
    from pathlib import Path

VALUE, OTHER = "p/l+a\"n t'ed ü=", "another-value"

SOURCE = """
from flowc import Secret, pipeline, step

@step(settings={"docker": {
    "parent_image": "python:3.11-slim", "requirements": ["six"],
    "environment": {"TOKEN": Secret("db", key="password"), "PLAIN": "plain"}}})
def use(token: str) -> None: ...

@step
def other() -> None: ...

@pipeline
def p(token: str = Secret("other")):
    use(token)
    other()
"""


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(secret_variable("db", "password"), VALUE)
    monkeypatch.setenv("FLOWC_SECRETS_DIR", str(tmp_path / "secrets"))
    (tmp_path / "secrets" / "other").mkdir(parents=True)
    (tmp_path / "secrets" / "other" / "value").write_text(OTHER)
    (tmp_path / "p.py").write_text(SOURCE, encoding="utf-8")


@pytest.mark.parametrize("target", ["kubeflow", "airflow", "prefect"])
def test_a_build_holds_names_alone(tmp_path: Path, target: str) -> None:
    compile_pipeline(
        load_pipeline(str(tmp_path / "p.py")),
        target,
        out=str(tmp_path / "build"),
        parameters={},
        store="file:///flowc",
        volumes=(
            Volume(source="v", target="/flowc", kind="pvc" if target == "kubeflow" else "bind"),
        ),
        reporter=Silent(),
    )
    assert leaks.in_folder(tmp_path / "build", [VALUE, OTHER]) == []
    files = [file for file in (tmp_path / "build").iterdir() if file.suffix in {".py", ".yaml"}]
    assert any("FLOWC_SECRET_DB_PASSWORD" in file.read_text() for file in files)
    dockerfiles = [file.read_text() for file in (tmp_path / "build").rglob("Dockerfile")]
    assert any('PLAIN="plain"' in text for text in dockerfiles)
    assert not any("TOKEN" in text or "SECRET" in text for text in dockerfiles)


def test_a_container_gets_the_secrets_of_its_step_alone(tmp_path: Path) -> None:
    use, other = trace(load_pipeline(str(tmp_path / "p.py")), {}).steps
    assert secret_environment(use) == {
        "FLOWC_SECRET_DB_PASSWORD": VALUE,
        "FLOWC_SECRET_OTHER": OTHER,
    }
    assert secret_environment(other) == {}
