"""Code that a container would not find under its name, or find another by, is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowc.driver import trace
from flowc.errors import FlowcError
from tests.authoring import load, traced

if TYPE_CHECKING:
    from pathlib import Path

TWICE = """
import functools
def twice(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) * 2
    return wrapper
def logged(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)
    return wrapper
def base(x: int) -> int:
    return x
def hook(): ...
class Kept:
    def save(self, value, path): ...
    def load(self, path): ...
"""
RUN = "\n@pipeline\ndef p():\n    s()\n"

ANOTHER = {
    "a wrapper": "s = step(name='doubled')(twice(base))\ndef use(): return s(1)\n",
    "a name given again": "@step\ndef a(): ...\ns = a\n@step\ndef a(): ...\n",
    "a name that is no function any more": "@step\ndef a(): ...\ns = a\na = 3\n",
    "a hook given again": "@step(on_success=hook)\ndef s(): ...\ndef hook(): print()\n",
    "a hook's wrapper": "wrapped = twice(hook)\n@step(on_success=wrapped)\ndef s(): ...\n",
    "a materializer given again": "@step(output_materializers={'output': Kept})\n"
    "def s() -> int: ...\nclass Kept(Kept): ...\n",
    "a key function given again": "from flowc import CachePolicy\ndef key(): ...\n"
    "@step(cache_policy=CachePolicy(key=key))\ndef s(): ...\ndef key(): return 1\n",
    "an object given again": "from flowc import CachePolicy\n"
    "@step(cache_policy=CachePolicy(objects=[base]))\ndef s(): ...\ndef base(): ...\n",
}


@pytest.mark.parametrize("source", ANOTHER.values(), ids=ANOTHER)
def test_another_by_the_same_name(source: str, tmp_path: Path) -> None:
    with pytest.raises(FlowcError, match=r"\.py:\d+: .*something else by the name") as raised:
        traced(tmp_path, TWICE + source + RUN.replace("s()", "s(1)" * ("use" in source) or "s()"))
    assert "a name of its own" in raised.value.render()


def test_nothing_by_the_name(tmp_path: Path) -> None:
    with pytest.raises(FlowcError, match=r"step 'a': there is no 'a' in its module any more"):
        traced(tmp_path, f"@step\ndef a(): ...\ns = a\ndel a\n{RUN}")


SAME = {
    "a wrapper below": "@step\n@twice\ndef s(): return 1\n",
    "a wrapper above": "@logged\n@step\ndef s(): return 1\n",
    "another name": "@step\ndef a(): ...\ns = a.with_options(enable_cache=False)\n",
    "two steps of a function": "a = step(base)\ns = step(name='s')(hook)\nb = step(hook)\n",
    "a hook that is a step's helper": "@step(on_success=hook)\ndef s():\n    hook()\n",
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_the_same_by_its_name(source: str, tmp_path: Path) -> None:
    assert [step.id for step in traced(tmp_path, TWICE + source + RUN).steps]


def test_a_module_that_is_imported_again(tmp_path: Path) -> None:
    pipeline = load(tmp_path, f"@step\ndef s(): ...\n{RUN}")
    name = pipeline.entrypoint.__module__
    del sys.modules[name]
    __import__(name)
    assert trace(pipeline, {}).steps


@pytest.mark.parametrize("what", ["@step\n    def s(): ...", "s = step(on_end=hook)(body)"])
def test_what_only_a_script_defines(what: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    hook = "    def hook(): ...\n" if "hook" in what else ""
    (tmp_path / "script.py").write_text(
        "from flowc import pipeline, step\ndef body(): ...\nif __name__ == '__main__':\n"
        f"{hook}    {what}\n    @pipeline\n    def p():\n        s()\n    p()\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False
    )
    assert "under if __name__ == '__main__', which no container runs" in done.stderr
    assert "move the definition above it" in done.stderr
