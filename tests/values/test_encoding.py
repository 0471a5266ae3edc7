from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc_runtime import values
from tests.values import samples

if TYPE_CHECKING:
    from collections.abc import Callable

ZONES = st.sampled_from([None, samples.BERLIN])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters() | st.sampled_from("\ud83d\ude00\udc80"), max_size=8)
    | st.binary(max_size=8)
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.dates()
    | st.datetimes(timezones=ZONES)
    | st.timedeltas()
    | st.sampled_from([*samples.Color, *samples.Level])
)


@st.composite
def hashables(draw: st.DrawFn, depth: int = 2) -> Any:
    if depth == 0 or draw(st.booleans()):
        return draw(SCALARS)
    items = draw(st.lists(hashables(depth - 1), max_size=3))
    return draw(st.sampled_from([tuple, frozenset]))(items)


@st.composite
def anything(draw: st.DrawFn, depth: int = 3) -> Any:
    """Built by hand: strategies that describe themselves grow too long here."""
    if depth == 0:
        return draw(hashables())
    items = draw(st.lists(anything(depth - 1), max_size=3))
    keys = draw(
        st.lists(hashables() | st.text(max_size=3), min_size=3, max_size=3, unique_by=repr)
    )
    return draw(
        st.sampled_from(
            [
                items,
                tuple(items),
                dict(zip(keys, items, strict=False)),
                set(keys),
                samples.Pair(items, keys),
                samples.Arrays("a", items),
            ]
        )
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)  # fmt: skip


def shape(value: Any) -> Any:
    """Tells apart what ``==`` does not: 1, True and 1.0, the order of a dict, -0.0."""
    kind = values.class_of(value)
    if issubclass(kind, list | tuple):
        return (kind, [shape(item) for item in value])
    if issubclass(kind, dict):
        return (kind, [(shape(key), shape(item)) for key, item in value.items()])
    if issubclass(kind, set | frozenset):
        return (kind, sorted(repr(shape(item)) for item in value))
    if hasattr(kind, "__dataclass_fields__"):
        return (kind, [shape(getattr(value, name, None)) for name in kind.__dataclass_fields__])
    return (kind, hex(value) if issubclass(kind, int) else repr(value))


@pytest.mark.parametrize("name", samples.STABLE)
def test_every_supported_value_comes_back_unchanged(name: str) -> None:
    value = samples.STABLE[name]
    encoded = values.encode(value)
    again = values.decode(json.loads(json.dumps(encoded)))
    assert again == value
    assert shape(again) == shape(value)


@given(anything())
def test_a_round_trip_loses_nothing(value: object) -> None:
    text = values.dumps(values.encode(value))
    text.encode("ascii")
    assert shape(values.decode(json.loads(text))) == shape(value)
    assert shape(values.loads(text)) == shape(value)


@given(JSON)
def test_json_stands_for_itself_unless_a_key_looks_like_a_tag(value: Any) -> None:
    has_tag = '"$' in json.dumps(value)
    if not has_tag:
        assert values.encode(value) == value


@given(JSON, JSON)
def test_canonical_text_is_equal_for_equal_json_alone(one: Any, other: Any) -> None:
    def unordered(value: Any) -> Any:
        kind = values.class_of(value)
        if kind is dict:
            return (dict, sorted((key, unordered(value[key])) for key in value))
        return (list, [unordered(item) for item in value]) if kind is list else shape(value)

    def same(a: Any, b: Any) -> bool:
        return repr(unordered(a)) == repr(unordered(b))

    assert (values.canonical(one) == values.canonical(other)) == same(one, other)
    assert same(json.loads(values.canonical(one)), one)


def test_one_and_true_and_one_point_zero_have_different_canonical_text() -> None:
    assert len({values.canonical(value) for value in (1, True, 1.0, "1")}) == 4


def test_canonical_text_is_sorted_ascii_without_blanks() -> None:
    assert values.canonical({"b": [1, 1e22], "a": "ü"}) == '{"a":"\\u00fc","b":[1,1e+22]}'


@pytest.mark.parametrize("value", [(1,), {1: 2}, math.nan, math.inf, "\ud83d\ude00", {1}, b""])
def test_canonical_refuses_what_is_no_json(value: Any) -> None:
    with pytest.raises(values.NotEncodable):
        values.canonical([value])


def test_nan_stays_nan() -> None:
    assert math.isnan(values.decode(values.encode(math.nan)))


@pytest.mark.parametrize("name", samples.UNSTABLE)
def test_what_would_change_is_refused_with_its_place(name: str) -> None:
    value, text = samples.UNSTABLE[name]
    with pytest.raises(values.NotEncodable) as caught:
        values.encode(value)
    assert text in str(caught.value)


def test_a_value_inside_itself_is_refused() -> None:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    with pytest.raises(
        values.NotEncodable, match=r"at \['a'\]\[0\] is a dict that contains itself"
    ):
        values.encode(value)


def test_one_object_in_two_places_is_no_recursion() -> None:
    shared = [1]
    assert values.encode([shared, shared]) == [[1], [1]]


def test_lists_that_grow_without_end_when_written_out_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(values, "MAX_CONTAINERS", 1000)
    value: list[Any] = []
    for _ in range(90):
        value = [value, value]
    with pytest.raises(values.TooManyContainers, match="more than 1,000 containers"):
        values.encode(value)


WRAPPERS: list[Callable[[Any], Any]] = [lambda x: [x], lambda x: (x,), lambda x: {1: x}]


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_value_nested_too_deeply_is_refused(wrap: Callable[[Any], Any]) -> None:
    value: Any = 0
    for _ in range(values.MAX_DEPTH):
        value = wrap(value)
    assert values.loads(values.dumps(values.encode(value))) == value
    with pytest.raises(values.NotEncodable, match="nested more than 100 deep"):
        values.encode(wrap(value))


def test_decoded_values_share_nothing_with_the_json() -> None:
    encoded: dict[str, Any] = {"a": [{"b": []}]}
    value = values.decode(encoded)
    value["a"][0]["b"].append(1)
    assert encoded == {"a": [{"b": []}]}


def test_dataclasses_are_rebuilt_without_running_their_code() -> None:
    value = samples.Derived(3)
    value.total = 99
    assert value.doubled == 198
    calls = samples.Derived.calls
    again = values.decode(values.encode(value))
    assert (again.total, again.doubled, samples.Derived.calls) == (99, 198, calls)


def test_a_field_that_was_never_set_stays_unset() -> None:
    value = copy.copy(samples.Config(1))
    del value.color
    again = values.decode(values.encode(value))
    assert "color" not in vars(again)


def test_an_attribute_beside_the_fields_is_not_dropped_in_silence() -> None:
    value = samples.Config(1)
    vars(value)["extra"] = 1
    with pytest.raises(values.NotEncodable, match="attribute 'extra' that is no field"):
        values.encode(value)


def test_a_class_inside_a_function_is_refused() -> None:
    class Local(samples.Point):
        pass

    with pytest.raises(values.NotEncodable, match="top level of a module"):
        values.encode(Local(1))


DAMAGED: list[tuple[Any, str]] = [
    ({"$nope": 1}, "'\\$nope' is no tag"),
    ({"$enum": ["tests.values.samples:Color", "BLUE"]}, "cannot be read"),
    ({"$enum": ["no_such_module:Color", "RED"]}, "'no_such_module' is not installed"),
    ({"$dataclass": ["tests.values.samples:Gone", {}]}, "has no 'Gone'"),
    ({"$dataclass": ["tests.values.samples:Config", {"x": 1}]}, "no field 'x' any more"),
    ({"$dataclass": ["tests.values.samples:Plain", {}]}, "no dataclass any more"),
    ({"$namedtuple": ["tests.values.samples:Point", {"z": 1}]}, "the fields of"),
    ({"$bytes": 7}, "cannot be read"),
    ({"$set": [[]]}, "unhashable"),
    ({"$int": "x"}, "cannot be read"),
    ({"$datetime": ["2024-13-01"]}, "cannot be read"),
]


@pytest.mark.parametrize(("encoded", "text"), DAMAGED)
def test_damaged_json_is_refused(encoded: Any, text: str) -> None:
    with pytest.raises(values.NotDecodable, match=text):
        values.decode(encoded)


def test_classes_of_a_script_carry_the_name_of_its_module(tmp_path: Path) -> None:
    script = tmp_path / "training.py"
    script.write_text(
        "import dataclasses, json, sys\n"
        "from flowc_runtime import values\n"
        "@dataclasses.dataclass\n"
        "class Best:\n"
        "    score: float\n"
        "if __name__ == '__main__':\n"
        "    encoded = values.encode(Best(1.5))\n"
        "    assert values.decode(encoded) == Best(1.5)\n"
        "    assert 'training' not in sys.modules\n"
        "    print(json.dumps(encoded))\n"
    )
    roots = str(Path(values.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, script],
        env={"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"$dataclass": ["training:Best", {"score": 1.5}]}


def test_pydantic_models_keep_more_than_their_dump() -> None:
    pydantic: Any = import_module("pydantic")
    from tests.values import models

    value = models.Team(lead=models.Chief(name="a", title="b"), hidden="s")
    value.remember(7)
    again = values.decode(json.loads(json.dumps(values.encode(value))))
    assert again == value
    assert type(again.lead) is models.Chief
    assert (again.hidden, again.recall(), again.model_fields_set) == (
        "s",
        7,
        value.model_fields_set,
    )
    assert isinstance(again, pydantic.BaseModel)


def test_numpy_scalars_keep_their_dtype() -> None:
    np: Any = import_module("numpy")
    for value in (
        np.float32(1.5), np.int8(-1), np.bool_(True), np.datetime64("2024-01-01T00:00", "ns"),
        np.str_("ü"), np.bytes_(b"x"), np.complex64(1j), np.float64("nan"), np.uint64(2**64 - 1),
    ):  # fmt: skip
        again = values.decode(values.encode(value))
        assert type(again) is type(value)
        assert again.dtype == value.dtype
        assert again == value or value != value  # noqa: PLR0124 - NaN
    with pytest.raises(values.NotEncodable):
        values.encode(np.longdouble(1))
