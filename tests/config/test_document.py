"""YAML as values with lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc.driver.configuration.document import read_document
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SET", "7")
    monkeypatch.setenv("TEXT", "a: [b]")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("UNSET", raising=False)


def read(folder: Path, text: str) -> Any:
    (folder / "c.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    return read_document("c.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-0x1F", "-0x1F"),
        ("0x1F", 31),
        ("0o17", 15),
        ("010", 10),
        ("1_000", "1_000"),
        ("-.INF", float("-inf")),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("yes", "yes"),
        ("True", True),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("!!str 3", "3"),
        ("!!float 3", 3.0),
        ("[1, {b: c}]", [1, {"b": "c"}]),
        ("${SET}", 7),
        ("'${SET}'", "7"),
        ("a${SET}b", "a7b"),
        ("${SET}${SET}", 77),
        ("${TEXT}", "a: [b]"),
        ("'${EMPTY}'", ""),
        ("${EMPTY}", None),
        ("${EMPTY:-x}", "x"),
        ("${UNSET:-3.5}", 3.5),
        ("'${UNSET:-}'", ""),
        ("$${SET}", "${SET}"),
        ("$$ $SET {SET}", "$$ $SET {SET}"),
        ("|\n  ${SET}\n  b", "7\nb\n"),
    ],
)
def test_scalars(tmp_path: Path, text: str, value: object) -> None:
    found = read(tmp_path, f"a: {text}\n").plain()["a"]
    assert (found, type(found)) == (value, type(value))


def test_every_value_knows_the_line_of_its_key(tmp_path: Path) -> None:
    document = read(tmp_path, "# note\na:\n  b:\n\n    c: 1\n  d:\n  - 1\n  - 2\n")
    found = document.value["a"].value
    assert found["b"].where == "c.yaml:3"
    assert found["b"].value["c"].where == "c.yaml:5"
    assert [item.where for item in found["d"].value] == ["c.yaml:7", "c.yaml:8"]


def test_anchors_and_merges(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: 2}\nb:\n  <<: [*a, {y: 3, z: 4}]\n  x: 5\nc: *a\n"
    found = read(tmp_path, text).plain()
    assert found["b"] == {"x": 5, "y": 2, "z": 4}
    assert found["c"] == {"x": 1, "y": 2}


def test_an_empty_file(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing\n").plain() == {}
    assert read(tmp_path, "\ufeffa: 1\n").plain() == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [1\nc: 2\n", "c.yaml:3: no valid YAML: "),
        ("a: 1\n\tb: 2\n", "c.yaml:2: no valid YAML: "),
        ("a: 1\nb: \x07\n", "c.yaml:2: no valid YAML: "),
        ("a: 1\n---\nb: 1\n", "c.yaml:2: no valid YAML: "),
        ("a: *b\n", "c.yaml:1: no valid YAML: "),
        ("a: 1\nb: 2\na: 3\n", "c.yaml:3: 'a' stands here again, after c.yaml:1"),
        ("? [a]\n: 1\n", "c.yaml:1: a key is a text"),
        ("a:\n  b: !mine 3\n", "c.yaml:2: the tag '!mine' means nothing here"),
        ("a:\n  b: !!python/name:os.system\n", "c.yaml:2: the tag "),
        ("a: !!set {b}\n", "c.yaml:1: the tag "),
        ("a: !!int b\n", "c.yaml:1: 'b' is no number"),
        ("a: &a [*a]\n", "c.yaml:1: this is nested too deeply, or in itself"),
        ("a: &a {<<: *a}\n", "c.yaml:1: this is nested too deeply, or in itself"),
        ("a: {<<: 3}\n", "c.yaml:1: '<<' takes over a mapping"),
        ("\na: ${UNSET}\n", "c.yaml:2: the environment variable UNSET is not set"),
        ("\na: x ${1}\n", "c.yaml:2: 'x ${1}' has a '${' that begins no variable"),
        ("a: ${SET\n", "c.yaml:1: '${SET' has a '${' that begins no variable"),
        ("a: \udcff\n", "the configuration 'c.yaml' is not UTF-8"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AuthorError) as raised:
        read(tmp_path, text)
    assert message in raised.value.render()
    assert raised.value.render().startswith(message)
