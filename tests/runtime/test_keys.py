"""What is in a cache key, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from flowc_runtime import keys, versions
from tests.runtime.bundles import output, step

if TYPE_CHECKING:
    from flowc_runtime.contract import ArtifactRecord, StepSpec

DECLARED: dict[str, Any] = {"n": {"type": {"kind": "int"}}, "d": {"type": {"kind": "any"}}}


def artifact(digest: str = "d", materializer: str = "json@1", **fields: Any) -> ArtifactRecord:
    found: dict[str, Any] = {"digest": digest, "materializer": materializer, "type": "int"}
    return cast("ArtifactRecord", {**found, "uri": "", "size": 1, **fields})


def changed(spec: StepSpec, change: dict[str, Any]) -> StepSpec:
    return cast("StepSpec", {**spec, **change})


def key(spec: StepSpec, found: ArtifactRecord | None = None, **texts: str) -> str:
    parameters = keys.read_parameters(DECLARED, texts, keys.referenced_parameters(spec))
    upstream: Any = {"up": {"status": "completed", "outputs": {"output": found or artifact()}}}
    inputs = keys.resolve_inputs(spec, parameters, upstream)
    return keys.cache_key(spec, inputs, versions.here(spec))[0]


def test_the_invocation_is_not_in_it() -> None:
    assert key(step("a", "f")) == key(changed(step("b", "f"), {"name": "other", "doc": "x"}))


@pytest.mark.parametrize(
    "change",
    [
        {"ingredients": {"code": "other"}},
        {"inputs": {"x": {"value": 2}}},
        {"inputs": {"y": {"value": 1}}},
        {"inputs": {"x": {"value": True}}},
        {"inputs": {"x": {"value": 1.0}}},
        {"inputs": {"x": {"list": [{"value": 1}]}}},
        {"types": {"x": {"kind": "int"}}},
        {"outputs": []},
        {"outputs": [{"name": "output", "type": {"kind": "int"}, "materializer": None}]},
        {"outputs": [{"name": "output", "type": {"kind": "any"}, "materializer": "a:B"}]},
    ],
)
def test_what_changes_it(change: Any) -> None:
    spec = step("a", inputs={"x": {"value": 1}})
    assert key(spec) != key(changed(spec, change))


@pytest.mark.parametrize("change", [{"retry": {}}, {"upstream": ["z"]}, {"source": "x"}])
def test_what_does_not(change: Any) -> None:
    spec = step("a", inputs={"x": {"value": 1}})
    assert key(spec) == key(changed(spec, change))


def test_inputs_count_by_content() -> None:
    spec = step("a", inputs={"x": output("up")})
    assert key(spec) == key(spec, artifact(type="other", uri="elsewhere"))
    assert key(spec) != key(spec, artifact("e"))
    assert key(spec) != key(spec, artifact(materializer="json@2"))


def test_structure_counts() -> None:
    inside = [{"list": [output("up")]}, {"tuple": [output("up")]}, output("up")]
    inside.append({"dict": [["k", output("up")]]})
    assert len({key(step("a", inputs={"x": spec})) for spec in inside}) == 4


def test_parameters_count_by_value() -> None:
    spec = step("a", inputs={"x": {"parameter": "n"}})
    assert key(spec, n="1") == key(spec, n=" 1 ") == key(step("a", inputs={"x": {"value": 1}}))
    assert key(spec, n="1") != key(spec, n="2")


@pytest.mark.parametrize(
    "order", ['{"a": 1, "b": {"c": 2, "d": 3}}', '{"b": {"d": 3, "c": 2}, "a": 1}']
)
def test_the_order_of_a_dict_does_not_count(order: str) -> None:
    spec = step("a", inputs={"x": {"parameter": "d"}})
    assert key(spec, d=order) == key(spec, d='{"a":1,"b":{"c":2,"d":3}}')


def test_pairs_in_any_order() -> None:
    def of(*pairs: list[Any]) -> str:
        return key(step("a", inputs={"x": {"value": {"$dict": list(pairs)}}}))

    assert of([1, "a"], [2, "b"]) == of([2, "b"], [1, "a"])
    assert of([1, "a"], [2, "b"]) != of([1, "b"], [2, "a"])


def test_a_missing_output_is_named() -> None:
    spec = step("a", inputs={"x": output("up", "other")})
    with pytest.raises(keys.RequestError, match="'up' has no stored output 'other'"):
        key(spec)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(keys.RequestError, match="'n' has no default"):
        key(step("a", inputs={"x": {"parameter": "n"}}))


def test_versions_count_as_finely_as_asked() -> None:
    def of(level: str, numpy: str, python: str = "3.11.9") -> str:
        spec = step("a")
        spec["ingredients"]["versions"] = {"level": level, "distributions": ["numpy"]}
        found = {"python": python, "distributions": {"numpy": numpy, "other": "1"}}
        return keys.cache_key(spec, {}, versions.select(spec, found))[0]

    assert of("minor", "2.4.6") == of("minor", "2.4.7rc1", "3.11.1")
    assert of("minor", "2.4.6") != of("minor", "2.5.0")
    assert of("minor", "2.4.6") != of("minor", "2.4.6", "3.12.9")
    assert of("exact", "2.4.6") != of("exact", "2.4.7")
    assert of("exact", "2.4.6") != of("exact", "2.4.6", "3.11.10")
    assert of("ignore", "2.4.6") == of("ignore", "1.26.4", "3.10.1")


def test_code_parts_of_a_closure() -> None:
    parts = [["function", name, "x.py:1", "d"] for name in "abc"]
    table: Any = {"code": {"parts": parts, "closures": ["5", "0", "6"]}}
    found = [
        keys.code_parts(table, changed(step("a"), {"code": position})) for position in range(3)
    ]
    assert found == [[parts[0], parts[2]], [], [parts[1], parts[2]]]
    assert keys.code_parts(table, step("a")) == []
