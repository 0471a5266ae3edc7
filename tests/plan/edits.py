"""A project, and edits of all that counts for a key beside code; those are in tests/code/edits.py.

Each edit says what must become of the steps: the others are hits.
"""
# One edit, one line: the table is read down its columns.
# ruff: noqa: E501

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = """\
from typing import Annotated

import ware
from flowc import CachePolicy, RetryConfig, pipeline, step
from formats import Text
from tools import tidy


def told(step_name: str) -> None:
    print("told", step_name)


@step
def load(rows: int, names: list[str]) -> list[int]:
    return [*range(tidy(rows)), len(names)]


@step(
    retry=RetryConfig(max_retries=1),
    settings={
        "docker": {
            "parent_image": "python:3.11",
            "requirements": ["ware==1.26"],
            "apt_packages": ["git"],
            "environment": {"MODE": "fast"},
        }
    },
)
def train(data: list[int], rate: float = 0.5) -> Annotated[float, "model"]:
    return sum(data) * rate


@step(output_materializers={"output": Text})
def word() -> str:
    return "word"


@step
def weigh(model: float) -> float:
    return ware.weigh(model)


@step
def report(weight: float, text: str, places: int = 2) -> str:
    return f"{weight:.{places}f} {text}"


@pipeline
def inner(rows: int) -> float:
    return train(load(rows, ["a", "b"]))


@pipeline(include=["data/*.txt"])
def main(rows: int = 3) -> None:
    model = inner(rows, id="in")
    report(weigh(model), word())
"""

FILES = {
    "main.py": MAIN,
    "formats.py": """\
from pathlib import Path


class Text:
    def save(self, value: str, path: Path) -> None:
        path.write_text(value)

    def load(self, path: Path) -> str:
        return path.read_text()
""",
    "tools.py": "def tidy(value):\n    return abs(value)\n",
    "data/words.txt": "one\n",
    "site-packages/ware/__init__.py": "def weigh(value):\n    return value * 2\n",
    "site-packages/ware-1.26.4.dist-info/RECORD": "ware/__init__.py,,\n",
}

LOAD, TRAIN = "in.load", "in.train"
ALL = (LOAD, TRAIN, "word", "weigh", "report")

TRAIN_WAITS = f"depends on the result of `{LOAD}`"
WEIGH_WAITS = f"depends on the result of `{TRAIN}`"
REPORT_WAITS = "depends on the result of `weigh`"
BELOW_LOAD = {TRAIN: TRAIN_WAITS, "weigh": WEIGH_WAITS, "report": REPORT_WAITS}
BELOW_TRAIN = {"weigh": WEIGH_WAITS, "report": REPORT_WAITS}


class Case(NamedTuple):
    """``told`` are the reasons of the steps that are no hits; those that wait for others become
    hits in the run when ``same`` says that what they wait for comes out as before; None: some of it.

    An edit is a file, what stands there, what shall stand there; without the latter two the
    file is renamed, or written when it does not exist.
    """

    title: str
    edits: list[tuple[str, str, str]]
    told: Mapping[str, str] = MappingProxyType({})
    parameters: Mapping[str, str] = MappingProxyType({})
    same: bool | None = False


HITS = [
    Case("nothing", []),
    Case("a parameter given as its default", [], parameters={"rows": "3"}),
    Case("retries of a step", [("main.py", "max_retries=1", "max_retries=3, delay=2")]),
    Case("retries of the pipeline", [("main.py", "@pipeline(", "@pipeline(retry=RetryConfig(max_retries=2), ")]),
    Case("a time limit", [("main.py", "@step\ndef weigh", "@step(timeout=60)\ndef weigh")]),
    Case("a hook", [("main.py", "@step\ndef weigh", "@step(on_success=told)\ndef weigh")]),
    Case("a hook of the pipeline", [("main.py", "@pipeline(", "@pipeline(on_failure=told, ")]),
    Case("a hook's body", [
        ("main.py", "@step\ndef weigh", "@step(on_success=told)\ndef weigh"),
        ("main.py", 'print("told"', 'print("tells"'),
    ]),
    Case("order by after", [("main.py", "weigh(model), word()", "weigh(model, after=[word()]), word()")]),
    Case("order of calls", [("main.py", "    model = inner", "    text = word()\n    model = inner"), ("main.py", "word())\n", "text)\n")]),
    Case("a run name", [("main.py", "@pipeline(", '@pipeline(run_name="x", ')]),
    Case("the pipeline's name", [("main.py", "@pipeline(", '@pipeline(name="other", ')]),
    Case("a step's name", [("main.py", "@step\ndef weigh", '@step(name="scale")\ndef weigh')]),
    Case("an invocation's id", [("main.py", "report(weigh(model)", 'report(weigh(model, id="scale")')]),
    Case("the nested pipeline's id", [("main.py", 'id="in"', 'id="out"')]),
    Case("a step taken out of a nested pipeline", [("main.py", 'inner(rows, id="in")', 'train(load(rows, ["a", "b"]))')]),
    Case("a constant in place of a parameter", [("main.py", "inner(rows, id", "inner(3, id")]),
    Case("the user of the container", [("main.py", '"requirements": [', '"user": "root", "requirements": [')]),
    Case("environment variables swapped", [("main.py", '{"MODE": "fast"}', '{**{"MODE": "fast"}}')]),
    Case("a library's patch", [("site-packages/ware-1.26.4.dist-info", "", "site-packages/ware-1.26.5.dist-info")]),
    Case("a policy that says the default", [("main.py", "@step\ndef weigh", '@step(cache_policy=CachePolicy(versions="minor"))\ndef weigh')]),
    Case("an expiry that is not over", [("main.py", "@step\ndef weigh", "@step(cache_policy=CachePolicy(expires=3600))\ndef weigh")]),
    Case("the annotation of the pipeline's result", [("main.py", "def inner(rows: int) -> float", "def inner(rows: int)")]),
]  # fmt: skip

MISSES = [
    Case("a parameter", [], {LOAD: "parameter `rows` differs: 3 -> 5", **BELOW_LOAD}, {"rows": "5"}),
    Case("a constant argument", [("main.py", "weigh(model), word()", "weigh(model), word(), 3")], {"report": "parameter `places` differs: 2 -> 3"}),
    Case("a default argument", [("main.py", "places: int = 2", "places: int = 3")], {"report": "function `report` in `main.py:43` changed; parameter `places` differs: 2 -> 3"}),
    Case("a tuple for a list", [("main.py", '["a", "b"]', '("a", "b")'), ("main.py", "names: list[str]", "names: tuple[str, ...]")], {LOAD: "function `load` in `main.py:13` changed; declared type of parameter `names` changed: list[str] -> tuple[str, ...]; parameter `names` differs: ['a', 'b'] -> ('a', 'b')", **BELOW_LOAD}, same=True),
    Case("an item of a list", [("main.py", '["a", "b"]', '["a", "c"]')], {LOAD: "parameter `names` differs: ['a', 'b'] -> ['a', 'c']", **BELOW_LOAD}, same=True),
    Case("a value for a result", [("main.py", "weigh(model), word()", "4.0, word()")], {"report": "parameter `weight` differs: a value now, an output before"}),
    Case("another step's result", [("main.py", "weigh(model), word()", "weigh(weigh(model)), word()")], {"weigh_2": "input `model` differs", "report": "depends on the result of `weigh_2`"}),
    Case("a step's function", [("main.py", "model: float) -> float:\n    return", "model: float) -> float:\n    return 1 +")], {"weigh": "function `weigh` in `main.py:38` changed", "report": REPORT_WAITS}),
    Case("a helper without effect", [("tools.py", "abs(value)", "max(value, -value)")], {LOAD: "helper `tidy` in `tools.py:1` changed", **BELOW_LOAD}, same=True),
    Case("a helper that moves", [("tools.py", "def tidy(value):\n    return abs(value)\n", "from more import tidy\n"), ("more.py", "", "def tidy(value):\n    return abs(value)\n")], {LOAD: "helper `tidy` in `more.py:1` moved there from `tools.py:1`", **BELOW_LOAD}, same=True),
    Case("an upper and a lower step", [("tools.py", "abs(value)", "value"), ("main.py", "sum(data) * rate", "rate * sum(data)")], {LOAD: "helper `tidy` in `tools.py:1` changed", TRAIN: f"{TRAIN_WAITS}, and function `train` in `main.py:18` changed", **BELOW_TRAIN}, same=None),
    Case("requirements", [("main.py", "ware==1.26", "ware==2.1")], {TRAIN: "requirements changed: + ware==2.1, - ware==1.26", **BELOW_TRAIN}, same=True),
    Case("a requirement more", [("main.py", '["ware==1.26"]', '["ware==1.26", "numpy"]')], {TRAIN: "requirements changed: + numpy", **BELOW_TRAIN}, same=True),
    Case("packages of the system", [("main.py", '"git"', '"git", "jq"')], {TRAIN: "apt packages changed: + jq", **BELOW_TRAIN}, same=True),
    Case("the parent image", [("main.py", "python:3.11", "python:3.12")], {TRAIN: "parent image changed: python:3.11 -> python:3.12", **BELOW_TRAIN}, same=True),
    Case("a value in the environment", [("main.py", '"fast"', '"slow"')], {TRAIN: "environment variable `MODE` changed", **BELOW_TRAIN}, same=True),
    Case("a variable more", [("main.py", '"fast"', '"fast", "DEBUG": "1"')], {TRAIN: "environment variable `DEBUG` is new", **BELOW_TRAIN}, same=True),
    Case("a variable less", [("main.py", '{"MODE": "fast"}', "{}")], {TRAIN: "environment variable `MODE` is gone", **BELOW_TRAIN}, same=True),
    Case("several at once", [("main.py", '"fast"', '"slow"'), ("main.py", '"git"', '"jq"'), ("main.py", "sum(data) * rate", "rate * sum(data)")], {TRAIN: "function `train` in `main.py:18` changed; apt packages changed: + jq, - git; environment variable `MODE` changed", **BELOW_TRAIN}, same=True),
    Case("an included file", [("data/words.txt", "one", "two")], {LOAD: "file `data/words.txt` changed", TRAIN: f"{TRAIN_WAITS}, and file `data/words.txt` changed", "word": "file `data/words.txt` changed", "weigh": f"{WEIGH_WAITS}, and file `data/words.txt` changed", "report": "depends on the result of `weigh` and the result of `word`, and file `data/words.txt` changed"}),
    Case("an included file more", [("data/more.txt", "", "two")], {LOAD: "file `data/more.txt` is new", TRAIN: f"{TRAIN_WAITS}, and file `data/more.txt` is new", "word": "file `data/more.txt` is new", "weigh": f"{WEIGH_WAITS}, and file `data/more.txt` is new", "report": "depends on the result of `weigh` and the result of `word`, and file `data/more.txt` is new"}),
    Case("a materializer's body", [("formats.py", "path.write_text(value)", "path.write_text(str(value))")], {"word": "materializer `formats:Text` changed", "report": "depends on the result of `word`"}, same=True),
    Case("a materializer taken away", [("main.py", '@step(output_materializers={"output": Text})', "@step")], {"word": "materializer `formats:Text` is gone; materializer of output `output` changed: formats:Text -> built-in", "report": "depends on the result of `word`"}),
    Case("the name of an output", [("main.py", '"model"]', '"score"]')], {TRAIN: "function `train` in `main.py:18` changed; output names changed: model -> score", **BELOW_TRAIN}, same=True),
    Case("the type of an output", [("main.py", "def weigh(model: float) -> float", "def weigh(model: float) -> object")], {"weigh": "function `weigh` in `main.py:38` changed; type of output `output` changed: float -> Any", "report": REPORT_WAITS}, same=True),
    Case("the type of an input", [("main.py", "def weigh(model: float)", "def weigh(model: object)")], {"weigh": "function `weigh` in `main.py:38` changed; declared type of input `model` changed: float -> Any", "report": REPORT_WAITS}, same=True),
    Case("an input more", [("main.py", "def weigh(model: float)", "def weigh(model: float, more: int = 1)")], {"weigh": "function `weigh` in `main.py:38` changed; parameter `more` counts now", "report": REPORT_WAITS}, same=True),
    Case("an upgraded library", [("site-packages/ware-1.26.4.dist-info", "", "site-packages/ware-2.1.0.dist-info")], {"weigh": "ware 1.26 -> 2.1", "report": REPORT_WAITS}, same=True),
    Case("a library that is gone", [("site-packages/ware-1.26.4.dist-info", "", "site-packages/old")], {"weigh": "ware 1.26 -> not installed", "report": REPORT_WAITS}, same=True),
    Case("caching off for a step", [("main.py", "@step\ndef weigh", "@step(enable_cache=False)\ndef weigh")], {"weigh": "caching is off for this step", "report": REPORT_WAITS}, same=True),
    Case("caching off for all", [("main.py", "@pipeline(", "@pipeline(enable_cache=False, ")], dict.fromkeys(ALL, "caching is off for this step")),
    Case("code that nobody can tell", [("tools.py", "def tidy", "import time\nNOW = open(__file__)\n\n\ndef tidy"), ("tools.py", "abs(value)", "abs(value) if NOW else 0")], {LOAD: "caching is off for this step: tools.NOW (tools.py:2) is computed on import by open, and no digest can be taken of it: the value is a _io.TextIOWrapper, which has no lossless JSON form", **BELOW_LOAD}, same=True),
    Case("a policy that ignores an input", [("main.py", "@step\ndef report", '@step(cache_policy=CachePolicy(ignore_inputs=["weight"]))\ndef report')], {"report": "input `weight` no longer counts"}),
    Case("a policy with a file", [("main.py", "@step\ndef weigh", '@step(cache_policy=CachePolicy(files=["data/words.txt"]))\ndef weigh')], {"weigh": "file `data/words.txt` is new", "report": REPORT_WAITS}, same=True),
    Case("a policy with an object", [("main.py", "@step\ndef weigh", "@step(cache_policy=CachePolicy(objects=[tidy]))\ndef weigh")], {"weigh": "the policy's `tools:tidy` is new", "report": REPORT_WAITS}, same=True),
    Case("a policy for versions", [("main.py", "@step\ndef weigh", '@step(cache_policy=CachePolicy(versions="exact"))\ndef weigh')], {"weigh": "versions count by another policy: minor -> exact", "report": REPORT_WAITS}, same=True),
    Case("a policy with a key function", [("main.py", "@step\ndef report", "@step(cache_policy=CachePolicy(key=tidy_key))\ndef report"), ("main.py", "def told", "def tidy_key(places: int) -> int:\n    return places\n\n\ndef told")], {"report": "depends on what its key function returns, and the policy's key function changed; parameter `places` no longer counts"}),
    Case("an expiry that is over", [("main.py", "@step\ndef weigh", "@step(cache_policy=CachePolicy(expires=0.000001))\ndef weigh")], {"weigh": "the cache entry has expired", "report": REPORT_WAITS}, same=True),
]  # fmt: skip
