from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import FlowcError
from flowc.ir.json import from_json, to_json
from flowc.ir.verify import verify
from tests.authoring import text, traced

if TYPE_CHECKING:
    from pathlib import Path

SETTING = """
import functools, json
from flowc import CachePolicy

def of(path): return path
def both(path, missing=1, *, note=""): return path
def all_of(**inputs): return inputs
def none(): return 1
def by_position(path, /): return path
def wrong(pth): return pth
async def later(path): return path
class Model: ...

@pipeline
def p():
    use("x", note="n")
"""


def used(policy: str) -> str:
    return f"""{SETTING}
@step(cache_policy={policy})
def use(path: str, note: str) -> None: ...
"""


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ("CachePolicy()", ""),
        ("CachePolicy(versions='minor')", ""),
        ("CachePolicy(versions='exact')", " versions=exact"),
        ("CachePolicy(ignore_inputs=['note'])", " ignore_inputs=note"),
        ("CachePolicy(expires=90)", " expires=90"),
        (
            "CachePolicy(expires=__import__('datetime').timedelta(hours=1))",
            " expires=3600",
        ),
        ("CachePolicy(key=of)", " key=of(path)"),
        ("CachePolicy(key=both)", " key=both(path, note)"),
        ("CachePolicy(key=all_of)", " key=all_of(path, note)"),
        ("CachePolicy(key=none)", " key=none()"),
        ("CachePolicy(objects=[of, Model, p])", " object=of object=Model object=p"),
    ],
)
def test_a_policy_in_the_ir(tmp_path: Path, policy: str, shown: str) -> None:
    lines = text(tmp_path, used(policy))
    assert lines[2:] == ([f"cache_policy{shown}"] if shown else [])


def test_files_are_digested(tmp_path: Path) -> None:
    for name in ("a.csv", "deep/b.csv"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    pipeline = traced(tmp_path, used("CachePolicy(files=['data/**/*.csv', 'data/a.csv'])"))
    files = pipeline.steps[0].cache_policy.files
    assert [name for name, _ in files] == ["data/a.csv", "data/deep/b.csv"]
    verify(pipeline)
    assert from_json(to_json(pipeline)) == pipeline


def test_a_pipelines_policy_is_for_steps_without_one(tmp_path: Path) -> None:
    source = """
from flowc import CachePolicy
@step
def one(a: int, b: int) -> None: ...
@step
def two(a: int) -> None: ...
@step(cache_policy=CachePolicy(versions="ignore"))
def own(b: int) -> None: ...
@pipeline(cache_policy=CachePolicy(ignore_inputs=["b"], expires=5))
def p():
    one(1, 2)
    two(1)
    own(1)
    two.with_options(cache_policy=CachePolicy(expires=6))(1)
"""
    policies = [line for line in text(tmp_path, source) if line.startswith("cache_policy")]
    assert policies == [
        "cache_policy ignore_inputs=b expires=5",
        "cache_policy expires=5",
        "cache_policy versions=ignore",
        "cache_policy expires=6",
    ]


@pytest.mark.parametrize(
    ("policy", "message", "hint"),
    [
        ("'daily'", "step 'use': cache_policy wants a CachePolicy, got 'daily'", ""),
        ("CachePolicy(versions='mior')", "versions wants one of ignore, minor, exact", "'minor'"),
        ("CachePolicy(expires=0)", "expires wants seconds above 0 or a timedelta, got 0", ""),
        ("CachePolicy(expires=10**400)", "above 0 or a timedelta, got a number of about 400", ""),
        ("CachePolicy(expires='1h')", "expires wants seconds above 0 or a timedelta", ""),
        ("CachePolicy(expires=True)", "expires wants seconds above 0 or a timedelta", ""),
        ("CachePolicy(ignore_inputs='note')", "ignore_inputs wants a list of names", ""),
        ("CachePolicy(ignore_inputs=['nte'])", "ignore_inputs names 'nte'", "mean 'note'?"),
        ("CachePolicy(files='a.csv')", "files wants a list of glob patterns", ""),
        ("CachePolicy(files=['none.csv'])", "files names 'none.csv', which matches nothing", ""),
        ("CachePolicy(files=['/etc/hosts'])", "files names '/etc/hosts', which is abs", "relat"),
        ("CachePolicy(key=lambda path: 1)", "key is a lambda", "with def"),
        ("CachePolicy(key='of')", "key wants a function, got 'of'", ""),
        ("CachePolicy(key=later)", "key is 'later', which is a generator or a coroutine", "plain"),
        ("CachePolicy(key=by_position)", "'by_position' takes arguments by position", "names"),
        ("CachePolicy(key=wrong)", "the key function 'wrong' takes 'pth'", "mean 'path'?"),
        ("CachePolicy(objects=of)", "objects wants a list of functions and classes", ""),
        ("CachePolicy(objects=[1])", "objects wants a function, got 1", ""),
        ("CachePolicy(objects=[lambda: 1])", "objects is a lambda", ""),
        ("CachePolicy(objects=[json.dumps])", "'json.dumps', which is not your code", "versions="),
    ],
)
def test_a_policy_that_cannot_be(tmp_path: Path, policy: str, message: str, hint: str) -> None:
    with pytest.raises(FlowcError) as raised:
        traced(tmp_path, used(policy))
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")
    assert ".py:" in (raised.value.where or "")
