"""Files and folders as a tar that depends on nothing but their contents and names.

Sorted, without times and owners; of the mode only whether a file can be executed is kept. Links
stay links when they are relative and lead to a place inside the folder; others are refused.
"""

from __future__ import annotations

import os
import stat

from flowc_runtime.materializers.leaves import Format, LoadError, SaveError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any, BinaryIO

_scratch: list[str] = []


def write(value: Any, file: BinaryIO) -> bool:
    path = os.path.abspath(value)
    name = os.path.basename(path)
    if not os.path.exists(path):
        raise SaveError(f"nothing exists at {value}")
    if not name:
        raise SaveError(f"{value} has no name of its own: return a file or folder below it")
    pack(path, name, file)
    return True


def read(file: BinaryIO, size: int) -> Path:
    """Extract into a temporary folder that lasts as long as this process."""
    import pathlib

    del size
    return pathlib.Path(unpack(file, scratch_folder()))


def pack(path: str, name: str, file: BinaryIO) -> None:
    """Write the file or folder at ``path`` into a tar, under ``name``."""
    import tarfile

    with tarfile.open(
        fileobj=file,
        mode="w|",
        format=tarfile.PAX_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for entry, relative in _entries(path):
            _add(archive, entry, f"{name}/{relative}" if relative else name, path)


def unpack(file: BinaryIO, folder: str) -> str:
    """Extract what ``pack`` wrote; the path of the one file or folder. Trusts no entry."""
    import tarfile

    links: list[tuple[str, str]] = []
    root = ""
    try:
        with tarfile.open(
            fileobj=file, mode="r|", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for entry in archive:
                root = root or entry.name
                target = _inside(folder, root, entry.name)
                if entry.issym():
                    links.append((target, entry.linkname))
                else:
                    _extract(archive, entry, target)
    except (tarfile.TarError, EOFError) as error:
        raise LoadError(f"the tar is damaged: {error}") from error
    if not root:
        raise LoadError("the tar is empty")
    for target, link in links:
        if not _stays_inside(os.path.join(folder, root), target, link):
            raise LoadError(f"the tar has a link that leads outside: {link}")
        os.symlink(link, target)
    return os.path.join(folder, root)


def scratch_folder() -> str:
    """A new temporary folder, removed when this process ends."""
    import tempfile

    if not _scratch:
        import atexit

        atexit.register(_remove_scratch, os.getpid())
    folder = tempfile.mkdtemp(prefix="flowc-")
    _scratch.append(folder)
    return folder


def _remove_scratch(owner: int) -> None:
    import shutil

    # A forked child inherits the list and must leave its parent's folders alone.
    for folder in _scratch if os.getpid() == owner else ():
        shutil.rmtree(folder, ignore_errors=True)


def _entries(path: str) -> Iterator[tuple[str, str]]:
    """Path and relative name of everything at ``path``, each folder before what it holds."""
    pending = [""]
    while pending:
        relative = pending.pop()
        full = os.path.join(path, relative) if relative else path
        yield full, relative
        if os.path.isdir(full) and (not relative or not os.path.islink(full)):
            names = sorted(os.listdir(full), key=os.fsencode, reverse=True)
            pending += [f"{relative}/{name}" if relative else name for name in names]


def _add(archive: tarfile.TarFile, path: str, name: str, root: str) -> None:
    import tarfile

    info = tarfile.TarInfo(name)
    # What the step returned may itself be a link: its contents count.
    status = os.stat(path) if path == root else os.lstat(path)
    info.mode = 0o755 if stat.S_ISDIR(status.st_mode) or status.st_mode & 0o100 else 0o644
    if stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    elif stat.S_ISLNK(status.st_mode):
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, os.readlink(path)
        if not _stays_inside(root, path, info.linkname):
            raise SaveError(
                f"the link {name} leads outside the folder, to {info.linkname}: "
                "copy what it leads to, or remove it"
            )
        archive.addfile(info)
    elif stat.S_ISREG(status.st_mode):
        info.size = status.st_size
        with open(path, "rb") as source:
            archive.addfile(info, source)
    else:
        raise SaveError(f"{name} is neither a file nor a folder nor a link")


def _stays_inside(root: str, path: str, link: str) -> bool:
    """Whether the link leads inside, both as it is written and through other links."""
    if os.path.isabs(link):
        return False
    written = os.path.normpath(os.path.join(os.path.dirname(path), link))
    real_root = os.path.realpath(root)
    real = os.path.realpath(os.path.join(os.path.dirname(path), link))
    return _is_below(written, os.path.normpath(root)) and _is_below(real, real_root)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _inside(folder: str, root: str, name: str) -> str:
    parts = name.split("/")
    if parts[0] != root.partition("/")[0] or any(part in {"", ".", ".."} for part in parts):
        raise LoadError(f"the tar has an entry with an unsafe name: {name!r}")
    return os.path.join(folder, name)


def _extract(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: str) -> None:
    if entry.isdir():
        os.mkdir(target)
        return
    source = archive.extractfile(entry) if entry.isreg() else None
    if source is None:
        raise LoadError(f"the tar has an entry that is no file, folder or link: {entry.name!r}")
    import shutil

    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with open(descriptor, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        if entry.mode & 0o100:
            mode = os.fstat(descriptor).st_mode
            os.fchmod(descriptor, mode | (mode & 0o444) >> 2)


FORMAT = Format("path@1", "tar", write)
