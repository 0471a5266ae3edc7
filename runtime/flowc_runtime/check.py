"""What an image can do for a bundle: its Python, the modules that import, the store it reaches."""

from __future__ import annotations

import json
import os
import sys

from flowc_runtime import contract, imports, versions
from flowc_runtime.stores import StoreError, open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from flowc_runtime.bundle import Bundle
    from flowc_runtime.contract import Json, StepSpec


def check(bundle: Bundle, store: str, steps: Collection[str] = ()) -> str:
    """One JSON document about ``steps``, or all; an empty text in it means that all is well there.

    ``modules`` are imported as steps import them: what third parties' modules are not here, and
    are not needed for that, is ``absent``. ``lacking`` are the distributions of those that the
    code of a step uses itself, by step.
    """
    specs = [it for it in bundle.spec["steps"] if not steps or it["id"] in steps]
    try:
        modules = _check_modules(bundle, specs)
        absent = _absent()
        document: Json = {
            "protocol": contract.PROTOCOL,
            "flowc": bundle.spec["flowc"],
            "python": ".".join(map(str, sys.version_info[:3])),
            "implementation": sys.implementation.name,
            "store": _check_store(store),
            "modules": modules,
            "absent": absent,
            "lacking": dict(_lacking(specs, absent)),
            "distributions": _distributions(),
        }
    finally:
        bundle.close()
    return json.dumps(document, indent=1)


def _check_store(uri: str) -> str:
    if not uri:
        return "no store was named"
    try:
        store = open_store(uri)
        probe = f"probes/{os.urandom(8).hex()}"
        store.put(probe, b"")
        store.delete(probe)
        store.close()
    except StoreError as error:
        return str(error)
    return ""


def _check_modules(bundle: Bundle, specs: list[StepSpec]) -> dict[str, str]:
    """Each module of a step, and why it cannot be imported."""
    roots = bundle.source_roots()
    sys.path[0:0] = roots
    first_party = {name.partition(".")[0] for root in roots for name in os.listdir(root)}
    imports.install("", os.environ.get("FLOWC_IMAGE", ""), first_party)
    names = {step["function"]["module"] for step in specs}
    return {name: _try_import(name) for name in sorted(names)}


def _absent() -> list[str]:
    installed = imports.installed()
    return sorted(installed.modules) if installed is not None else []


def _lacking(specs: list[StepSpec], absent: list[str]) -> Iterator[tuple[str, list[str]]]:
    missing = {versions.normalise(imports.distribution_of(name)) for name in absent}
    for step in specs:
        counted: Json = step["ingredients"].get("versions") or {}
        used: list[str] = counted.get("distributions") or []
        if missing.intersection(used):
            yield step["id"], sorted(missing.intersection(used))


def _try_import(name: str) -> str:
    try:
        __import__(name)
    except BaseException as error:  # noqa: BLE001 - author's code
        return f"{type(error).__name__}: {error}"
    return ""


def _distributions() -> dict[str, str]:
    from importlib.metadata import distributions

    found = ((one.metadata["Name"], one.version) for one in distributions())
    return {name.lower(): version for name, version in sorted(found) if name}
