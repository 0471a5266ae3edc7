"""Smoke tests: whether an image can run the steps that are meant for it, tried once for each.

A container of the image runs `check` of the bundle. What passed is remembered by the image's id,
so that nothing is tried again: an image never changes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowc.errors import BackendError, FlowcError, raise_all
from flowc_backends.images.containers import HELPER, archive, created, run
from flowc_backends.images.daemon import Container
from flowc_backends.images.dockerfile import HOME, MAIN
from flowc_backends.images.memory import cache_home
from flowc_backends.images.placing import is_object_store

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.registry import EmitOptions, ImageUse
    from flowc_backends.images.daemon import Daemon

CARRIED = f"{HOME}/check.pyz"
"""Where the bundle is put into a container whose image does not hold it."""

CLIENT = "obstore"

DOCUMENT = '{\n "protocol":'
"""How what `check` prints begins."""

NEEDS_PYTHON = (
    "a step needs an image with Python 3.10 or newer; "
    "`python` in its docker settings names another interpreter than python3"
)
NEEDS_EMULATOR = (
    "this machine cannot run images of that platform: compile on one that can, "
    "or install an emulator (binfmt)"
)


def has_passed(image: str, use: ImageUse, asked: EmitOptions) -> bool:
    """Whether the image with this id has passed for these steps and this bundle."""
    return _mark(image, use, asked).exists()


def check(engine: Daemon, image: str, use: ImageUse, asked: EmitOptions) -> None:
    """Try an image; ``image`` is its id.

    Raises BackendError, or several at once, for what its steps would miss.
    """
    code, said, noise = _ask(engine, use, asked)
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        raise _unusable(use, noise or said or f"exit status {code}") from None
    raise_all(_problems(use, found, asked))
    mark = _mark(image, use, asked)
    temporary = mark.with_name(f".{mark.name}-{secrets.token_hex(4)}")
    with suppress(OSError):  # it is tried again, then
        mark.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        temporary.replace(mark)


def _ask(engine: Daemon, use: ImageUse, asked: EmitOptions) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    carried = asked.ship != "image"
    container = Container(
        image=use.reference,
        command=[use.python, CARRIED if carried else MAIN, "check", *use.steps],
        environment={**dict(use.environment), "FLOWC_IMAGE": use.reference},
        labels={HELPER: "check"},
    )
    output: list[str] = []
    noise: list[str] = []
    try:
        with created(engine, container) as made:
            if carried:
                engine.put(made, "/", archive({CARRIED.lstrip("/"): asked.bundle.data}))
            code = run(engine, made, output.append, error=noise.append)
    except BackendError as error:
        raise _unusable(use, error.message) from error
    # The author's modules may print while they are imported.
    text = "\n".join(output)
    return code, text[max(text.rfind(DOCUMENT), 0) :], "\n".join(noise)


def _problems(use: ImageUse, found: dict[str, Any], asked: EmitOptions) -> list[FlowcError]:
    sources = {step["id"]: step["source"] for step in asked.spec["steps"]}
    modules = {step["id"]: step["function"]["module"] for step in asked.spec["steps"]}
    errors: list[FlowcError] = [
        BackendError(
            f"step '{step}' uses {', '.join(names)}, which image '{use.reference}' does not hold",
            where=sources[step],
            hint="add it to the requirements in the step's docker settings",
        )
        for step, names in found["lacking"].items()
    ]
    errors += [
        BackendError(
            f"step '{step}' cannot be imported in image '{use.reference}': "
            f"{found['modules'][modules[step]]}",
            where=sources[step],
        )
        for step in use.steps
        if found["modules"][modules[step]]
    ]
    if is_object_store(asked.store) and CLIENT not in found["distributions"]:
        errors.append(
            BackendError(
                f"image '{use.reference}' does not hold '{CLIENT}', which reaches the store "
                f"{asked.store}",
                hint=f"add '{CLIENT}' to the requirements in the docker settings, or to the image",
            )
        )
    return errors


def _unusable(use: ImageUse, why: str) -> BackendError:
    hint = NEEDS_EMULATOR if "exec format error" in why else NEEDS_PYTHON
    return BackendError(f"image '{use.reference}' cannot run steps: {why.strip()}", hint=hint)


def _mark(image: str, use: ImageUse, asked: EmitOptions) -> Path:
    needs_client = is_object_store(asked.store)
    what = [image, asked.bundle.digest, use.python, use.steps, use.environment, needs_client]
    digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    return cache_home() / "images" / f"{digest[:40]}.passed"
