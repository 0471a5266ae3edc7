"""Templates are compiled once, and again when what was kept cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from flowc_backends.rendering import CompiledTemplates
from flowc_templates import environment

if TYPE_CHECKING:
    from pathlib import Path

NAME = "docker/Dockerfile.jinja"


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "flowc/code"


def load(monkeypatch: pytest.MonkeyPatch, *, compiled: bool) -> None:
    """Load the template as a new process would, which compiles it or must not."""

    def refuse(*_arguments: object, **_more: object) -> NoReturn:
        pytest.fail("it was compiled again")

    jinja = environment()
    jinja.bytecode_cache = CompiledTemplates()
    with monkeypatch.context() as patch:
        if not compiled:
            patch.setattr(jinja, "compile", refuse)
        jinja.get_template(NAME)


def test_a_template_is_compiled_once(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    load(monkeypatch, compiled=True)
    assert len(list(kept.iterdir())) == 1
    load(monkeypatch, compiled=False)


@pytest.mark.parametrize("text", [b"", b"nonsense", b"{}"])
def test_what_is_damaged_is_compiled_again(
    monkeypatch: pytest.MonkeyPatch, kept: Path, text: bytes
) -> None:
    load(monkeypatch, compiled=True)
    (file,) = kept.iterdir()
    file.write_bytes(text)
    load(monkeypatch, compiled=True)
    load(monkeypatch, compiled=False)
