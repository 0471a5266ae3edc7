"""Secrets in runs on this machine: who gets them, and what is kept of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowc import Client
from flowc.driver import load_pipeline, plan_pipeline, run_pipeline
from flowc_runtime.contract import secret_variable
from tests import leaks
from tests.conformance.here import Told

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.client import RunDocument

VALUE, OTHER = "p/l+a\"n t'ed ü=", "another-value"

STEPS = """
import base64, hashlib, os, sys
from flowc import CachePolicy, Secret, get_step_context, log_metadata, pipeline, step

def digest(text) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

def tell(context, exception=None):
    print("HOOK", context.step_run.status, context.inputs["token"], os.environ.get("TOKEN"))
    print(repr(exception), context.step_run.config.parameters, file=sys.stderr)

def by(token):
    print("KEY", token)
    return token
"""
HOOKED = """
ENVIRONMENT = {"environment": {"TOKEN": Secret("db", key="password"), "PLAIN": "plain"}}

@step(settings={"docker": ENVIRONMENT}, on_success=tell, on_start=tell, on_failure=tell)
def use(token: str, more: list, fail: bool = False) -> dict:
    print("token", token, more)
    print(base64.b64encode(f"user:{token}".encode()).decode(), token.encode().hex())
    log_metadata({"token": token, token: 1})
    os.write(1, token.encode()[:5])
    os.write(2, token.encode()[5:] + b" in two writes")
    if fail:
        raise ValueError(f"refused: {token}", token)
    return {
        "token": digest(token),
        "more": digest("".join(more)),
        "variable": digest(os.environ["TOKEN"]),
        "plain": os.environ["PLAIN"],
        "context": digest(get_step_context().inputs["token"]),
    }

@pipeline
def p(token: str = Secret("db", key="password"), fail: bool = False):
    use(token, [token, Secret("other")], fail)
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(secret_variable("db", "password"), VALUE)
    monkeypatch.setenv(secret_variable("other", ""), OTHER)


def run(folder: Path, source: str, **more: Any) -> tuple[RunDocument, str]:
    """The run's document, and all that the run said."""
    file = folder / "author.py"
    file.write_text(STEPS + source, encoding="utf-8")
    reporter = Told()
    uri = f"file://{folder}/store"
    id_ = run_pipeline(
        load_pipeline(str(file)),
        target="local",
        parameters=more.pop("parameters", {}),
        store=uri,
        reporter=reporter,
        **more,
    )
    logs = "\n".join(Client(uri).logs(id_).values())
    assert logs.strip()
    assert leaks.in_text(reporter.text, [VALUE, OTHER]) == []
    return Client(uri).run(id_), logs


@pytest.mark.usefixtures("kept")
def test_the_step_gets_the_text_and_nobody_else(tmp_path: Path) -> None:
    from hashlib import sha256

    document, logs = run(tmp_path, HOOKED)
    assert document["status"] == "completed"
    expected = sha256(VALUE.encode()).hexdigest()
    assert Client(f"file://{tmp_path}/store").artifact(document["run_id"], "use") == {
        "token": expected,
        "more": sha256((VALUE + OTHER).encode()).hexdigest(),
        "variable": expected,
        "plain": "plain",
        "context": expected,
    }
    assert "token *** ['***', '***']" in logs
    assert "HOOK running *** ***" in logs
    assert "HOOK completed *** ***" in logs
    assert "*** in two writes" in logs
    assert leaks.in_folder(tmp_path / "store", [VALUE, OTHER]) == []


@pytest.mark.usefixtures("kept")
def test_a_failure_tells_nothing(tmp_path: Path) -> None:
    document, logs = run(tmp_path, HOOKED, parameters={"fail": "true"})
    error = document["steps"][0]["error"]
    assert error is not None
    assert error.get("message", "") == "('refused: ***', '***')"
    assert "HOOK failed *** ***" in logs
    assert "ValueError('refused: ***', '***')" in logs
    assert leaks.in_folder(tmp_path / "store", [VALUE, OTHER]) == []


@pytest.mark.usefixtures("kept")
def test_the_scanner_would_see_what_a_step_stores_itself(tmp_path: Path) -> None:
    source = "@step\ndef use(t: str) -> str:\n    print('x')\n    return t\n"
    run(tmp_path, source + "@pipeline\ndef p():\n    use(Secret('other'))\n")
    [leak] = {
        leak.partition(":")[0] for leak in leaks.in_folder(tmp_path / "store", [VALUE, OTHER])
    }
    assert leak.startswith("cas/")


def test_files_hold_secrets_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "secrets" / "db"
    folder.mkdir(parents=True)
    (folder / "password").write_text(f"{VALUE}\n")
    monkeypatch.setenv("FLOWC_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv(secret_variable("other", ""), OTHER)
    document, logs = run(tmp_path, HOOKED)
    assert document["status"] == "completed"
    assert "token *** ['***', '***']" in logs


def test_a_missing_secret_fails_the_step_with_its_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(secret_variable("db", "password"), VALUE)
    monkeypatch.setenv("FLOWC_SECRETS_DIR", "/nowhere")
    document, logs = run(tmp_path, HOOKED)
    [use] = document["steps"]
    assert use["status"] == "failed"
    assert use["attempts"] == 1
    assert use["error"] is not None
    assert use["error"].get("kind") == "request"
    assert use["error"].get("message") == (
        "step 'use', input 'more': the secret 'other' is not here: there is neither the "
        "environment variable FLOWC_SECRET_OTHER nor a readable file /nowhere/other/value"
    )
    assert "HOOK failed *** ***" in logs


def test_a_missing_variable_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(secret_variable("db", "password"), raising=False)
    document, _ = run(tmp_path, HOOKED)
    error = document["steps"][0]["error"]
    assert error is not None
    assert error.get("message", "").startswith(
        "step 'use', environment variable TOKEN: the secret 'db' (key 'password') is not here"
    )


@pytest.mark.usefixtures("kept")
def test_the_name_counts_and_not_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path, HOOKED)[0]["steps"][0]["status"] == "completed"
    monkeypatch.setenv(secret_variable("db", "password"), "rotated-value")
    monkeypatch.delenv(secret_variable("other", ""))
    uri = f"file://{tmp_path}/store"
    pipeline = load_pipeline(str(tmp_path / "author.py"))
    assert plan_pipeline(pipeline, store=uri)["steps"][0]["status"] == "hit"
    changed = HOOKED.replace('"TOKEN": Secret("db", key="password")', '"TOKEN": Secret("x")')
    changed = changed.replace('[token, Secret("other")]', '[token, Secret("otherwise")]')
    (tmp_path / "edited").mkdir()
    (tmp_path / "edited" / "author.py").write_text(STEPS + changed, encoding="utf-8")
    edited = load_pipeline(str(tmp_path / "edited" / "author.py"))
    [step] = plan_pipeline(edited, store=uri)["steps"]
    assert step["status"] == "miss"
    assert [cause["text"] for cause in step["causes"]] == [
        "secret of the environment variable `TOKEN` changed",
        "parameter `more` differs",
    ]


@pytest.mark.usefixtures("kept")
def test_a_key_function_keeps_it_to_itself(tmp_path: Path) -> None:
    source = "@step(cache_policy=CachePolicy(key=by))\ndef use(token: str) -> int:\n    return 1\n"
    source += "@pipeline\ndef p():\n    use(Secret('other'))\n"
    assert "KEY ***" in run(tmp_path, source)[1]
    assert run(tmp_path, source)[0]["steps"][0]["status"] == "cached"
    assert leaks.in_folder(tmp_path / "store", [VALUE, OTHER]) == []


@pytest.mark.usefixtures("kept")
def test_other_steps_do_not_say_it_either(tmp_path: Path) -> None:
    """Here they all share an environment, and one may print it."""
    source = """
@step
def use(token: str) -> None: ...
@step
def other() -> None:
    print("all:", dict(os.environ))
@pipeline
def p():
    use(Secret("other"))
    other()
"""
    _, logs = run(tmp_path, source)
    assert "FLOWC_SECRET_OTHER" in logs
    assert leaks.in_text(logs, [OTHER]) == []


@pytest.mark.usefixtures("kept")
def test_a_step_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowc import Secret

    monkeypatch.setenv("FLOWC_STORE", f"file://{tmp_path}/store")
    source = "@step\ndef use(t: str = Secret('other')) -> int:\n    return len(t)\n"
    source += "@pipeline\ndef p():\n    use()\n"
    (tmp_path / "author.py").write_text(STEPS + source, encoding="utf-8")
    use: Any = load_pipeline(str(tmp_path / "author.py")).entrypoint.__globals__["use"]
    assert use() == len(OTHER)
    assert use(Secret("db", key="password")) == len(VALUE)
    assert leaks.in_folder(tmp_path / "store", [VALUE, OTHER]) == []


def test_a_fresh_interpreter_masks_as_well(tmp_path: Path, kept: None) -> None:
    """Where a fork is not possible the child's work is told in a file: no value is in it."""
    del kept
    source = HOOKED.replace("@pipeline", "import random\nrandom.seed(1)\n@pipeline")
    document, logs = run(tmp_path, source)
    assert document["status"] == "completed"
    assert "token ***" in logs


ATTACKS = """
import json, subprocess

def told(exception, context):
    print("HOOK", exception, repr(exception), exception.__cause__, context.inputs["v"].strip())

@step(on_failure=told)
def use(v: str) -> None:
    print(json.dumps(json.dumps({v: [v.encode().hex()]})), v.encode(), v.strip())
    sys.stdout.flush()
    subprocess.run(["sh", "-c", 'echo out "$1"; echo err "$1" >&2', "sh", v], check=True)
    os.write(1, v.encode()[:6])
    os.write(2, v.encode()[6:])
    log_metadata({v: {"v": [v.strip()]}})
    try:
        raise KeyError(v)
    except KeyError as error:
        failure = ValueError("x" * (16 * 1024 - 9) + v)
        failure.__notes__ = ["a note: " + v]
        raise failure from error

@pipeline(run_name="{pipeline}-{token}")
def p(token: str = Secret("echoed")):
    use(token)
"""


def test_whatever_a_step_does_with_it_nobody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that `echo` wrote, and forms of forms: nested, cut, chained, as a key."""
    value = f"{VALUE}'s\\"
    monkeypatch.setenv(secret_variable("echoed", ""), f"{value}\n")
    document, logs = run(tmp_path, ATTACKS)
    assert document["name"] == "p-<secret echoed>"
    assert document["steps"][0]["status"] == "failed"
    assert "out ***" in logs
    assert "err ***" in logs
    assert "HOOK xxx" in logs
    written = leaks.in_folder(tmp_path / "store", [value, value[:8]])
    assert written == []
    assert leaks.in_text(json.dumps(document), [value, value[:8]]) == []


@pytest.mark.parametrize("pattern", ["cas/*/*", "log.txt", "attempt-*.json", "result.json"])
@pytest.mark.usefixtures("kept")
def test_the_scanner_sees_every_kind_of_file_that_a_run_leaves(
    tmp_path: Path, pattern: str
) -> None:
    run(tmp_path, HOOKED)
    [file, *_] = sorted((tmp_path / "store").rglob(pattern))
    file.chmod(0o600)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps({"left": OTHER}))
    found = {
        leak.partition(": ")[0] for leak in leaks.in_folder(tmp_path / "store", [VALUE, OTHER])
    }
    assert found == {str(file.relative_to(tmp_path / "store"))}
