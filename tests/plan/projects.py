"""A project of an author's that is planned, run and edited, as with the command line.

What imports the author's modules happens in a fork of this process: the next command imports them
anew, and everything of ours is loaded already.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowc import cli
from flowc.cli.app import COMMANDS
from flowc.passes import distributions
from flowc_runtime import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LOADED = [
    import_module(name.partition(":")[0])
    for name in (
        *COMMANDS.values(),
        "flowc.cli.frame",
        "flowc.driver.plan",
        "flowc.passes.code.form",
        "flowc.passes.code.effects",
        "flowc_backends.local",
        "libcst",
    )
]
"""What a command would import: loaded once, before anything is forked."""

Edit = tuple[str, str, str]


class Project:
    """Files in a folder, and a store beside them."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder = folder / "project"
        self.store = f"file:{folder / 'store'}"
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, *edits: Edit) -> None:
        for name, old, new in edits:
            text = (self.folder / name).read_text(encoding="utf-8")
            assert old in text, f"{name} has no {old!r}"
            self.write(name, text.replace(old, new))

    def flowc(self, *arguments: str, status: int = 0) -> str:
        """What a command prints when it ends as it should."""
        ended, out, err = forked(lambda: self._command(arguments))
        assert ended == status, err
        return str(out)

    def fails(self, *arguments: str) -> tuple[int, str]:
        status, _, err = forked(lambda: self._command(arguments))
        return status, err

    def plan(self, *arguments: str) -> dict[str, Any]:
        """The plan's steps by their ids."""
        return _steps(self.flowc("plan", "--json", *arguments))

    def run(self, *arguments: str) -> dict[str, Any]:
        return _steps(self.flowc("run", "--json", *arguments))

    def show(self, run: str) -> dict[str, Any]:
        return _steps(self.flowc("runs", "show", run, "--json"))

    def call(self, function: Callable[[], Any]) -> Any:
        """What a function returns, as JSON, that is called in the project's folder."""

        def entered() -> Any:
            self._enter()
            return function()

        return forked(entered)

    def _enter(self) -> None:
        os.chdir(self.folder)
        os.environ["FLOWC_STORE"] = self.store
        sys.dont_write_bytecode = True
        _forget_what_is_installed()

    def _command(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        self._enter()
        sys.stdout, sys.stderr = out, err = io.StringIO(), io.StringIO()
        return cli.main(list(arguments)), out.getvalue(), err.getvalue()


def _forget_what_is_installed() -> None:
    """It is looked at once in a process, and an earlier test of this one may have done so."""
    versions.__dict__["_here"] = None
    for found in vars(distributions).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


def _steps(text: str) -> dict[str, Any]:
    return {step["id"]: step for step in json.loads(text)["steps"]}


def forked(function: Callable[[], Any]) -> Any:
    """What the function returns in a fork of this process, as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as stream:
                json.dump(function(), stream)
            status = 0
        except BaseException:  # noqa: BLE001 - a fork must not go on with pytest's own work
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the fork failed, see its traceback"
    return json.loads(text)
