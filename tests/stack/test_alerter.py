"""Messages arrive; one that cannot is said clearly, and fails nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc import Client
from flowc.driver import load_pipeline, run_pipeline
from flowc.errors import AuthorError
from tests import leaks
from tests.stack.reporting import Silent

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.client.document import RunDocument
    from tests.stack.receivers import Mailbox, Webhook

# Apprise imports modules that later Pythons do not have.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PIPELINE = """
from flowc import Client, get_step_context, pipeline, step
from flowc.hooks import alerter_failure_hook, alerter_success_hook


def on_failure():
    step_name = get_step_context().step_run.name
    Client().active_stack.alerter.post(f"{step_name} just failed!")


@step
def fine(n: int) -> bool:
    return Client().active_stack.alerter.post(f"n is {n}", title="From a step")


@step
def broken(n: int) -> int:
    raise LookupError(f"no {n}")


@pipeline(on_success=alerter_success_hook, on_failure=alerter_failure_hook)
def alerting(n: int = 3):
    fine(n)
    broken(n)


@step(on_failure=on_failure)
def watched():
    raise ValueError


@pipeline
def watching():
    watched()
"""


def write_stack(project: Path, *urls: str) -> None:
    text = f"""
        active = "prod"
        [stacks.prod]
        alerter = "ops"
        [components.alerter.ops]
        flavor = "apprise"
        urls = {json.dumps(urls)}
    """
    (project / "flowc.toml").write_text(text)


def run(project: Path, pipeline: str, stack: str = "") -> RunDocument:
    (project / "alerts.py").write_text(PIPELINE)
    run_id = run_pipeline(
        load_pipeline(f"alerts.py:{pipeline}"),
        target="local",
        parameters={},
        stack=stack,
        reporter=Silent(),
    )
    return Client().run(run_id)


def test_hooks_and_steps_post_to_a_webhook(project: Path, webhook: Webhook) -> None:
    write_stack(project, webhook.url)
    document = run(project, "alerting")
    by_title = {post["title"]: post["message"] for post in webhook.posts}
    assert {post["title"]: post["type"] for post in webhook.posts} == {
        "From a step": "info",
        "alerting: fine completed": "success",
        "alerting: broken failed": "failure",
    }
    run_id = document["run_id"]
    raised = "LookupError: no 3"
    assert by_title == {
        "From a step": "n is 3",
        "alerting: fine completed": f"Step 'fine' of pipeline 'alerting' "
        f"completed in run {run_id}.",
        "alerting: broken failed": f"Step 'broken' of pipeline 'alerting' "
        f"failed in run {run_id}:\n{raised}",
    }
    assert Client().artifact(run_id, "fine") is True


def test_a_hook_of_the_author_posts(project: Path, webhook: Webhook) -> None:
    write_stack(project, webhook.url)
    run(project, "watching")
    [post] = webhook.posts
    assert (post["title"], post["message"]) == ("watching: watched", "watched just failed!")


TELLING = """
import os
from flowc import Client, Secret, pipeline, step

def on_failure(context):
    Client().active_stack.alerter.post(f"hook: {context.inputs['token']}", title="hook")

@step(on_failure=on_failure)
def tell(token: str) -> None:
    Client().active_stack.alerter.post(f"step: {token}", title=f"of {token}")
    print("url", os.environ["OPS_URL"], "path", os.environ["OPS_KEY"])
    raise ValueError(f"{token} and {os.environ['OPS_KEY']}")

@pipeline
def telling():
    tell(Secret("token"))
"""


def test_no_secret_is_posted_and_none_of_the_stack_s_is_kept(
    project: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWC_SECRETS_DIR", str(project / "kept"))
    (project / "kept" / "token").mkdir(parents=True)
    (project / "kept" / "token" / "value").write_text("correct-horse\n")
    monkeypatch.setenv("OPS_URL", f"{webhook.url}?+X-Token=battery-staple")
    monkeypatch.setenv("OPS_KEY", "another/key")
    write_stack(project, "${OPS_URL}", "nonsense://${OPS_KEY}")
    (project / "telling.py").write_text(TELLING)
    run_id = run_pipeline(
        load_pipeline("telling.py"), target="local", parameters={}, reporter=Silent()
    )
    told = [(post["title"], post["message"]) for post in webhook.posts]
    assert told == [("of ***", "step: ***"), ("hook", "hook: ***")]
    assert "url *** path ***" in Client().logs(run_id)["tell"]
    [error] = [step["error"] for step in Client().run(run_id)["steps"]]
    assert error is not None
    assert error.get("message") == "*** and ***"
    planted = ["correct-horse", "battery-staple", "another/key"]
    assert leaks.in_folder(project / ".flowc", planted) == []


def test_mail_arrives(project: Path, mailbox: Mailbox) -> None:
    write_stack(project, mailbox.url)
    run(project, "watching")
    subject, text = mailbox.wait()
    assert subject == "watching: watched"
    assert "watched just failed!" in text


def test_without_an_alerter_nothing_fails(project: Path) -> None:
    document = run(project, "alerting")
    assert {step["id"]: step["status"] for step in document["steps"]} == {
        "fine": "completed",
        "broken": "failed",
    }
    assert Client().artifact(document["run_id"], "fine") is False
    log = Client().logs(document["run_id"])["fine"]
    assert "flowc: the stack 'default' has no alerter, so this is not posted: n is 3" in log


def test_every_url_is_tried(project: Path, webhook: Webhook) -> None:
    closed = "json://127.0.0.1:1/hook"
    write_stack(project, closed, "nonsense://x", "json://${NO_SUCH_HOST}/x", webhook.url)
    document = run(project, "alerting")
    assert "n is 3" in webhook.messages
    log = Client().logs(document["run_id"])["fine"]
    assert "flowc: alerter 'ops' could not post to json://127.0.0.1:1: " in log
    assert "could not post to nonsense://...: apprise does not know such a URL" in log
    why = "could not post to json://${NO_SUCH_HOST}: the environment variable NO_SUCH_HOST"
    assert f"{why} is not set here" in log
    assert Client().artifact(document["run_id"], "fine") is False


def test_a_refused_message_is_said(project: Path, webhook: Webhook) -> None:
    webhook.status = 500
    write_stack(project, webhook.url)
    document = run(project, "watching")
    assert "error=500" in Client().logs(document["run_id"])["watched"]


def test_secrets_are_filled_in_where_they_are_needed(
    project: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "s3cr3t-place")
    monkeypatch.setenv("WHERE", f"127.0.0.1:{webhook.port}")
    write_stack(project, "json://${WHERE}/${HOOK}")
    run(project, "alerting")
    assert len(webhook.posts) == 3
    kept = [path for path in (project / ".flowc").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"s3cr3t" in path.read_bytes() for path in kept)


def test_a_failed_delivery_tells_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "s3cr3t")
    write_stack(project, "json://user:${HOOK}@127.0.0.1:1/${HOOK}")
    document = run(project, "watching")
    log = Client().logs(document["run_id"])["watched"]
    assert "could not post to json://127.0.0.1:1" in log
    assert "s3cr3t" not in log


def test_outside_of_a_run_the_project_s_stack_is_active(project: Path, webhook: Webhook) -> None:
    write_stack(project, webhook.url)
    stack = Client().active_stack
    assert (stack.name, list(stack.components["alerter"])) == ("prod", ["ops"])
    assert stack.alerter.post("from here")
    assert webhook.posts[0]["title"] == "flowc"


def test_what_is_no_text_fails_nothing(
    project: Path, webhook: Webhook, capfd: pytest.CaptureFixture[str]
) -> None:
    class Odd:
        def __str__(self) -> str:
            raise OSError("odd")

    write_stack(project, webhook.url)
    alerter = Client().active_stack.alerter
    assert alerter.post(3, title=None)
    assert alerter.post("text", 4)
    assert not alerter.post(Odd())
    assert [(post["message"], post["title"]) for post in webhook.posts] == [
        ("3", "flowc"),
        ("text", "4"),
    ]
    assert "alerter 'ops' got no text: OSError: odd" in capfd.readouterr().err


def test_hooks_of_a_run_post_too(project: Path, webhook: Webhook) -> None:
    write_stack(project, webhook.url)
    (project / "ending.py").write_text(
        "from flowc import Client, pipeline, step\n"
        "def begin(): Client().active_stack.alerter.post('begun')\n"
        "def clean(): Client().active_stack.alerter.post('ended')\n"
        "@step\ndef s(): ...\n"
        "@pipeline(on_init=begin, on_cleanup=clean)\ndef ending():\n    s()\n"
    )
    run_pipeline(load_pipeline("ending.py"), target="local", parameters={}, reporter=Silent())
    assert [post["message"] for post in webhook.posts] == ["begun", "ended"]


def test_a_hook_of_steps_is_none_of_a_run(project: Path) -> None:
    (project / "ending.py").write_text(
        "from flowc import pipeline\nfrom flowc.hooks import alerter_failure_hook\n"
        "@pipeline(on_cleanup=alerter_failure_hook)\ndef ending(): ...\n"
    )
    with pytest.raises(AuthorError, match="argument 'context' has no meaning"):
        load_pipeline("ending.py")


def test_a_process_that_has_posted_can_run(project: Path, webhook: Webhook) -> None:
    write_stack(project, webhook.url)
    assert Client().active_stack.alerter.post("from here")
    run(project, "watching")
    assert [post["message"] for post in webhook.posts] == ["from here", "watched just failed!"]


def test_the_package_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "apprise", None)
    write_stack(project, "json://127.0.0.1:1")
    assert Client().active_stack.alerter.post("from here") is False
    assert "pip install 'flowc[alerts]'" in capsys.readouterr().err
    monkeypatch.setenv("FLOWC_IMAGE", "python:3.11")
    assert Client().active_stack.alerter.post("from here") is False
    said = capsys.readouterr().err
    assert "the distribution 'apprise' is not installed in the image 'python:3.11'" in said
