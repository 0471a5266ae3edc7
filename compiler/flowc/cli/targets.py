"""`flowc targets`: what each target gives, printed from the backends' own data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from flowc.registry import Backend


@click.command("targets", cls=SuggestingCommand)
@options.json_option("the table")
def targets_command(*, as_json: bool) -> None:
    """List the targets, and what each one makes of every feature.

    \b
    flowc targets
    flowc targets --json | jq '.targets.airflow.supports'

    native: by the target itself; emulated: by flowc inside the container, with the same result;
    error: refused when compiling, with the step's file and line. Nothing is dropped in silence.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc import registry

    found = [_load(registry, name) for name in registry.backend_names()]
    backends = [backend for backend in found if backend is not None]
    if as_json:
        console.print_json(_document(registry.FEATURES, backends))
    else:
        _print_table(registry.FEATURES, backends)
        _print_versions(backends)


def _load(registry: ModuleType, name: str) -> Backend | None:
    """A backend of a third party may be broken; the others are listed all the same."""
    try:
        backend: Backend = registry.find_backend(name)
    except (ImportError, AttributeError) as error:
        console.say(console.escape(f"the target '{name}' cannot be loaded: {error}"))
        return None
    return backend


def _document(features: Mapping[str, str], backends: list[Backend]) -> dict[str, object]:
    return {
        "features": dict(features),
        "targets": {
            backend.name: {
                "kind": backend.kind,
                "versions": _versions(backend),
                "supports": {name: _support(backend, name) for name in features},
                **_executors(backend),
            }
            for backend in backends
        },
    }


def _versions(backend: Backend) -> dict[str, list[str]]:
    from flowc.registry import versions_of

    versions = versions_of(backend)
    return {"series": list(versions.series), "tested": list(versions.tested)}


def _print_versions(backends: list[Backend]) -> None:
    """Of the engines: what their output is made for, and what it is tried with."""
    rows = [
        (backend.name, ", ".join(found["series"]), ", ".join(found["tested"]))
        for backend in backends
        if (found := _versions(backend))["series"]
    ]
    if not rows:
        return
    console.out()
    widths = [max(map(console.cells, column)) for column in zip(*rows, strict=True)]
    for name, series, tested in rows:
        head = f"{name.ljust(widths[0])}  {series.ljust(widths[1])}"
        console.out(f"{head}  tried with {tested}")


def _executors(backend: Backend) -> dict[str, object]:
    """What the executors of a target, if it has several, support otherwise."""
    from flowc.registry import ExecutorBackend

    if not isinstance(backend, ExecutorBackend):
        return {}
    return {"executors": {name: dict(held) for name, held in backend.executors.items()}}


def _print_table(features: Mapping[str, str], backends: list[Backend]) -> None:
    width = max(map(console.cells, features))
    widths = [max(len("emulated"), console.cells(backend.name)) for backend in backends]
    names = "  ".join(b.name.ljust(w) for b, w in zip(backends, widths, strict=True))
    head = f"{'':{width}}  {names}".rstrip()
    console.out(console.paint(head, "bold", sys.stdout))
    for name in features:
        cells = [
            console.paint_status(_support(backend, name).ljust(w), sys.stdout)
            for backend, w in zip(backends, widths, strict=True)
        ]
        console.out(f"{name.ljust(width)}  {'  '.join(cells)}".rstrip())
    console.out()
    for name, meaning in features.items():
        console.out(f"{name.ljust(width)}  {meaning}")


def _support(backend: Backend, feature: str) -> str:
    """A backend that does not speak of a feature, because it is older than that, refuses it."""
    return backend.supports.get(feature, "error")
