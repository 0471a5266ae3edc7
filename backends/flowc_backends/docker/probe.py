"""What must be known before containers start: does the daemon see our files, what Python is there.

One container answers both: it reads a random token from a folder of ours, writes it back beside
it, and says which Python it runs and what is installed there. Where the token does not arrive, the
daemon is on another machine and files are copied. The same container compiles the bundle for its
Python: no step does it again.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.errors import BackendError
from flowc_backends.images.checking import NEEDS_PYTHON
from flowc_backends.images.containers import HELPER, run_once
from flowc_backends.images.daemon import Container, Daemon, DaemonError
from flowc_runtime import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc_runtime.versions import Environment

OLDEST = (3, 10)
"""The oldest Python that the runtime works with."""

NOT_THERE = 127
"""Exit status of a container whose program does not exist."""

STEP_HOME = "/tmp"  # noqa: S108 - the one folder of any image that anybody can write to

INSIDE = "/run/flowc-probe"
BUNDLE_INSIDE = "/run/flowc-bundle"

# Runs on any Python 3: it has to be able to say that it is too old.
_SCRIPT = """
import json, os, sys
here, bundle, versions = sys.argv[1:]
said = {"python": list(sys.version_info[:3]), "token": None, "wrote": False, "why": ""}
if sys.version_info >= (3, 10):
    names = {}
    exec(versions, names)
    said["environment"] = names["environment"](sys.path)
try:
    with open(here + "/token") as file:
        said["token"] = file.read()
    with open(here + "/answer", "w") as file:
        file.write(said["token"])
    said["wrote"] = True
    stamp = bundle + "/.compiled-" + sys.implementation.cache_tag
    if sys.version_info >= (3, 10) and not os.path.exists(stamp):
        import compileall, py_compile
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(bundle, quiet=2, invalidation_mode=mode)
        open(stamp, "w").close()
except OSError as error:
    said["why"] = str(error)
print(json.dumps(said))
"""

_FOREIGN_FILES = (
    "bind source path does not exist",
    "mounts denied",
    "not shared",
    "not a directory",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``shared``: whether the daemon's containers read and write our files, as ``user``.

    ``environment`` is what the image has.
    """

    shared: bool
    user: str
    python: tuple[int, ...]
    environment: Environment


def ask(engine: Daemon, image: str, python: str, *, folder: Path, bundle: Path) -> Answer:
    """Ask a container of ``image``; ``folder`` is where steps will write.

    A daemon that maps user ids (rootless, or with a user namespace) lets only its own root write
    as us: hence the second user.

    Raises BackendError when the image cannot run steps at all.
    """
    token = secrets.token_hex(16)
    here = folder / f"probe-{token[:8]}"
    here.mkdir(parents=True)
    here.chmod(0o700)
    mounts = [(str(here), INSIDE, False), (str(bundle), BUNDLE_INSIDE, False)]
    said: dict[str, Any] = {}
    try:
        (here / "token").write_text(token)
        for user in our_users():
            said = _run(engine, image, python, user=user, mounts=mounts)
            _check_python(image, said["python"])
            if said["wrote"] and _is_ours(here / "answer", token):
                return _answer(said, user, shared=True)
            if said.get("foreign"):
                break
    finally:
        shutil.rmtree(here, ignore_errors=True)
    if said["token"] != token:
        return _answer(said, our_users()[0], shared=False)
    raise BackendError(
        f"containers see {folder} but cannot write there: {said['why']}",
        hint="choose a store on a file system that containers may write to",
    )


def _answer(said: dict[str, Any], user: str, *, shared: bool) -> Answer:
    python = tuple(said["python"])
    return Answer(shared=shared, user=user, python=python, environment=said["environment"])


def _check_python(image: str, version: Sequence[int]) -> None:
    if tuple(version[:2]) < OLDEST:
        found = ".".join(str(part) for part in version)
        raise BackendError(
            f"image '{image}' has Python {found}, and steps need {OLDEST[0]}.{OLDEST[1]} or newer",
            hint="choose a newer parent_image",
        )


def _is_ours(answer: Path, token: str) -> bool:
    """Whether a container wrote it for us: not as the root of this machine, nor as a stranger."""
    ours = not hasattr(os, "getuid") or answer.stat().st_uid == os.getuid()
    return ours and answer.read_text() == token


def our_users() -> list[str]:
    """The calling user, then the root of a daemon that maps user ids."""
    if not hasattr(os, "getuid"):
        return [""]
    us = f"{os.getuid()}:{os.getgid()}"
    return list(dict.fromkeys([us, "0:0"]))


def _run(
    engine: Daemon, image: str, python: str, *, user: str, mounts: Sequence[tuple[str, str, bool]]
) -> dict[str, Any]:
    container = Container(
        image=image,
        command=[python, "-c", _SCRIPT, INSIDE, BUNDLE_INSIDE, _versions_source()],
        user=user,
        environment={"HOME": STEP_HOME},
        labels={HELPER: "probe"},
        mounts=mounts,
    )
    try:
        code, output = run_once(engine, container)
    except DaemonError as error:
        if mounts and any(text in error.message for text in _FOREIGN_FILES):
            said = _run(engine, image, python, user=user, mounts=[])
            return {**said, "foreign": True}
        raise _unusable(image, error.message) from error
    if code == NOT_THERE:
        raise _unusable(image, f"it has no {python}")
    if code:
        raise _unusable(image, output)
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def _versions_source() -> str:
    """The image is asked by the code by which a step asks: keys have to be the same."""
    return Path(versions.__file__).read_text(encoding="utf-8")


def _unusable(image: str, why: str) -> BackendError:
    return BackendError(
        f"image '{image}' cannot run steps: {why.strip()}",
        hint=NEEDS_PYTHON,
    )
