"""Secrets in a run configuration: names as in code, wherever a value of the step's may be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc import Secret
from flowc.driver import configuration_template, trace
from flowc.driver.front import prepare
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from tests.config.conftest import Scene

PIPELINE = """
from flowc import Secret
@step
def use(token: str, more: list[str] = [], n: int = 1, other: str = "x") -> None: ...
@pipeline
def p(token: str = Secret("default"), plain: str = "plain", k: int = 1):
    use(token, n=k)
    use(plain, other=Secret("in-code"), id="two")
"""
EVERYWHERE = """
parameters:
  token: !secret db/password
  plain: !secret ${STAGE}-other
settings:
  docker:
    environment: {PW: !secret "db/password"}
steps:
  use:
    parameters: {other: !secret third}
  two:
    parameters: {other: !secret in-code}
"""


def test_a_file_names_secrets_as_code_does(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "night")
    scene.pipeline(PIPELINE)
    lines = scene.text(EVERYWHERE)
    assert "use = use(token=<secret db/password>, more=[], n=$k, other=<secret third>)" in lines
    assert "two = use(token=<secret night-other>, more=[], n=1, other=<secret in-code>)" in lines
    assert lines.count("environment PW=<secret db/password>") == 2


@pytest.mark.parametrize(
    ("yaml", "message", "hint"),
    [
        ("parameters: {token: !secret a/b/c}", "a secret's key is made of", "!secret NAME/KEY"),
        ("parameters: {token: !secret ''}", "a secret's name is made of", "!secret NAME/KEY"),
        ("parameters: {token: !secret a/}", "a secret's key is made of", "!secret NAME/KEY"),
        ("parameters: {token: !secret {name: a}}", "a secret is one text", "!secret NAME/KEY"),
        ("parameters: {k: !secret a}", "'k' wants int, and Secret('a') is a text", "str"),
        ("parameters: {token: [!secret a]}", "a secret inside of another value", "in the code"),
        ("parameters: {token: plain}", "takes no other value", "change the secret"),
        (
            "steps: {two: {parameters: {more: [[!secret a]]}}}",
            "'more' has a secret inside of another value",
            "in the code",
        ),
        ("steps: {use: {parameters: {n: !secret a}}}", "'n' wants int, and Secret('a')", "str"),
        ("steps: {two: {parameters: {other: !secret a}}}", "passes Secret('in-code')", "take one"),
        ("steps: {two: {parameters: {token: !secret a}}}", "passes <parameter plain>", "take one"),
        ("run_name: !secret a", "run_name wants a text, got Secret('a')", ""),
        ("substitutions: {x: !secret a}", "substitutions wants a dict of names to texts", ""),
        ("settings: {docker: {user: !secret a}}", "['user'] wants a text, got Secret('a')", ""),
    ],
)
def test_refusals(scene: Scene, yaml: str, message: str, hint: str) -> None:
    scene.pipeline(PIPELINE)
    shown = scene.refusal(yaml)
    assert shown.startswith("c.yaml:1: ")
    assert message in shown
    assert hint in shown


@pytest.mark.parametrize("passed", [Secret("x"), "plain"])
def test_a_call_that_passes_something_else_is_refused(scene: Scene, passed: Any) -> None:
    scene.pipeline(PIPELINE)
    config = scene.yaml("parameters:\n  token: !secret db\n")
    prepare(scene.load(), given={"token": Secret("db")}, config=config)
    with pytest.raises(AuthorError, match=r"^c.yaml:2: .* is Secret\('db'\) here, and the call"):
        prepare(scene.load(), given={"token": passed}, config=config)


def test_the_template_shows_secrets_as_a_file_says_them(scene: Scene) -> None:
    source = PIPELINE.replace('other: str = "x"', 'other: str = Secret("third", key="k")')
    scene.pipeline(source.replace("n=k", 'n=k, id="one"'))
    pipeline = scene.load()
    template = configuration_template(pipeline, {})
    assert "  #token: !secret default  # str\n" in template
    assert "      #other: !secret third/k  # str\n" in template
    scene.yaml(template.replace("  #token", "  token").replace("      #other", "      other"))
    assert trace(pipeline, {}, config="c.yaml") == trace(pipeline, {})
