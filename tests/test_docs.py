"""Every command and snippet of README.md and docs/ is run, in a fresh folder for each document.

What a block means is said by an HTML comment just before it:

    <!-- file: pipeline.py -->            the block is written to that file
    <!-- excerpt: build/train.yaml -->    the block's lines are found there, after the commands
    <!-- exit: 2 -->                      the last command of the block ends with that status
    <!-- needs: docker -->                the block is left to e2e/test_docs.py

Without a comment, a python block is run as a script, and in a console block the lines after `$ `
are run by the shell. Output that is shown is compared loosely: `...` stands for any text, on a
line of its own for any lines. Blocks of other languages are not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^>]*) -->\n+)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``where`` is ``file:line`` of its first line."""

    where: str
    language: str
    text: str
    notes: dict[str, str]


def read_blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text")) + 1
        where = f"{document.relative_to(ROOT)}:{line}"
        notes = dict(_read_note(note) for note in (found["note"] or "").split(",") if ":" in note)
        yield Block(where, found["language"], found["text"], notes)


def run_document(document: Path, folder: Path, engines: Collection[str] = ()) -> None:
    """Do what the document says; blocks that need something else than ``engines`` are left out."""
    for number, block in enumerate(read_blocks(document)):
        if not {*block.notes.get("needs", "").split()} <= {*engines}:
            continue
        if "file" in block.notes:
            path = folder / block.notes["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif "excerpt" in block.notes:
            shown = (folder / block.notes["excerpt"]).read_text(encoding="utf-8")
            assert_output(f"...\n{block.text}...\n", shown, block.where)
        elif block.language == "python":
            (folder / f"snippet_{number}.py").write_text(block.text, encoding="utf-8")
            run_shell(f"python snippet_{number}.py", folder, block.where)
        elif block.language == "console":
            run_session(block, folder)


def run_session(block: Block, folder: Path) -> None:
    commands = list(read_session(block.text))
    for number, (command, expected) in enumerate(commands, 1):
        status = int(block.notes.get("exit", 0)) if number == len(commands) else 0
        shown = run_shell(command, folder, block.where, status)
        if expected:
            assert_output(expected, shown, f"{block.where}: {command}")


def read_session(text: str) -> Iterator[tuple[str, str]]:
    """Each command with the output that is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        while command.endswith("\\"):
            following, _, expected = expected.partition("\n")
            command = f"{command}\n{following}"
        yield command, expected


def run_shell(command: str, folder: Path, where: str, status: int = 0) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == status, f"{where}: {command}\n{result.stdout}"
    return result.stdout


def assert_output(expected: str, shown: str, where: str) -> None:
    pattern = "".join(_line_pattern(line) for line in expected.splitlines())
    lines = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    assert re.fullmatch(pattern, lines), f"{where}\nexpected:\n{expected}\nshown:\n{shown}"


def _line_pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*?"
    return r".*".join(re.escape(part) for part in line.rstrip().split("...")) + r"\n"


def _read_note(note: str) -> tuple[str, str]:
    name, _, value = note.partition(":")
    return name.strip(), value.strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_document_does_what_it_says(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOWC_STORE", raising=False)
    run_document(document, tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.finditer(_read_prose(document)):
        page = document.parent / link["path"] if link["path"] else document
        assert page.exists(), f"{document.name} links to {link['path']}"
        if link["anchor"]:
            assert link["anchor"] in _anchors(page), f"{document.name} links to #{link['anchor']}"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for target in re.findall(r"\bmake ([a-z][a-z0-9-]*)`", document.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _read_prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _read_prose(document: Path) -> str:
    return BLOCK.sub("", document.read_text(encoding="utf-8"))
