"""Facts about artifacts: what they say, and that nothing depends on them."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from flowc.client import Client
from flowc_runtime.materializers import facts_of
from tests.authoring import load

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.client.document import RunDocument


class Stubborn(list[int]):
    def __len__(self) -> int:
        raise RuntimeError("not telling")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", {"length": 4}),
        (b"abc", {"length": 3}),
        ([1, 2], {"length": 2}),
        ((), {"length": 0}),
        ({"a": 1}, {"length": 1}),
        ({1, 2}, {"length": 2}),
        (collections.Counter("aab"), {"length": 2}),
        (3, {}),
        (None, {}),
        (object(), {}),
        (Stubborn(), {}),
        (np.zeros((2, 3), "float32"), {"shape": [2, 3], "dtype": "float32"}),
        (np.float64(3), {"shape": [], "dtype": "float64"}),
        (pd.Series([1.5]), {"length": 1, "dtype": "float64"}),
        (
            pd.DataFrame({"a": [1, 2], 3: [True, False]}),
            {"rows": 2, "columns": 2, "dtypes": {"a": "int64", "3": "bool"}},
        ),
        (
            pl.DataFrame({"a": [1], "b": ["x"]}),
            {"rows": 1, "columns": 2, "dtypes": {"a": "Int64", "b": "String"}},
        ),
        (pl.Series([1, 2]), {"length": 2, "dtype": "Int64"}),
    ],
)
def test_facts(value: object, expected: dict[str, Any]) -> None:
    assert facts_of(value) == expected


def test_a_wide_frame_is_not_told_whole() -> None:
    facts = facts_of(pd.DataFrame(np.zeros((1, 1000))))
    assert facts["columns"] == 1000
    assert len(facts["dtypes"]) == 100


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one").write_text("12345", encoding="utf-8")
    (tmp_path / "sub" / "two").write_text("12", encoding="utf-8")
    assert facts_of(tmp_path / "one") == {"files": 1, "bytes": 5}
    assert facts_of(tmp_path) == {"files": 2, "bytes": 7}
    assert facts_of(tmp_path / "none") == {}


SOURCE = """
@step
def make() -> tuple[Annotated[list, "items"], Annotated[int, "count"]]:
    return [1, 2, 3], 3
@step
def use(items: list) -> int:
    return sum(items)
@pipeline
def p():
    items, _ = make()
    use(items)
"""


def outputs(document: RunDocument) -> list[dict[str, Any]]:
    return [dict(output) for output in document["steps"][0]["outputs"].values()]


def test_they_are_shown_and_change_no_digest_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    pipeline = load(tmp_path, SOURCE)
    first = pipeline()
    assert [output.get("metadata") for output in outputs(first)] == [{"length": 3}, None]
    without = pipeline.with_options(enable_artifact_metadata=False)()
    assert [step["status"] for step in without["steps"]] == ["cached", "cached"]
    assert ["metadata" in output for output in outputs(without)] == [False, False]
    again = pipeline.with_options(enable_artifact_metadata=False, enable_cache=False)()
    assert ["metadata" in output for output in outputs(again)] == [False, False]
    for one, other in zip(first["steps"], again["steps"], strict=True):
        assert one["cache_key"] == other["cache_key"]
    assert [each["digest"] for each in outputs(first)] == [
        each["digest"] for each in outputs(again)
    ]
    assert Client().runs()[0]["steps"] == {"completed": 2}
