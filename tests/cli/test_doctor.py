from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING

import pytest

from flowc.driver import doctor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("docker_forgets_sockets")
AIRFLOW = next(engine for engine in doctor.ENGINES if engine.name == "airflow")


class Versions(http.server.BaseHTTPRequestHandler):
    version = "3.1.2"

    def do_GET(self) -> None:
        known = self.path == "/api/v2/version"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"version": self.version}).encode())

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Versions) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()


def test_it_looks_at_everything(flowc: CommandLine) -> None:
    outcome = flowc("doctor", "--json")
    document = json.loads(outcome.out)
    assert outcome.status == 0
    assert document["ok"] is True
    checks = {check["name"]: check for check in document["checks"]}
    assert list(checks) == [
        "python", "flowc", "store", "docker", "kubeflow", "airflow", "prefect", "graphviz", "git",
        "proxies", "ca bundle",
    ]  # fmt: skip
    assert {check["state"] for check in checks.values()} <= {"ok", "missing", "problem"}
    assert all(check["advice"] for check in checks.values() if check["state"] == "missing")
    assert not (flowc.folder / ".flowc").exists()
    lines = flowc("doctor").out.splitlines()
    assert lines[0].startswith("ok       python     3.")


def test_a_store_that_cannot_be_used_fails_it(flowc: CommandLine) -> None:
    flowc.write("file", "")
    outcome = flowc("doctor", "--store", f"file:{flowc.folder}/file")
    assert outcome.status == 1
    assert "problem  store" in outcome.out


@pytest.mark.parametrize("uri", ["nonsense", "ftp://x"])
def test_a_wrong_store_is_a_problem(uri: str) -> None:
    check = doctor.check_store(uri)
    assert (check.state, check.needed) == ("problem", True)
    assert check.advice


def test_an_engine_is_asked_for_its_version(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_AIRFLOW_URL", f"http://user:secret@{server}/")
    monkeypatch.setenv("NO_PROXY", "*")
    check = doctor.check_engine(AIRFLOW)
    assert (check.state, check.found) == ("ok", f"3.1.2 at http://***@{server}/")


@pytest.mark.parametrize(
    ("version", "state", "advice"),
    [
        ("3.3.9", "ok", ""),
        ("v2.11.0", "ok", ""),
        ("3.1.2", "ok", "flowc is tried with 2.11.2 and 3.3.2"),
        ("2.9.3", "problem", "does not compile for this version; it does for 2.11.x and 3.x"),
        ("4.0.0", "problem", "does not compile for this version"),
        ("unknown", "ok", ""),
    ],
)
def test_its_version_is_compared_with_what_is_tried(
    server: str, monkeypatch: pytest.MonkeyPatch, version: str, state: str, advice: str
) -> None:
    monkeypatch.setattr(Versions, "version", version)
    monkeypatch.setenv("FLOWC_AIRFLOW_URL", f"http://{server}")
    monkeypatch.setenv("NO_PROXY", "*")
    check = doctor.check_engine(AIRFLOW)
    assert (check.state, check.found) == (state, f"{version} at http://{server}")
    assert advice in check.advice
    assert bool(advice) == bool(check.advice)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "file:///etc/passwd", "nonsense"])
def test_an_engine_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("FLOWC_AIRFLOW_URL", url)
    check = doctor.check_engine(AIRFLOW)
    assert (check.state, "FLOWC_AIRFLOW_URL" in check.advice) == ("problem", True)


def test_an_engine_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWC_AIRFLOW_URL", raising=False)
    program = tmp_path / "venv/bin/airflow"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    packages = tmp_path / "venv/lib/python3.12/site-packages"
    (packages / "apache_airflow-3.1.0.dist-info").mkdir(parents=True)
    (packages / "apache_airflow_providers_docker-4.0.0.dist-info").mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    check = doctor.check_engine(AIRFLOW)
    assert check.found == f"apache-airflow 3.1.0 at {program}"


def test_proxies_are_shown_without_their_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy:3128")
    assert "HTTPS_PROXY=http://***@proxy:3128" in doctor.check_proxies().found


@pytest.mark.parametrize(
    ("text", "state"),
    [("-----BEGIN CERTIFICATE-----\n", "ok"), ("nothing", "problem"), (None, "problem")],
)
def test_a_ca_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, state: str
) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("FLOWC_CA_BUNDLE", str(file))
    assert doctor.check_ca_bundle().state == state
