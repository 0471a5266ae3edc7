"""Help teaches by example, and comes at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowc.cli.app import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import CommandLine

PAGES = ("", *COMMANDS, "runs list", "runs show", "runs logs", "config template", "config check")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_examples(
    flowc: CommandLine, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    outcome = flowc(*page.split(), "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert f"  flowc {page}".rstrip() in outcome.out or f"$(flowc {page}" in outcome.out
    assert flowc(*page.split(), "-h").out == outcome.out


def test_the_front_page(flowc: CommandLine, golden: Callable[[str, str], None]) -> None:
    golden("flowc.txt", flowc("--help").out)


def test_without_a_command_it_is_the_help(flowc: CommandLine) -> None:
    assert flowc().err == flowc("--help").out
    assert flowc().status == 2


def test_help_imports_little() -> None:
    code = (
        "import sys; from flowc.cli import main; main(['--help'])\n"
        "heavy = ('rich', 'libcst', 'jinja2', 'yaml', 'dataclasses', 'flowc.driver', 'json')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(flowc: CommandLine, shell: str) -> None:
    outcome = flowc("completion", shell)
    assert outcome.status == 0
    assert "_FLOWC_COMPLETE" in outcome.out
    assert f"# To install it:  flowc completion {shell} > " in outcome.out
    assert outcome.out.startswith("#compdef flowc\n") is (shell == "zsh")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("flowc gr", "plain,graph"),
        ("flowc runs sh", "plain,show"),
        ("flowc run p.py --target loc", "plain,local"),
        ("flowc run pip", "file,pip"),
    ],
)
def test_completion(
    flowc: CommandLine, monkeypatch: pytest.MonkeyPatch, words: str, found: str
) -> None:
    monkeypatch.setenv("_FLOWC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert flowc().out == f"{found}\n"
