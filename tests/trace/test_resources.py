"""Resources and placement: what is understood, what wins, what is refused and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc import KubernetesSettings, ResourceSettings, ir
from flowc.errors import AuthorError
from flowc.ir.json import from_json, to_json
from flowc.trace.placement import placement_settings
from flowc.trace.resources import bytes_of, resource_settings
from tests.authoring import text, traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERYTHING = """
from flowc import KubernetesSettings, ResourceSettings

@step(settings={
    "resources": ResourceSettings(
        cpu_count=0.5, memory="10GB", gpu_count=2, gpu_type="amd.com/gpu"
    ),
    "kubernetes": KubernetesSettings(
        node_selector={"disk": "ssd", "example.org/zone": ""},
        tolerations=[
            {"key": "gpu", "value": "yes", "effect": "NoExecute", "toleration_seconds": 60},
            {"operator": "Exists"},
        ],
        volumes=[
            {"path": "/data", "pvc": "data", "sub_path": "in"},
            {"path": "/host", "host_path": "/srv/data"},
            {"path": "/etc/app", "config_map": "app"},
            {"path": "/scratch", "empty_dir": True, "size": "1Gi", "medium": "Memory"},
        ],
        service_account="runner",
        labels={"team": "blue"},
        annotations={"example.org/why": "{{ because }}"},
        image_pull_secrets=["registry"],
        image_pull_policy="Always",
    ),
})
def work() -> None: ...

@pipeline
def p():
    work()
"""


def test_everything_that_can_be_said(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    found = traced(tmp_path, EVERYTHING)
    assert from_json(to_json(found)) == found
    golden("everything.txt", "\n".join(text(tmp_path, EVERYTHING)) + "\n")


def test_what_is_nearer_to_the_call_wins(tmp_path: Path) -> None:
    source = """
@step(settings={"resources": {"memory": "2GB"}, "kubernetes": {"labels": {"a": "step"}}})
def work() -> None: ...

@pipeline(settings={
    "resources": {"cpu_count": 1, "memory": "1GB"},
    "kubernetes": {"labels": {"a": "pipeline"}, "service_account": "outer"},
})
def p():
    work()
    work.with_options(settings={"resources": {"cpu_count": "250m"}})()
"""
    first, second = traced(tmp_path, source).steps
    assert (first.resources.cpu, first.resources.memory) == (1000, 2 * 10**9)
    assert (second.resources.cpu, second.resources.memory) == (250, 2 * 10**9)
    assert first.placement.labels == (("a", "step"),)
    assert first.placement.service_account == "outer"


def test_no_key_knows_of_them(tmp_path: Path) -> None:
    from flowc.driver.front import complete

    source = """
@step
def work() -> int:
    return 1

@pipeline
def p():
    work()
    work.with_options(settings={
        "resources": {"cpu_count": 2}, "kubernetes": {"labels": {"a": "b"}}
    })()
"""
    found = traced(tmp_path, source)
    assert found.steps[0].resources != found.steps[1].resources
    first, second = complete(found, str(next(tmp_path.glob("*.py")))).spec["steps"]
    assert first["ingredients"] == second["ingredients"]


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("10GB", 10**10),
        ("10GiB", 10 * 2**30),
        ("512Mi", 2**29),
        ("1.5G", 1500 * 10**6),
        ("1 TB", 10**12),
        ("0.0000001kB", None),
        ("10", None),
        ("10gb", None),
        ("-1GB", None),
        (10, None),
    ],
)
def test_sizes(given: object, size: int | None) -> None:
    assert bytes_of(given) == size


@pytest.mark.parametrize(
    "given",
    [
        {"cpu": 1},
        {"cpu_count": 0},
        {"cpu_count": 0.001},
        {"cpu_count": True},
        {"cpu_count": "1e3"},
        {"memory": 10},
        {"memory": "1KB"},
        {"gpu_count": -1},
        {"gpu_count": 1.0},
        {"gpu_type": "a100"},
        [],
    ],
)
def test_refused_resources(given: Any) -> None:
    with pytest.raises(AuthorError, match=r"p\.py:3: step 'a': settings\['resources'\]"):
        resource_settings(given, title="step 'a'", where="p.py:3")


ASKING = """
@step(settings={"resources": {"gpu_type": "amd.com/gpu", "gpu_count": 1}})
def with_gpus() -> None: ...

@pipeline"""


def test_a_kind_of_gpus_that_nobody_asks_for(tmp_path: Path) -> None:
    source = """
@step(settings={"resources": {"gpu_type": "amd.com/gpu"}})
def work() -> None: ...

@pipeline
def p():
    work()
"""
    with pytest.raises(AuthorError) as error:
        traced(tmp_path, source)
    said = error.value.render()
    assert "step 'work': settings['resources'] has the gpu_type 'amd.com/gpu', but how" in said
    assert "add gpu_count" in said
    beside = source.replace("    work()", "    work()\n    with_gpus()").replace(
        "@pipeline", ASKING
    )
    with pytest.raises(AuthorError, match="step 'work'"):
        traced(tmp_path, beside)
    nobody = source.replace('"amd.com/gpu"', '"amd.com/gpu", "gpu_count": 0')
    assert traced(tmp_path, nobody).steps[0].resources.gpus == 0


def test_a_kind_of_gpus_for_those_that_ask(tmp_path: Path) -> None:
    source = """
@step
def plain() -> None: ...

@step(settings={"resources": {"gpu_count": 2}})
def fast() -> None: ...

@pipeline(settings={"resources": {"gpu_type": "amd.com/gpu"}})
def p():
    plain()
    fast()
"""
    plain, fast = traced(tmp_path, source).steps
    assert (plain.resources.gpus, fast.resources.gpus) == (0, 2)
    assert fast.resources.gpu_type == "amd.com/gpu"


REFUSED: list[Any] = [
    {"node_selectr": {}},
    {"environment": {"A": "b"}},
    {"node_selector": {"disk": "very fast"}},
    {"node_selector": {"-disk": "ssd"}},
    {"node_selector": {"disk": 1}},
    {"node_selector": ["disk"]},
    {"labels": {"flowc.run": "x"}},
    {"labels": {"a": "x" * 64}},
    {"annotations": {"a b": "c"}},
    {"annotations": {"a": "x" * 300_000}},
    {"tolerations": {"key": "a"}},
    {"tolerations": [{"ky": "a"}]},
    {"tolerations": [{"operator": "exists"}]},
    {"tolerations": [{"value": "x"}]},
    {"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]},
    {"tolerations": [{"key": "a", "toleration_seconds": 5}]},
    {"tolerations": [{"key": "a", "effect": "NoExecute", "toleration_seconds": -5}]},
    {"volumes": [{"path": "/a"}]},
    {"volumes": [{"path": "/a", "pvc": "x", "empty_dir": True}]},
    {"volumes": [{"path": "a", "pvc": "x"}]},
    {"volumes": [{"pvc": "x"}]},
    {"volumes": [{"path": "/a/../b", "pvc": "x"}]},
    {"volumes": [{"path": "/a:b", "pvc": "x"}]},
    {"volumes": [{"path": "/a", "pvc": "X"}]},
    {"volumes": [{"path": "/a", "pvc": "x", "sub_path": "../y"}]},
    {"volumes": [{"path": "/a", "host_path": "srv"}]},
    {"volumes": [{"path": "/a", "empty_dir": {}}, {"path": "/a", "pvc": "x"}]},
    {"volumes": [{"path": "/a", "pvc": "y"}, {"path": "/a", "pvc": "x"}]},
    {"volumes": [{"path": "/a", "pvc": "y", "size": "1Gi"}]},
    {"volumes": [{"path": "/a", "empty_dir": True, "size": "1"}]},
    {"volumes": [{"path": "/a", "empty_dir": True, "medium": "memory"}]},
    {"service_account": "Runner"},
    {"image_pull_secrets": "registry"},
    {"image_pull_policy": "always"},
]


def test_refused_placements(golden: Callable[[str, str], None]) -> None:
    texts: list[str] = []
    for given in REFUSED:
        with pytest.raises(AuthorError) as error:
            placement_settings(given, title="step 'a'", where="p.py:3")
        said = error.value.render()
        texts.append(said if len(said) < 1000 else f"{said[:200]}...")
    golden("refused_placements.txt", "\n".join(texts) + "\n")


def test_settings_as_objects_cannot_be_changed() -> None:
    settings = ResourceSettings(cpu_count=1)
    with pytest.raises(AttributeError, match="ResourceSettings cannot be changed"):
        settings.cpu_count = 2
    assert settings == ResourceSettings(cpu_count=1) != KubernetesSettings()
    assert repr(settings) == "ResourceSettings(cpu_count=1)"


def test_nothing_said_is_the_default() -> None:
    assert resource_settings({}, title="", where="") == ir.Resources()
    assert placement_settings({}, title="", where="") == ir.Placement()
