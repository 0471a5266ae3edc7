from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from flowc.driver.naming import claim, fill_in
from flowc.errors import AuthorError

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = {"n": "3", "rate": "0.5", "title": '"a b"'}


def filled(template: str) -> str:
    return fill_in(template, pipeline="train", parameters=PARAMETERS)


def test_fields_are_filled_in() -> None:
    name = filled("{pipeline}_{date}_{time} n={n} {rate:.2f} {title} {{x}}")
    assert re.fullmatch(r"train_\d{8}_\d{6} n=3 0\.50 a b \{x\}", name)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{dat}", "did you mean 'date'?"),
        ("{", "cannot be filled in"),
        ("{}", "cannot be filled in"),
        ("{n.missing}", "cannot be filled in"),
        ("{title:d}", "cannot be filled in"),
        ("x" * 201, "too long"),
        (" ", "is empty"),
    ],
)
def test_what_cannot_be_filled_in(template: str, message: str) -> None:
    with pytest.raises(AuthorError) as raised:
        filled(template)
    assert message in raised.value.render()


def test_a_taken_name_gets_a_suffix(tmp_path: Path) -> None:
    store = f"file://{tmp_path}"
    assert [claim("a/b", store=store, run=f"r-{n}") for n in range(3)] == ["a/b", "a/b-2", "a/b-3"]
