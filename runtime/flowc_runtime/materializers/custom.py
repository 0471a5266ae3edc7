"""Materializers of the author's: their file as it is, their folder packed into a tar."""

from __future__ import annotations

import os

from flowc_runtime.materializers import paths
from flowc_runtime.materializers.leaves import LoadError, SaveError
from flowc_runtime.values import NotDecodable, objects, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The first entry of a packed folder; it tells the tar from a file that happens to be a tar.
_FOLDER = ".flowc-folder"
_MARK = f"{_FOLDER}/\0".encode()


def save(value: object, path: str, name: str) -> str:
    import pathlib
    import shutil
    import tempfile

    try:
        author = objects.find_class(name)()
    except NotDecodable as error:
        raise SaveError(f"its materializer cannot be used: {error}") from error
    types = getattr(author, "types", object)
    if not isinstance(value, types):
        raise SaveError(f"its materializer {name} does not take a {type_name(type(value))}")
    folder = tempfile.mkdtemp(prefix="flowc-", dir=os.path.dirname(path) or ".")
    try:
        target = pathlib.Path(folder, f"artifact{getattr(author, 'suffix', '')}")
        _call(author.save, value, target, name)
        _collect(target, path, name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{name}@{_version(author)}"


def load(materializer: str, path: str) -> Any:
    import pathlib

    name, _, version = materializer.rpartition("@")
    author = objects.find_class(name)()
    if _version(author) != version:
        raise LoadError(f"{name} has version {_version(author)} now and wrote it with {version}")
    with open(path, "rb") as file:
        packed = file.read(len(_MARK)) == _MARK
        file.seek(0)
        if packed:
            return author.load(pathlib.Path(paths.unpack(file, paths.scratch_folder())))
    suffix = getattr(author, "suffix", "")
    if suffix:
        link = os.path.join(paths.scratch_folder(), f"artifact{suffix}")
        os.symlink(os.path.abspath(path), link)
        path = link
    return author.load(pathlib.Path(path))


def _collect(target: Any, path: str, name: str) -> None:
    if target.is_dir():
        with open(path, "wb") as file:
            paths.pack(str(target), _FOLDER, file)
    elif target.is_file():
        os.replace(target, path)
    else:
        written = ", ".join(sorted(item.name for item in target.parent.iterdir())) or "nothing"
        raise SaveError(f"its materializer {name} was to write {target.name} and wrote {written}")


def _call(method: Any, value: object, target: object, name: str) -> None:
    try:
        method(value, target)
    except Exception as error:
        text = f"its materializer {name} raised {type(error).__name__}: {error}"
        raise SaveError(text) from error


def _version(author: object) -> str:
    return str(getattr(author, "version", "1"))
