"""Names of runs: filled in by whoever starts first, on every target, and unique in a store."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from flowc.cli import main
from flowc.driver.front import prepare
from flowc.errors import AuthorError
from flowc.trace.naming import fill_in
from flowc_runtime.naming import claim
from flowc_runtime.stores import open_store
from tests.authoring import load, traced, write

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {"n": 3, "rate": 0.5, "title": "a b"}


def filled(template: str) -> str:
    return fill_in(template, pipeline="train", fields=FIELDS, created=0.0)


def test_fields_are_filled_in() -> None:
    name = filled("{pipeline}_{date}_{time} n={n} {rate:.2f} {title} {{x}}")
    assert name == "train_19700101_000000 n=3 0.50 a b {x}"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{dat}", "did you mean 'date'?"),
        ("{", "cannot be filled in"),
        ("{}", "cannot be filled in"),
        ("{n.missing}", "cannot be filled in"),
        ("{title:d}", "cannot be filled in"),
        ("x" * 201, "longer than the 200 bytes"),
        (" ", "is empty"),
    ],
)
def test_what_cannot_be_filled_in(template: str, message: str) -> None:
    with pytest.raises(AuthorError) as raised:
        filled(template)
    assert message in raised.value.render()


def test_a_taken_name_gets_a_suffix(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    names = [claim(store, "a/b", f"r-{n}") for n in range(21)]
    assert names == ["a/b", *(f"a/b-{number}" for number in range(2, 22))]
    assert claim(store, "a/b", "r-0") == "a/b"
    assert claim(store, "a/b", "r-20") == "a/b-21"


PIPELINE = """
@step
def use(n: int) -> int:
    return n
@pipeline({options})
def p(n: int, rate: float = 0.5, when=None, mode: str = "x"):
    if mode == "x":
        use(n)
"""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("run_name='{m}'", "has the unknown field 'm'"),
        ("run_name='{mode:d}'", "cannot be filled in"),
        ("run_name='{n:.2q}'", "cannot be filled in"),
        ("run_name='{'", "cannot be filled in"),
        ("run_name='{team}', substitutions={'teem': 'x'}", "did you mean 'teem'?"),
        ("substitutions={'n': 'x'}", "the substitution 'n' has the name of a parameter"),
        ("substitutions={'date': 'x'}", "the substitution 'date' has the name of a field"),
        ("substitutions={'a b': 'x'}", "substitutions wants a dict of names to texts or numbers"),
        ("substitutions={'a': None}", "substitutions wants a dict of names to texts or numbers"),
    ],
)
def test_templates_are_tried_out_when_compiling(
    tmp_path: Path, options: str, message: str
) -> None:
    with pytest.raises(AuthorError) as raised:
        traced(tmp_path, PIPELINE.format(options=options))
    assert message in raised.value.render()
    assert re.match(r".*/written_\d+\.py:\d+: ", raised.value.render())


def test_values_that_only_a_run_knows_may_stand_in_a_template(tmp_path: Path) -> None:
    template = "{pipeline}-{n:03d}-{rate:.1f}-{when}-{mode}-{team:.2f}"
    options = f"run_name={template!r}, substitutions={{'team': 1}}"
    assert traced(tmp_path, PIPELINE.format(options=options)).run_name == template


@pytest.mark.parametrize("target", ["airflow", "kubeflow", "prefect"])
def test_what_an_engine_starts_knows_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source = write(tmp_path, PIPELINE.format(options="run_name='{team} {mode} {n}'"))
    (tmp_path / "c.yaml").write_text("substitutions: {team: blue}\n")
    words = ["compile", str(source), "-t", target, "-c", "c.yaml", "-o", "build", "--no-build"]
    assert main([*words, "--store", "s3://bucket"]) == 0
    (bundle,) = {*tmp_path.glob("build/images/*/**/*.pyz")}
    spec = json.loads(zipfile.ZipFile(bundle).read("pipeline.json"))
    assert spec["run_name"] == "{team} {mode} {n}"
    assert spec["substitutions"] == {"mode": "x", "team": "blue", "when": None}


def test_a_name_that_the_driver_gives_is_not_in_the_bundle(tmp_path: Path) -> None:
    pipeline = load(tmp_path, PIPELINE.format(options=""))
    digests = {
        prepare(pipeline.with_options(run_name=name), typed={"n": "1"}).bundle.digest
        for name in ("training_run_20260131_101010", "training_run_20260131_101011", None)
    }
    assert len(digests) == 1
