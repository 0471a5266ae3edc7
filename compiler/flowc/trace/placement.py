"""``settings["kubernetes"]`` as IR, with the rules that a cluster would only tell at run time."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.numbers import shown
from flowc.errors import AuthorError
from flowc.narrowing import is_dict, is_sequence
from flowc.trace.resources import bytes_of, check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEMENT_KEYS = (
    "node_selector",
    "tolerations",
    "volumes",
    "service_account",
    "labels",
    "annotations",
    "image_pull_secrets",
    "image_pull_policy",
)
TOLERATION_KEYS = ("key", "operator", "value", "effect", "toleration_seconds")
SOURCES = ("pvc", "host_path", "config_map", "empty_dir")
VOLUME_KEYS = ("path", *SOURCES, "sub_path", "size", "medium")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
POLICIES = ("Always", "IfNotPresent", "Never")

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all annotations of a pod."""

_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_DNS}")
_LABEL_KEY = re.compile(rf"((?=[^/]{{1,253}}/){_DNS}/)?{_WORD}")
_LABEL_VALUE = re.compile(rf"({_WORD})?")
_PATH = re.compile(r"/(?!/)[^:\x00-\x1f\x7f]+")

_ANYWHERE = ir.Placement()

_VALUES = "wants a dict of keys to values as Kubernetes has them for labels"


def placement_settings(given: Any, *, title: str, where: str) -> ir.Placement:
    """Raises AuthorError for an unknown key or a value that Kubernetes would refuse."""
    if given == {}:
        return _ANYWHERE
    what = f"{title}: settings['kubernetes']"
    if is_dict(given) and "environment" in given:
        raise AuthorError(
            f"{what} has no key 'environment'",
            where=where,
            hint="settings['docker']['environment'] is given to containers on every target",
        )
    check_keys(given, PLACEMENT_KEYS, what, where)
    reader = _Reader(given, what, where)
    return ir.Placement(
        node_selector=reader.labels("node_selector"),
        tolerations=tuple(reader.each("tolerations", _toleration)),
        volumes=reader.volumes(),
        service_account=reader.name("service_account"),
        labels=reader.own_labels(),
        annotations=reader.annotations(),
        image_pull_secrets=reader.names("image_pull_secrets"),
        image_pull_policy=reader.one_of("image_pull_policy", POLICIES),
    )


class _Reader:
    def __init__(self, given: Mapping[str, Any], what: str, where: str) -> None:
        self.given, self.what, self.where = given, what, where

    def wrong(self, key: str, problem: str) -> AuthorError:
        return AuthorError(
            f"{self.what}['{key}'] {problem}, got {shown(self.given[key])}", where=self.where
        )

    def text(self, key: str) -> str:
        value = self.given.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "wants a text")
        return value or ""

    def name(self, key: str) -> str:
        value = self.text(key)
        if (value or self.given.get(key) is not None) and not _NAME.fullmatch(value):
            raise self.wrong(key, "wants a name of an object in the cluster, as 'my-data'")
        return value

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        value = self.given.get(key)
        if value is not None and value not in known:
            raise self.wrong(key, f"wants one of {', '.join(known)}")
        return value or ""

    def names(self, key: str) -> tuple[str, ...]:
        value = self.given.get(key)
        if value is None:
            return ()
        items = [*value] if is_sequence(value) else [None]
        names = [item for item in items if isinstance(item, str) and _NAME.fullmatch(item)]
        if len(names) < len(items):
            raise self.wrong(key, "wants a list of names of objects in the cluster")
        return tuple(dict.fromkeys(names))

    def pairs(self, key: str) -> list[tuple[str, str]]:
        value = self.given.get(key)
        if value is None:
            return []
        items = value if is_dict(value) else {None: None}
        pairs = [
            (name, text)
            for name, text in items.items()
            if isinstance(name, str) and isinstance(text, str) and _LABEL_KEY.fullmatch(name)
        ]
        if len(pairs) < len(items):
            raise self.wrong(key, _VALUES)
        return sorted(pairs)

    def labels(self, key: str) -> tuple[tuple[str, str], ...]:
        pairs = self.pairs(key)
        if not all(_LABEL_VALUE.fullmatch(value) for _, value in pairs):
            raise self.wrong(key, _VALUES)
        return tuple(pairs)

    def own_labels(self) -> tuple[tuple[str, str], ...]:
        pairs = self.labels("labels")
        if any(name.startswith("flowc.") for name, _ in pairs):
            raise self.wrong("labels", "has a key that begins with 'flowc.', as only flowc's do")
        return pairs

    def annotations(self) -> tuple[tuple[str, str], ...]:
        pairs = self.pairs("annotations")
        size = sum(len(f"{name}{value}".encode(errors="replace")) for name, value in pairs)
        if size > ANNOTATIONS_LIMIT:
            raise AuthorError(
                f"{self.what}['annotations'] is {size:,} bytes, and a pod's have "
                f"{ANNOTATIONS_LIMIT:,} at most",
                where=self.where,
            )
        if any("\0" in value for _, value in pairs):
            raise self.wrong("annotations", "holds a NUL")
        return tuple(pairs)

    def each(self, key: str, read: Any) -> list[Any]:
        value = self.given.get(key)
        if value is None:
            return []
        if not is_sequence(value):
            raise self.wrong(key, "wants a list")
        return [
            read(item, f"{self.what}['{key}'][{index}]", self.where)
            for index, item in enumerate(value)
        ]

    def volumes(self) -> tuple[ir.Mount, ...]:
        mounts: list[ir.Mount] = self.each("volumes", _mount)
        paths = [mount.path for mount in mounts]
        for path in paths:
            if paths.count(path) > 1:
                raise AuthorError(
                    f"{self.what}['volumes'] has two volumes at {path}", where=self.where
                )
        return tuple(mounts)


def _toleration(given: Any, what: str, where: str) -> ir.Toleration:
    check_keys(given, TOLERATION_KEYS, what, where)
    reader = _Reader(given, what, where)
    key, value = reader.text("key"), reader.text("value")
    operator = reader.one_of("operator", ("Equal", "Exists")) or "Equal"
    effect = reader.one_of("effect", EFFECTS)
    seconds = given.get("toleration_seconds")
    if key and not _LABEL_KEY.fullmatch(key):
        raise reader.wrong("key", "wants the key of a taint")
    if not _LABEL_VALUE.fullmatch(value):
        raise reader.wrong("value", "wants the value of a taint")
    if value and operator == "Exists":
        raise reader.wrong("value", "is of no use with the operator Exists")
    if not key and operator == "Equal":
        raise AuthorError(
            f"{what} lacks the key of a taint", where=where, hint="operator Exists needs none"
        )
    if seconds is not None and (type(seconds) is not int or not 0 <= seconds < 2**63):
        raise reader.wrong("toleration_seconds", "wants an integer from 0")
    if seconds is not None and effect != "NoExecute":
        raise reader.wrong("toleration_seconds", "is only for the effect NoExecute")
    return ir.Toleration(key=key, operator=operator, value=value, effect=effect, seconds=seconds)


def _mount(given: Any, what: str, where: str) -> ir.Mount:
    check_keys(given, VOLUME_KEYS, what, where)
    reader = _Reader(given, what, where)
    kinds = [kind for kind in SOURCES if given.get(kind) not in (None, False)]
    if len(kinds) != 1:
        raise AuthorError(f"{what} wants one of {', '.join(SOURCES)}, got {given!r}", where=where)
    [kind] = kinds
    path = _path(reader, "path")
    if kind != "empty_dir" and any(given.get(key) is not None for key in ("size", "medium")):
        raise AuthorError(f"{what}: size and medium are those of an empty_dir", where=where)
    if kind != "pvc" and given.get("sub_path") is not None:
        raise reader.wrong("sub_path", "is a folder of a pvc")
    return ir.Mount(
        path=path,
        kind=kind,
        source=_source(reader, kind),
        sub_path=_sub_path(reader),
        size=_size(reader),
        memory=reader.one_of("medium", ("Memory",)) == "Memory",
    )


def _source(reader: _Reader, kind: str) -> str:
    if kind == "host_path":
        return _path(reader, kind)
    if kind != "empty_dir":
        return reader.name(kind)
    if reader.given[kind] is not True:
        raise reader.wrong(kind, "wants True")
    return ""


def _path(reader: _Reader, key: str) -> str:
    path = reader.text(key)
    if not _PATH.fullmatch(path) or posixpath.normpath(path) != path:
        wants = "wants an absolute path, without a colon and without '..'"
        if key in reader.given:
            raise reader.wrong(key, wants)
        raise AuthorError(f"{reader.what}['{key}'] {wants}", where=reader.where)
    return path


def _sub_path(reader: _Reader) -> str:
    path = reader.text("sub_path")
    if path and (not _PATH.fullmatch(f"/{path}") or posixpath.normpath(f"/{path}") != f"/{path}"):
        raise reader.wrong("sub_path", "wants a relative path without '..'")
    return path


def _size(reader: _Reader) -> int:
    given = reader.given.get("size")
    size = 0 if given is None else bytes_of(given)
    if size is None or (given is not None and not size):
        raise reader.wrong("size", "wants a number with a unit, as '10GB' or '512Mi'")
    return size
