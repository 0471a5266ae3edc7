"""One image being built, and what to say when that fails."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.registry import BuildOptions, ImageBuild, Reporter
    from flowc_backends.images.daemon import Daemon

TAIL = 25
"""Lines of a failed build that its error quotes."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")

_COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")

_HINTS = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verif(y|ication) failed",
        "the build does not trust your network's certificate: give its PEM file as ca_bundle",
    ),
    (
        r"[Nn]ame resolution|Could not resolve|Network is unreachable",
        "the build has no network: let this machine's pip download the wheels (pip: host)",
    ),
    (
        r"No module named pip",
        "the parent image has no pip: choose another one, or add python3-pip to apt_packages",
    ),
    (
        r"(apt-get|python3?)\S*: (command )?not found",
        "the parent image lacks this program: choose one with apt and Python 3.10 or newer",
    ),
    (
        r"(COPY|ADD) failed|failed to compute cache key",
        "a dockerfile of your own can only copy from other images: its context holds no files",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An image to build, where, how, and who is told."""

    engine: Daemon
    image: ImageBuild
    options: BuildOptions
    reporter: Reporter

    def failed(self, instruction: str, tail: Iterable[str], why: str) -> BackendError:
        """The error of a build: image, steps, instruction and the end of what was printed."""
        lines = [line for line in tail if line.strip() != why.strip()]
        parent = re.match(r"FROM (\S+)", instruction, re.IGNORECASE)
        if parent and not lines:
            return missing_image(parent[1], why.strip())
        quoted = "".join(f"\n    | {line}" for line in lines[-TAIL:])
        return BackendError(
            f"image '{self.image.tag}' of {self.steps} could not be built: {why.strip()}\n"
            f"  failed: {instruction}{quoted}",
            hint=_hint("\n".join([*lines, why])),
        )

    @property
    def steps(self) -> str:
        names = ", ".join(f"'{step}'" for step in self.image.steps)
        return f"step {names}" if len(self.image.steps) == 1 else f"steps {names}"


def clean(line: str) -> str:
    """A line of a build as a terminal would leave it: without colours, overwritten parts gone."""
    return _COLOUR.sub("", line).rstrip().rpartition("\r")[2]


def proxies() -> dict[str, str]:
    """This process's proxies; as build arguments they enter neither image nor history."""
    return {name: os.environ[name] for name in PROXIES if os.environ.get(name)}


def missing_image(image: str, why: str, platform: str = "") -> BackendError:
    wanted = f" for {platform}" if platform else ""
    return BackendError(
        f"image '{image}'{wanted} is not on this machine and cannot be pulled: {why}",
        hint=f"`docker pull {image}` must work; check the name, log in with `docker login`, or "
        "name an image that `docker image ls` lists as parent_image",
    )


def _hint(text: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, text):
            return hint
    return "mend the docker settings; above is the end of what the build printed"
