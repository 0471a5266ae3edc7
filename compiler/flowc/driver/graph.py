"""A pipeline as a picture: Mermaid text, Graphviz text, or SVG drawn by Graphviz.

Every label is text of the author: it is escaped for the language it is put in, and ids of nodes
are made up, so that no name can break or change the picture.
"""

from __future__ import annotations

import subprocess
import unicodedata
from typing import TYPE_CHECKING

from flowc.errors import BackendError
from flowc.ir import OutputRef
from flowc.ir.verify import references

if TYPE_CHECKING:
    from flowc import ir

PATIENCE = 120.0
"""Seconds after which Graphviz is given up; it lays out a thousand steps in a few."""

# `%%{…}%%` is a directive wherever it stands, `style …:…#…;` loses its last semicolon, and
# backslash-n is a line break.
_MERMAID = {char: f"#{ord(char)};" for char in '"#&<>`\\{}%:;'}


def to_mermaid(pipeline: ir.Pipeline) -> str:
    """A Mermaid flowchart."""
    names = _node_names(pipeline)
    lines = ["flowchart TD"]
    lines += [f'    {names[step.id]}["{_mermaid(_label(step))}"]' for step in pipeline.steps]
    for above, below, label in _edges(pipeline):
        arrow = f'-->|"{_mermaid(label)}"|' if label else "-.->"
        lines.append(f"    {names[above]} {arrow} {names[below]}")
    return "\n".join(lines) + "\n"


def to_dot(pipeline: ir.Pipeline) -> str:
    """A Graphviz digraph."""
    names = _node_names(pipeline)
    lines = [
        f'digraph "{_dot(pipeline.name)}" {{',
        '    graph [fontname="Helvetica,sans-serif"]',
        '    node [shape=box style=rounded fontname="Helvetica,sans-serif" fontsize=12]',
        '    edge [fontname="Helvetica,sans-serif" fontsize=10]',
    ]
    for step in pipeline.steps:
        tip = _dot(str(step.location))
        lines.append(f'    {names[step.id]} [label="{_dot(_label(step))}" tooltip="{tip}"]')
    for above, below, label in _edges(pipeline):
        look = f'label="{_dot(label)}"' if label else "style=dashed"
        lines.append(f"    {names[above]} -> {names[below]} [{look}]")
    return "\n".join([*lines, "}"]) + "\n"


def to_svg(pipeline: ir.Pipeline) -> str:
    """Drawn by Graphviz.

    Raises BackendError when its program `dot` is not there or fails.
    """
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input=to_dot(pipeline),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise BackendError(
            "SVG needs Graphviz, and its program 'dot' is not on PATH",
            hint="install the package 'graphviz' (with apt-get, brew, dnf, …), "
            "or use --format mermaid",
        ) from None
    except subprocess.TimeoutExpired:
        raise BackendError(
            f"Graphviz did not finish in {PATIENCE:.0f} s", hint="use --format mermaid"
        ) from None
    if done.returncode != 0:
        raise BackendError(f"Graphviz failed: {done.stderr.strip() or done.returncode}")
    return done.stdout


def _node_names(pipeline: ir.Pipeline) -> dict[str, str]:
    return {step.id: f"s{number}" for number, step in enumerate(pipeline.steps)}


def _label(step: ir.Step) -> str:
    return step.id if step.id == step.name else f"{step.id}\n({step.name})"


def _edges(pipeline: ir.Pipeline) -> list[tuple[str, str, str]]:
    """(above, below, names of the outputs that are passed); no name where it is order alone."""
    edges: list[tuple[str, str, str]] = []
    for step in pipeline.steps:
        passed: dict[str, dict[str, None]] = {}
        for argument in step.inputs:
            for reference in references(argument.value):
                if isinstance(reference, OutputRef):
                    passed.setdefault(reference.step, {})[reference.output] = None
        edges += [(above, step.id, ", ".join(outputs)) for above, outputs in passed.items()]
        edges += [(above, step.id, "") for above in step.after if above not in passed]
    return edges


def _mermaid(text: str) -> str:
    escaped = "".join(_MERMAID.get(char, char) for char in _visible(text))
    return escaped.replace("\n", "<br/>")


def _dot(text: str) -> str:
    # Graphviz reads HTML entities in labels, and \N, \G … after a backslash.
    escaped = _visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return escaped.replace("\n", "\\n")


def _visible(text: str) -> str:
    """Control characters but the newline, and what cannot be encoded, made readable."""
    return "".join(
        char.encode("unicode_escape").decode()
        if char != "\n" and unicodedata.category(char) in {"Cc", "Cs"}
        else char
        for char in text
    )
