"""Where stacks are written, which one is active, and what is refused, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.client import Client
from flowc.driver import default_store
from flowc.driver.stacks import stacks_here
from flowc.errors import FlowcError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
active = "prod"

[stacks.prod]
alerter = ["ops", "mail"]
experiment_tracker = "tracker"
store = "s3://bucket/flowc"

[stacks.'two words']
alerter = "mail"

[components.alerter.ops]
flavor = "apprise"
urls = ["${SLACK_URL}"]

[components.alerter]
mail = {flavor = "apprise", urls = ["mailto://example.com"]}

[components.experiment_tracker.tracker]
flavor = "mlflow"
tracking_uri = "http://mlflow"
"""


def refusal(folder: Path, text: str, name: str = "flowc.toml") -> str:
    (folder / name).write_text(text)
    with pytest.raises(FlowcError) as caught:
        stacks_here()
    return str(caught.value)


def test_a_stack(project: Path) -> None:
    (project / "flowc.toml").write_text(GOOD)
    stack = Client().active_stack
    assert stack.name == "prod"
    assert list(stack.components["alerter"]) == ["ops", "mail"]
    assert stack.alerter.name == "ops"
    tracker = stack.experiment_tracker
    assert tracker is not None
    assert (tracker.flavor, tracker.configuration) == ("mlflow", {"tracking_uri": "http://mlflow"})
    assert stack.step_operator is None


def test_the_same_in_pyproject(project: Path) -> None:
    lines = GOOD.replace("[stacks", "[tool.flowc.stacks").replace("[comp", "[tool.flowc.comp")
    (project / "pyproject.toml").write_text(f"[tool.flowc]\n{lines}")
    assert Client().active_stack.name == "prod"
    said = refusal(project, f"[tool.flowc]\n{lines}colour = 1\n", "pyproject.toml")
    assert said.startswith("pyproject.toml:22: experiment_tracker 'tracker' of flavor 'mlflow'")


def test_a_project_s_other_settings_are_left_alone(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = 'flowc-user'\n[tool.ruff]\n")
    (project / "flowc.toml").write_text(GOOD)
    assert Client().active_stack.name == "prod"


def test_both_files_are_refused(project: Path) -> None:
    (project / "flowc.toml").write_text(GOOD)
    said = refusal(project, "\n[tool.flowc]\nactive = 'prod'\n", "pyproject.toml")
    assert said.startswith("pyproject.toml:2: stacks are defined both in flowc.toml and in")


def test_the_nearest_choice_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().active_stack.name == "default"
    (project / "flowc.toml").write_text(GOOD)
    assert Client().active_stack.name == "prod"
    stacks_here().use("two words")
    assert Client().active_stack.name == "two words"
    monkeypatch.setenv("FLOWC_STACK", "default")
    assert Client().active_stack.name == "default"
    assert stacks_here().choose("prod").name == "prod"
    assert (project / "flowc.toml").read_text() == GOOD


def test_a_stack_names_the_default_store(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "flowc.toml").write_text(GOOD)
    assert default_store() == "s3://bucket/flowc"
    stacks_here().use("default")
    assert default_store() == f"file:{project}/.flowc"
    relative = GOOD.replace("s3://bucket/flowc", "file:kept here/store")
    (project / "flowc.toml").write_text(relative.replace("kept here", "kept%20here"))
    stacks_here().use("prod")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert default_store() == f"file:{project}/kept%20here/store"
    monkeypatch.setenv("FLOWC_STORE", "file:/elsewhere")
    assert default_store() == "file:/elsewhere"


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (
            "active =",
            "actve =",
            "flowc.toml:1: unknown key 'actve'\n  hint: did you mean 'active'",
        ),
        ("alerter = [", "alertr = [", "flowc.toml:4: stack 'prod' has no key 'alertr'"),
        (
            '"tracker"',
            '"trackr"',
            (
                "flowc.toml:5: there is no experiment_tracker 'trackr'\n"
                "  hint: did you mean 'tracker'?"
            ),
        ),
        ('"s3://bucket/flowc"', '"${STORE}"', "flowc.toml:6: store wants a URI"),
        ('"s3://bucket/flowc"', '"bogus://x"', "flowc.toml:6: unknown store scheme 'bogus:'"),
        ("'two words'", "default", "flowc.toml:8: the stack 'default' is built in"),
        (
            'flavor = "apprise"\nurls',
            'flavor = "aprise"\nurls',
            (
                "flowc.toml:12: alerter 'ops' has "
                "the unknown flavor 'aprise'\n  hint: did you mean 'apprise'?"
            ),
        ),
        (
            'urls = ["${S',
            'url = ["${S',
            (
                "flowc.toml:13: alerter 'ops' of flavor 'apprise' has no "
                "key 'url'\n  hint: did you mean 'urls'?"
            ),
        ),
        (
            'urls = ["${SLACK_URL}"]',
            'urls = "x"',
            (
                "flowc.toml:13: alerter 'ops' of flavor "
                "'apprise': urls wants a list of URLs, got 'x'"
            ),
        ),
        (
            "${SLACK_URL}",
            "${SLACK URL}",
            (
                "flowc.toml:13: alerter 'ops' of flavor 'apprise': urls: "
                "'${SLACK URL}' is not ${NAME}"
            ),
        ),
        ('urls = ["mailto://example.com"]', "title = 3", "flowc.toml:16: "),
        (
            "[components.experiment_tracker.",
            "[components.experiment_traker.",
            "flowc.toml:18: unknown kind of component 'experiment_traker'",
        ),
        ("tracking_uri =", "tracking_url =", "flowc.toml:20: "),
        ('mlflow"\n', 'mlflow"\nx x\n', "flowc.toml:20: no valid TOML: "),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    project: Path, line: str, instead: str, said: str
) -> None:
    assert line in GOOD
    assert said in refusal(project, GOOD.replace(line, instead, 1))


@pytest.mark.parametrize(
    ("active", "said"),
    [
        (
            "prd",
            (
                "flowc.toml:1: there is no stack 'prd', which active names\n"
                "  hint: did you mean 'prod'?"
            ),
        ),
        ("default", ""),
    ],
)
def test_an_unknown_active_stack(project: Path, active: str, said: str) -> None:
    (project / "flowc.toml").write_text(GOOD.replace('"prod"', f'"{active}"', 1))
    if said:
        with pytest.raises(FlowcError) as caught:
            stacks_here().choose()
        assert str(caught.value) == said
    else:
        assert stacks_here().choose().name == active
