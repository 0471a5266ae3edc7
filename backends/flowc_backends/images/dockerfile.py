"""The Dockerfile of a step image: its render model, its quoting rules, and its two halves.

The first half (parent and packages) changes rarely and takes minutes; the second (the bundle, the
environment, the labels) changes with the code and takes a second. `halves` takes a Dockerfile
apart again for a build whose packages come from this machine.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc_backends.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.ir import DockerSettings

TEMPLATE = "docker/Dockerfile.jinja"

HOME = "/opt/flowc"
"""Where flowc keeps what it adds to an image."""

BUNDLE = f"{HOME}/bundle"
"""The unpacked bundle inside an image."""

MAIN = f"{BUNDLE}/__main__.py"
"""What starts it: Python imports less for a file than for the folder, which would do as well."""

REQUIREMENTS = f"{HOME}/requirements.txt"

PACKAGES_MARK = "# Packages, as the settings list them."
REST_MARK = "# What flowc adds."

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?([=/][A-Za-z0-9.+:~-]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
_ELSEWHERE = re.compile(r"\s*(-r|-c|-e|--requirement|--constraint|--editable)\b|\s*\.{0,2}/")
_FROM = re.compile(r"^[ \t]*FROM[ \t]+\S", re.IGNORECASE | re.MULTILINE)
_OWN_USER = re.compile(r"^[ \t]*USER[ \t]+(.+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_ESCAPE = re.compile(r"^[ \t]*#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerfileModel:
    """What the template prints. Every value is quoted for the place where it is printed.

    ``head`` is a FROM line or the author's own Dockerfile; ``apt`` and ``pip`` are the parts of
    shell commands, to be joined by ``&&``.
    """

    head: str
    apt: tuple[str, ...]
    pip: tuple[str, ...]
    bundle: bool
    python: str
    environment: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    user: str
    command: str


def render_dockerfile(
    settings: DockerSettings, *, parent: str, labels: Mapping[str, str], bundle: bool, where: str
) -> str:
    """The Dockerfile of these settings; ``where`` is the step's place in the author's code.

    Raises AuthorError for a value that a Dockerfile cannot hold.
    """
    model = DockerfileModel(
        head=_head(settings, parent, where),
        apt=_apt(settings, where),
        pip=_pip(settings),
        bundle=bundle,
        python=shlex.quote(_one_line(settings.python, "python", where)),
        environment=tuple(
            (_matching(_VARIABLE, name, "environment variable", where), _quote(name, value, where))
            for name, value in (settings.environment if bundle else ())
        ),
        labels=tuple((name, quote(_printable(value))) for name, value in labels.items()),
        user=_user(settings, where),
        command=json.dumps([settings.python, MAIN, "--help"]),
    )
    return render(
        TEMPLATE,
        model=model,
        home=HOME,
        bundle_path=BUNDLE,
        packages_mark=PACKAGES_MARK,
        rest_mark=REST_MARK,
    )


def check_parent(parent: str, where: str) -> str:
    """The parent image as it is given.

    Raises AuthorError for what cannot be an image's name.
    """
    return _matching(_REFERENCE, parent, "parent image", where)


def requirements_text(settings: DockerSettings, where: str) -> str:
    """The requirements file.

    Raises AuthorError for a line that names a file: the image's context holds none.
    """
    for line in settings.requirements:
        _one_line(line, "requirement", where)
        if _ELSEWHERE.match(line):
            raise AuthorError(
                f"the requirement '{line}' names a file that the image does not have",
                where=where,
                hint="list what the file holds, or publish the package to an index",
            )
    return "".join(f"{line}\n" for line in settings.requirements)


def halves(dockerfile: str) -> tuple[str, list[str], str]:
    """Parent lines, the shell commands that install packages, and the rest.

    ``COPY`` lines among the packages are left out: whoever runs the commands puts the requirements
    there.
    """
    head, packages, rest = _split(dockerfile)
    commands = re.findall(r"^RUN ((?:.*\\\n)*.*)$", packages, re.MULTILINE)
    return head, commands, rest


def python_of(command: str) -> str:
    """The Python whose pip a command of `halves` calls."""
    match = re.search(r"^\s*(.+?) -m pip install ", command, re.MULTILINE)
    return shlex.split(match[1])[0] if match else "python3"


def parent_of(head: str) -> str | None:
    """The parent image when ``head`` is a FROM line alone, None for an author's Dockerfile."""
    match = re.fullmatch(r"FROM (\S+)\n*", head)
    return match[1] if match else None


def quote(value: str) -> str:
    """A value in the quotes of a Dockerfile's ENV or LABEL, with nothing substituted."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _split(dockerfile: str) -> tuple[str, str, str]:
    head, mark, rest = dockerfile.rpartition(f"\n{REST_MARK}\n")
    before, packages_mark, packages = head.rpartition(f"\n{PACKAGES_MARK}\n")
    if not packages_mark:
        return head, "", mark + rest
    return before, packages, mark + rest


def _head(settings: DockerSettings, parent: str, where: str) -> str:
    if not settings.dockerfile:
        return f"FROM {parent}"
    text = settings.dockerfile.replace("\r\n", "\n").strip("\n")
    if not _FROM.search(text):
        raise AuthorError("the dockerfile has no FROM line", where=where)
    for mark in (PACKAGES_MARK, REST_MARK):
        if mark in text:
            raise AuthorError(f"the dockerfile holds flowc's own line '{mark}'", where=where)
    if _ESCAPE.search(text) or text.endswith("\\") or "\0" in text:
        raise AuthorError(
            "the dockerfile cannot be continued: it changes the escape character, ends in a "
            "backslash or holds a NUL",
            where=where,
        )
    return text


def _apt(settings: DockerSettings, where: str) -> tuple[str, ...]:
    if not settings.apt_packages:
        return ()
    names = [_matching(_PACKAGE, name, "apt package", where) for name in settings.apt_packages]
    return (
        "apt-get update",
        "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "
        + " ".join(shlex.quote(name) for name in names),
        "rm -rf /var/lib/apt/lists/*",
    )


def _pip(settings: DockerSettings) -> tuple[str, ...]:
    if not settings.requirements:
        return ()
    # Debian's Python refuses pip without the first variable; older pips know neither.
    return (
        "export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore",
        f"{shlex.quote(settings.python)} -m pip install --no-cache-dir -r {REQUIREMENTS}",
    )


def _user(settings: DockerSettings, where: str) -> str:
    """Who the image's processes are in the end: flowc's own lines need root."""
    if settings.user:
        return _matching(_USER, settings.user, "user", where)
    stage = _FROM.split(settings.dockerfile)[-1] if settings.dockerfile else ""
    users = _OWN_USER.findall(stage)
    return users[-1] if users else ""


def _quote(name: str, value: str, where: str) -> str:
    if "\n" in value or "\0" in value:
        raise AuthorError(
            f"the environment variable {name} holds a line break or a NUL, which no Dockerfile "
            "can express",
            where=where,
            hint="pass the text as a parameter of the step",
        )
    return quote(value)


def _matching(pattern: re.Pattern[str], value: str, what: str, where: str) -> str:
    if not pattern.fullmatch(value):
        raise AuthorError(f"{what} {value!r} is not one that Docker can use", where=where)
    return value


def _one_line(value: str, what: str, where: str) -> str:
    if "\n" in value or "\r" in value or "\0" in value:
        raise AuthorError(f"{what} {value!r} is not one line of text", where=where)
    return value


def _printable(value: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in value)
