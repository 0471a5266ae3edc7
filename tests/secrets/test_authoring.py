"""Secrets in pipelines: what becomes of them, and where they are refused."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from flowc import Secret
from flowc.driver import load_pipeline
from flowc.driver.front import prepare
from flowc.errors import AuthorError, FlowcError
from flowc.ir.json import from_json, to_json
from tests.authoring import load, text, traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEPS = """
from flowc import Secret
@step
def use(token: str, more: object = None, other: str = Secret("other")) -> int:
    return len(token)
@step
def count(n: int) -> None: ...
@step(settings={"docker": {"environment": {
    "TOKEN": Secret("db", key="password"), "PLAIN": "x", "A": Secret("other")}}})
def environed() -> None: ...
"""
ROUND = """
@pipeline
def p(token: str = Secret("db", key="password"), n: int = 3):
    use(token)
    use(Secret("db"), [Secret("db", key="user"), {"t": token, "n": n}], other="plain")
    environed()
"""


def test_secrets_are_names_in_the_ir(tmp_path: Path) -> None:
    assert text(tmp_path, STEPS + ROUND) == [
        (
            'pipeline p(token: str = "<secret db/password>" bound because its value is a secret, '
            "n: int = 3)"
        ),
        "use = use(token=<secret db/password>, more=null, other=<secret other>) -> output: int",
        (
            'use_2 = use(token=<secret db>, more=[<secret db/user>, {"t": <secret db/password>, '
            '"n": $n}], other="plain") -> output: int'
        ),
        "environed = environed()",
        "docker environment=(('PLAIN', 'x'),)",
        "environment A=<secret other>",
        "environment TOKEN=<secret db/password>",
    ]


def test_the_json_form_is_read_back(tmp_path: Path) -> None:
    pipeline = traced(tmp_path, STEPS + ROUND)
    assert from_json(to_json(pipeline)) == pipeline
    assert [str(ref) for ref in pipeline.secrets] == ["db", "db/password", "db/user", "other"]
    assert [str(ref) for ref in pipeline.steps[0].secrets] == ["db/password", "other"]


def test_a_call_may_name_another_secret(tmp_path: Path) -> None:
    pipeline = load(tmp_path, STEPS + '@pipeline\ndef p(t: str = "x"):\n    use(t)\n')
    front = prepare(pipeline, given={"t": Secret("mine")})
    assert front.spec["steps"][0]["inputs"]["token"] == {"secret": "mine", "key": ""}
    assert front.spec["parameters"] == {}


def test_names_enter_the_key_and_nothing_else_changes(tmp_path: Path) -> None:
    pipeline = load(tmp_path, STEPS + "@pipeline\ndef p():\n    environed()\n    count(1)\n")
    with_, without = prepare(pipeline).spec["steps"]
    expected = [["A", "other"], ["TOKEN", "db/password"]]
    assert with_["ingredients"]["secrets"] == expected
    assert "secrets" not in without["ingredients"]
    assert with_["ingredients"]["docker"]["environment"] == [["PLAIN", "x"]]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("wrong_type", "@pipeline\ndef p():\n    count(Secret('n'))\n"),
        ("wrong_default", "@pipeline\ndef p(n: int = Secret('n')):\n    count(n)\n"),
        ("forced", "@pipeline\ndef p():\n    use(f\"Bearer {Secret('db')}\")\n"),
        ("attribute", "@pipeline\ndef p(t: str = Secret('db')):\n    use(t.strip())\n"),
        ("tested", "@pipeline\ndef p(t: str = Secret('db')):\n    use('x' if t else t)\n"),
        (
            "compared",
            "@pipeline\ndef p(t: str = Secret('db')):\n    use('x' if t == 'a' else t)\n",
        ),
        ("name", "@pipeline\ndef p():\n    use(Secret('a/b'))\n"),
        ("key", "@pipeline\ndef p():\n    use(Secret('a', key='b c'))\n"),
        ("no_name", "@pipeline\ndef p():\n    use(Secret(''))\n"),
        ("same_name", "@pipeline\ndef p():\n    use(Secret('db-a'))\n    use(Secret('DB_a'))\n"),
        (
            "same_variable",
            "@pipeline\ndef p():\n    use(Secret('a', key='b_c'), Secret('a_b', key='c'))\n",
        ),
        (
            "other_setting",
            "@pipeline(settings={'docker': {'user': Secret('u')}})\ndef p():\n    count(1)\n",
        ),
        (
            "inside_a_value",
            (
                "from dataclasses import dataclass\n@dataclass\nclass C:\n    t: object\n"
                "@pipeline\ndef p():\n    use('x', C(Secret('db')))\n"
            ),
        ),
    ],
)
def test_refusals(
    name: str, source: str, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    with pytest.raises(FlowcError) as refused:
        prepare(load(tmp_path, STEPS + source, wanted="p"))
    shown = str(refused.value).replace(f"{tmp_path}/", "")
    file = next(tmp_path.glob("*.py")).name
    golden(f"refused_{name}.txt", shown.replace(file, "pipeline.py") + "\n")


def test_a_value_for_a_secret_is_refused(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    (tmp_path / "p.py").write_text(
        "from flowc import Secret, pipeline, step\n@step\ndef use(t: str) -> None: ...\n"
        "@pipeline\ndef p(t: str = Secret('db')):\n    use(t)\n"
    )
    with pytest.raises(AuthorError) as refused:
        prepare(load_pipeline(str(tmp_path / "p.py")), typed={"t": "plain"})
    golden("refused_value.txt", str(refused.value).replace(f"{tmp_path}/", "") + "\n")


def test_a_secret_is_a_value_like_others_where_nobody_asks_for_its_text() -> None:
    secret = Secret("db", key="password")
    assert secret == copy.deepcopy(secret) == Secret("db", "password")
    assert {secret: 1}[Secret("db", "password")] == 1
    assert secret != Secret("db")
    assert repr(secret) == "Secret('db', key='password')"
    with pytest.raises(AttributeError):
        secret.name = "other"
    assert secret not in (None, 3)
    with pytest.raises(FlowcError, match=r"the value of Secret\('db', key='password'\)"):
        assert secret == "a"  # noqa: S105
