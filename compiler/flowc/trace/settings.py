"""A step's merged options as IR: whether it is cached, its retries, its image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.secrets import Secret
from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_dict, is_sequence
from flowc.trace.components import settings_keys
from flowc.trace.placement import placement_settings
from flowc.trace.resources import resource_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

COMPONENTS = ("docker", "resources", "kubernetes", "output_materializers")
DOCKER_KEYS = (
    "parent_image",
    "dockerfile",
    "requirements",
    "apt_packages",
    "environment",
    "python",
    "user",
)

_OURS = {
    "FLOWC_STORE": "--store URI, FLOWC_STORE where flowc runs, or the store of a stack",
    "FLOWC_IMAGE": "",
}
_SECRET = "FLOWC_SECRET_"  # noqa: S105 - how such variables begin


def check_components(settings: Mapping[str, Any], *, title: str, where: str) -> None:
    """Raise AuthorError for settings of a component that does not exist."""
    known = [*COMPONENTS, *settings_keys()]
    for name in settings:
        if name not in known:
            raise AuthorError(
                f"{title}: there are no settings '{name}'",
                where=where,
                hint=did_you_mean(name, known),
            )


def docker_settings(given: Any, *, title: str, where: str, folder: Path) -> ir.DockerSettings:
    """``settings["docker"]``; files are named relative to ``folder``.

    Raises AuthorError for an unknown key, a value of the wrong kind or a file that is missing.
    """
    if not is_dict(given):
        raise AuthorError(f"{title}: settings['docker'] wants a dict, got {given!r}", where=where)
    for key in given:
        if key not in DOCKER_KEYS:
            raise AuthorError(
                f"{title}: settings['docker'] has no key '{key}'",
                where=where,
                hint=did_you_mean(str(key), list(DOCKER_KEYS)),
            )
    reader = _Reader(given, title, where, folder)
    return ir.DockerSettings(
        parent_image=reader.text("parent_image"),
        dockerfile=reader.file_text("dockerfile"),
        requirements=reader.requirements(),
        apt_packages=reader.texts("apt_packages"),
        environment=reader.environment(),
        python=reader.text("python") or "python3",
        user=reader.text("user"),
    )


def secret_environment(given: Mapping[str, Any]) -> tuple[tuple[str, ir.SecretRef], ...]:
    """The secrets in the environment that `docker_settings` has checked and leaves out."""
    environment: dict[str, Any] = given.get("environment") or {}
    return tuple(
        (name, ir.SecretRef(name=value.name, key=value.key))
        for name, value in sorted(environment.items())
        if type(value) is Secret
    )


def _resources(given: Any, *, title: str, where: str, folder: Path) -> ir.Resources:
    del folder
    return resource_settings(given, title=title, where=where)


def _placement(given: Any, *, title: str, where: str, folder: Path) -> ir.Placement:
    del folder
    return placement_settings(given, title=title, where=where)


READERS: Mapping[str, Callable[..., object]] = {
    "docker": docker_settings,
    "resources": _resources,
    "kubernetes": _placement,
}
"""What reads the settings of a component, by its name: each of their keys may come alone."""


class _Reader:
    def __init__(self, given: Mapping[str, Any], title: str, where: str, folder: Path) -> None:
        self.given, self.title, self.where, self.folder = given, title, where, folder

    def text(self, key: str) -> str:
        value = self.given.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self._wrong(key, "wants a text", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.given.get(key)
        if value is None:
            return ()
        items = list(value) if is_sequence(value) else [None]
        texts = tuple(item for item in items if isinstance(item, str) and _is_line(item))
        if len(texts) < len(items):
            raise self._wrong(key, "wants a list of texts, one line each", value)
        return texts

    def requirements(self) -> tuple[str, ...]:
        """A list of requirements, or the name of a requirements file."""
        value = self.given.get("requirements")
        if not isinstance(value, str):
            return self.texts("requirements")
        lines = self._read("requirements", value).splitlines()
        return tuple(line.strip() for line in lines if line.strip() and line.strip()[0] != "#")

    def file_text(self, key: str) -> str:
        name = self.text(key)
        return self._read(key, name) if name else ""

    def environment(self) -> tuple[tuple[str, str], ...]:
        value = self.given.get("environment")
        if value is None:
            return ()
        items = value if is_dict(value) else {None: None}
        pairs = [
            (name, str(text))
            for name, text in items.items()
            if isinstance(name, str) and _is_variable(name) and type(text) in (str, int, float)
        ]
        secrets = [name for name, text in items.items() if type(text) is Secret]
        wrong = len(items) - len(pairs) - sum(map(_is_variable, map(str, secrets)))
        if wrong or any("\0" in text for _, text in pairs):
            raise self._wrong("environment", "wants a dict of names to texts", value)
        for name, _ in pairs:
            if name in _OURS or name.startswith(_SECRET):
                raise AuthorError(
                    f"{self.title}: settings['docker']['environment'] sets {name}, which is "
                    "flowc's own",
                    where=self.where,
                    hint=_OURS.get(
                        name, "a value written here is in every image; give the step a Secret"
                    ),
                )
        return tuple(sorted(pairs))

    def _read(self, key: str, name: str) -> str:
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._wrong(key, f"names a file that cannot be read ({reason})", name) from None

    def _wrong(self, key: str, problem: str, value: Any) -> AuthorError:
        return AuthorError(
            f"{self.title}: settings['docker']['{key}'] {problem}, got {value!r}",
            where=self.where,
        )


def _is_line(text: str) -> bool:
    return bool(text.strip()) and not set(text) & set("\n\r\0")


def _is_variable(name: str) -> bool:
    return bool(name) and not set(name) & set("=\0\n ")
