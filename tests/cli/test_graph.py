from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowc import ir
from flowc.driver.graph import to_dot, to_mermaid, to_svg
from flowc.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import CommandLine

    Golden = Callable[[str, str], None]

SOURCE = """
from typing import Annotated
from flowc import pipeline, step

@step
def split(n: int) -> tuple[Annotated[int, "train"], Annotated[int, "test"]]:
    return n, n

@step
def fit(data: list[int], size: int) -> int:
    return size

@step
def clean() -> None: ...

@pipeline
def diamond(n: int = 1, times: int = 2):
    train, test = split(n)
    for _ in range(times):
        fit([train, test, train], size=n)
    clean(after=[train])
"""

NASTY = 'a "b" [c] {d} <e> #f; `g`\n%%{h}%% \\n i: #x; \x00 \x1b 🎉 & style a:#b;'


def nasty_pipeline() -> ir.Pipeline:
    location = ir.Location(file="p.py", line=1)
    function = ir.Function(module="p", qualname="f")
    output = ir.Output(name=NASTY, type=ir.ANY)
    first = ir.Step(
        id=NASTY, name="first", function=function, location=location, outputs=(output,)
    )
    argument = ir.Input(name="x", type=ir.ANY, value=ir.OutputRef(step=NASTY, output=NASTY))
    last = ir.Step(
        id="end", name="end", function=function, location=location, inputs=(argument,),
        upstream=(NASTY,),
    )  # fmt: skip
    return ir.Pipeline(name=NASTY, location=location, body=ir.Block(nodes=(first, last)))


@pytest.mark.parametrize("form", ["mermaid", "text"])
def test_a_graph_as_text(flowc: CommandLine, golden: Golden, form: str) -> None:
    source = flowc.write("diamond_pipeline.py", SOURCE)
    outcome = flowc("graph", source, "--format", form)
    assert (outcome.status, outcome.err) == (0, "")
    golden(f"diamond.{form}", outcome.out)


def test_a_graph_as_json(flowc: CommandLine) -> None:
    source = flowc.write("diamond_pipeline.py", SOURCE)
    assert json.loads(flowc("graph", source, "--format", "json").out)["name"] == "diamond"


def test_a_parameter_gives_it_another_shape(flowc: CommandLine) -> None:
    source = flowc.write("diamond_pipeline.py", SOURCE)
    outcome = flowc("graph", source, "-p", "times=3")
    assert "fit_3" in outcome.out


def test_into_a_file(flowc: CommandLine) -> None:
    source = flowc.write("diamond_pipeline.py", SOURCE)
    outcome = flowc("graph", source, "-o", "graph.mmd")
    assert (outcome.out, outcome.err) == ("", "wrote graph.mmd\n")
    assert Path("graph.mmd").read_text(encoding="utf-8").startswith("flowchart TD\n")
    refused = flowc("graph", source, "-o", "none/graph.mmd")
    assert (refused.status, refused.err) == (
        2,
        "error: cannot write none/graph.mmd: No such file or directory\n",
    )


def test_labels_cannot_break_out(golden: Golden) -> None:
    golden("nasty.mermaid", to_mermaid(nasty_pipeline()))
    golden("nasty.dot", to_dot(nasty_pipeline()))


def test_svg_without_graphviz_names_the_package(
    flowc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = flowc.write("diamond_pipeline.py", SOURCE)
    monkeypatch.setenv("PATH", str(flowc.folder))
    outcome = flowc("graph", source, "--format", "svg")
    assert outcome.status == 2
    assert "install the package 'graphviz'" in outcome.err


def test_svg_is_what_dot_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the place of Graphviz, which few machines have."""
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "<svg>$1"; cat\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert to_svg(nasty_pipeline()) == "<svg>-Tsvg\n" + to_dot(nasty_pipeline())
    program.write_text("#!/bin/sh\necho no font >&2; exit 1\n", encoding="utf-8")
    with pytest.raises(BackendError, match="Graphviz failed: no font"):
        to_svg(nasty_pipeline())


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_graphviz_draws_any_name() -> None:
    assert "<svg" in to_svg(nasty_pipeline())
