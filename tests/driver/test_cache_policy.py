"""What a cache policy does to the runs of a pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from flowc.driver import load_pipeline
from flowc_runtime import contract, records
from flowc_runtime.stores import open_store

SOURCE = """
import helper
from flowc import CachePolicy, pipeline, step

def size(path):
    if path == "broken":
        raise ValueError("no such path")
    if path == "gone":
        raise SystemExit("no more")
    return object() if path == "odd" else len(open(path).read())

@step
def make(n: int) -> list[int]:
    return [n] * 3

def first(numbers):
    return numbers[0]

class Model:
    depth = 1

POLICY

@step(cache_policy=policy)
def use(path: str = "data.txt", note: int = 1) -> int:
    return note

@step(cache_policy=CachePolicy(key=first))
def look(numbers: list[int]) -> int:
    return len(numbers)

@pipeline
def p(path: str = "data.txt", note: int = 1, n: int = 1):
    use(path, note)
    look(make(n))
"""


class Project:
    """A pipeline with a policy, run again and again against one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = open_store(f"file:{folder}/store")
        (folder / "helper.py").write_text("def shift(x):\n    return x + 1\n")
        (folder / "data.txt").write_text("abc")

    def run(self, policy: str, *, source: str = SOURCE, **parameters: Any) -> dict[str, Any]:
        """The step's result, and what the run says of the others."""
        file = self.folder / "p.py"
        text = source.replace("POLICY", f"policy = {policy}")
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        for module in ("p", "helper"):
            sys.modules.pop(module, None)
        document: Any = load_pipeline(str(file))(**parameters)
        self.steps = {step["id"]: step["status"] for step in document["steps"]}
        result = records.read_result(self.store, document["run_id"], "use", 1)
        assert result is not None
        return dict(result)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWC_STORE", f"file:{tmp_path}/store")
    return Project(tmp_path)


def test_an_ignored_input_does_not_count(project: Project) -> None:
    policy = "CachePolicy(ignore_inputs=['note'])"
    assert project.run(policy)["status"] == "completed"
    assert project.run(policy, note=2)["status"] == "cached"
    assert project.run(policy, path="other")["status"] == "completed"


def test_a_file_counts_by_its_contents(project: Project) -> None:
    policy = "CachePolicy(files=['*.txt'])"
    project.run(policy)
    assert project.run(policy)["status"] == "cached"
    Path("data.txt").write_text("changed")
    assert project.run(policy)["status"] == "completed"


def test_an_object_counts_by_its_code(project: Project) -> None:
    policy = "CachePolicy(objects=[Model, helper.shift])"
    project.run(policy)
    Path("helper.py").write_text("def shift(x):  # same\n    return x + 1\n")
    assert project.run(policy)["status"] == "cached"
    Path("helper.py").write_text("def shift(x):\n    return x + 2\n")
    assert project.run(policy)["status"] == "completed"


def test_a_key_function_counts_in_place_of_what_it_takes(project: Project) -> None:
    policy = "CachePolicy(key=size)"
    first = project.run(policy)
    Path("same_size.txt").write_text("xyz")
    second = project.run(policy, path="same_size.txt")
    assert (second["status"], second["cache_key"]) == ("cached", first["cache_key"])
    assert project.run(policy, note=2)["status"] == "completed"
    Path("data.txt").write_text("longer")
    assert project.run(policy)["status"] == "completed"


def test_a_key_function_of_a_stored_input(project: Project) -> None:
    project.run("CachePolicy()")
    project.run("CachePolicy()", n=1, note=5)
    assert project.steps == {"use": "completed", "make": "cached", "look": "cached"}
    project.run("CachePolicy()", n=2)
    assert project.steps == {"use": "cached", "make": "completed", "look": "completed"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("broken", "the key function failed: no such path"),
        ("gone", "the key function failed: it called sys.exit(no more)"),
        ("odd", "the key function failed: "),
    ],
)
def test_a_key_function_that_fails_costs_the_cache_only(
    project: Project, path: str, reason: str
) -> None:
    for _ in range(2):
        result = project.run("CachePolicy(key=size)", path=path)
        assert result["status"] == "completed"
        assert result["reason"].startswith(reason)
        assert "cache_key" not in result


def test_an_entry_expires_and_is_replaced(project: Project) -> None:
    policy = "CachePolicy(expires=1000)"
    key = contract.action_key(project.run(policy)["cache_key"])
    assert project.run(policy)["status"] == "cached"
    entry: Any = records.read(project.store, key)
    project.store.put(key, records.dump({**entry, "created": entry["created"] - 1001}))
    late = project.run(policy)
    assert (late["status"], late["reason"]) == ("completed", "the cache entry has expired")
    assert project.run(policy)["status"] == "cached"


@pytest.mark.parametrize("policy", ["CachePolicy(versions='exact')", "CachePolicy()"])
def test_a_policy_without_inputs_changes_no_more_than_it_says(
    project: Project, policy: str
) -> None:
    first = project.run("CachePolicy()")["cache_key"]
    assert (project.run(policy)["cache_key"] == first) == (policy == "CachePolicy()")
    assert project.run("CachePolicy(expires=9)")["cache_key"] == first


def test_enable_cache_beats_a_policy(project: Project) -> None:
    policy = "CachePolicy(key=size)"
    project.run(policy)
    off = SOURCE.replace("cache_policy=policy", "cache_policy=policy, enable_cache=False")
    assert project.run(policy, source=off)["status"] == "completed"
    assert project.run(policy, source=off)["reason"] == "caching is off for this step"
