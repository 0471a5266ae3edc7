"""What an image can do for a bundle: its Python, the modules that import, the store it reaches."""

from __future__ import annotations

import json
import os
import sys

from flowc_runtime import contract
from flowc_runtime.stores import StoreError, open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.bundle import Bundle
    from flowc_runtime.contract import Json


def check(bundle: Bundle, store: str) -> str:
    """One JSON document; an empty text in it means that all is well there."""
    try:
        document: Json = {
            "protocol": contract.PROTOCOL,
            "flowc": bundle.spec["flowc"],
            "python": ".".join(map(str, sys.version_info[:3])),
            "implementation": sys.implementation.name,
            "store": _check_store(store),
            "modules": _check_modules(bundle),
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


def _check_modules(bundle: Bundle) -> dict[str, str]:
    """Each module of a step, imported as it is here: without placeholders."""
    sys.path[0:0] = bundle.source_roots()
    names = {step["function"]["module"] for step in bundle.spec["steps"]}
    return {name: _try_import(name) for name in sorted(names)}


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
