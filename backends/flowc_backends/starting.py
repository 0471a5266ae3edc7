"""How a container starts the bundle: what follows its Python on the command line.

    image    python3 /opt/flowc/bundle/__main__.py        step train …
    mount    python3 /opt/flowc/bundles/DIGEST.pyz        step train …
    store    python3 -c FETCH DIGEST                      step train …
    inline   python3 -c UNPACK NAME COUNT PART PART …     step train …

Neither program may hold what engines expand on their way: `{{`, `{%`, `$`.
"""

from __future__ import annotations

import base64
import bz2
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, BackendError
from flowc.registry import Size
from flowc_backends.images import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowc.registry import Bundle, EmitOptions

BUNDLES = "/opt/flowc/bundles"
"""Where a container sees the folder of bundles."""

PART = 96 * 1024
"""Characters of an inline bundle in one argument."""

ARGUMENT = 128 * 1024
"""Linux: MAX_ARG_STRLEN, 32 pages for one argument with the NUL at its end (execve(2))."""

_LINE = 80

COMMAND_LINE = 2 * 1024 * 1024
"""Linux: arguments and environment share a quarter of the stack's limit of 8 MiB (execve(2))."""

OBJECT = 1_572_864
"""etcd's `--max-request-bytes`, 1.5 MiB: the largest object that Kubernetes keeps."""

# The directory is a new one that is ours alone; a child that was forked leaves it to its parent.
UNPACK = """\
import atexit, base64, bz2, os, sys, zipimport; \
p, a = os.getpid(), sys.argv; n = int(a[2]) + 3; \
d = "/".join((os.environ.get("TMPDIR") or "/tmp", "flowc-" + os.urandom(12).hex())); \
f = "/".join((d, a[1])); os.mkdir(d, 448); \
atexit.register(lambda: os.getpid() == p and (os.unlink(f), os.rmdir(d))); \
o = open(f, "wb"); o.write(bz2.decompress(base64.b64decode("".join(a[3:n])))); o.close(); \
a[:n] = [f]; c = zipimport.zipimporter(f).get_code("__main__"); \
exec(c, dict(__name__="__main__", __file__=f + "/__main__.py"))"""
"""Writes the bundle to a temporary file and runs it there: one line."""

FETCH = """\
import atexit, hashlib, os, sys, zipimport
from urllib.parse import unquote, urlsplit

me, store = os.getpid(), os.environ.get("FLOWC_STORE", "")
name = sys.argv.pop(1) + ".pyz"
try:
    if store.startswith("file:"):
        file = unquote(urlsplit(store).path) + "/bundles/" + name
        data = open(file, "rb").read()
    else:
        from obstore.store import from_url

        data = bytes(from_url(store).get("bundles/" + name).bytes())
        folder = (os.environ.get("TMPDIR") or "/tmp") + "/flowc-" + os.urandom(12).hex()
        os.mkdir(folder, 0o700)
        file = folder + "/" + name
        atexit.register(lambda: os.getpid() == me and (os.unlink(file), os.rmdir(folder)))
        with open(file, "wb") as copy:
            copy.write(data)
except Exception as error:
    sys.exit("flowc: cannot fetch bundles/" + name + " from the store '" + store + "': "
        + str(error or type(error).__name__) + "; has this build been deployed?")
if hashlib.sha256(data).hexdigest() + ".pyz" != name:
    sys.exit("flowc: bundles/" + name + " in the store '" + store + "' is not what was compiled")
sys.argv[0] = file
code = zipimport.zipimporter(file).get_code("__main__")
exec(code, dict(__name__="__main__", __file__=file + "/__main__.py"))
"""
"""Fetches the bundle from the store, or runs it where it is, and only if it is the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Either the ``path`` of a bundle, or a ``program`` that starts one, with the ``words`` and
    the ``payload`` that it is given.
    """

    path: str = ""
    program: str = ""
    words: tuple[str, ...] = ()
    payload: str = ""
    part: int = PART

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the Python."""
        if self.path:
            return (self.path,)
        parts = (self.payload[at : at + PART] for at in range(0, len(self.payload), PART))
        return ("-c", self.program, *self.words, *parts)

    @property
    def plain(self) -> bool:
        """Whether it needs no constants in a file."""
        return self.path == MAIN

    @property
    def program_lines(self) -> list[str]:
        """The program in pieces that are pleasant to read."""
        seam = r"(?<=\n)" if "\n" in self.program else r"(?<=; )"
        return re.split(seam, self.program.rstrip("\n"))

    @property
    def payload_lines(self) -> list[str]:
        return [self.payload[at : at + _LINE] for at in range(0, len(self.payload), _LINE)]


def start_of(options: EmitOptions, target: str) -> Start:
    """How this compilation's containers start the bundle.

    Raises AuthorError when it is to be mounted from nowhere.
    """
    match options.ship:
        case "image":
            return Start(path=MAIN)
        case "mount":
            _check_folder(options, target)
            return Start(path=f"{BUNDLES}/{options.bundle.digest}.pyz")
        case "store":
            return Start(program=FETCH, words=(options.bundle.digest,))
        case "inline":
            return _carry(options.bundle)


def environment_of(
    options: EmitOptions, environment: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """What of a step's declared environment its image does not hold already."""
    return () if options.ship == "image" else tuple(environment)


def user_of(options: EmitOptions, user: str) -> str:
    """Who a step runs as, where its image does not say so."""
    return "" if options.ship == "image" else user


def argument_sizes(commands: Iterable[Sequence[str]]) -> tuple[Size, Size]:
    """The longest argument of containers' commands, and the longest command."""
    lengths = [[len(word.encode()) + 1 for word in words] for words in commands]
    return (
        Size(
            what="longest argument",
            used=max(map(max, lengths)),
            limit=ARGUMENT,
            why="Linux, for one argument of a program",
        ),
        Size(
            what="longest command",
            used=max(map(sum, lengths)),
            limit=COMMAND_LINE,
            why="Linux, for the arguments and environment of a program",
        ),
    )


def start_sizes(commands: Sequence[Sequence[str]], options: EmitOptions) -> tuple[Size, ...]:
    """Those of the commands that an engine's worker starts, or hands to a cluster."""
    sizes = argument_sizes(commands)
    if options.executor != "kubernetes":
        return sizes
    pod = Size(
        what="largest command in a pod",
        used=max(map(json_size, commands)),
        limit=OBJECT,
        why="etcd, for one object",
    )
    return (*sizes, pod)


def check_sizes(sizes: Iterable[Size], options: EmitOptions, target: str, where: str) -> None:
    """Raise BackendError for an inline bundle with which the artifact is over a limit.

    Without one a size is reported only: it is an estimate of what an engine makes of it.
    """
    over = [size for size in sizes if size.used > size.limit]
    if options.ship != "inline" or not over:
        return
    said = "; ".join(
        f"{size.what}: {size.used:,} of {size.limit:,} bytes, {size.used - size.limit:,} too many "
        f"({size.why})"
        for size in over
    )
    raise BackendError(
        f"the bundle is too large to be inline on {target}: {said}",
        where=where,
        hint="--ship store, or --ship image",
    )


def _check_folder(options: EmitOptions, target: str) -> None:
    pods = target == "Kubeflow" or options.executor == "kubernetes"
    kind, wanted = ("pvc", "pvc:NAME") if pods else ("bind", "/folder/of/the/host")
    if options.bundles is None or options.bundles.kind != kind:
        raise AuthorError(
            f"--ship mount: where are the bundles that {target} mounts?",
            hint=f"--bundles {wanted}",
        )


def _carry(bundle: Bundle) -> Start:
    """bz2 has one implementation: the same bytes on every machine."""
    text = base64.b64encode(bz2.compress(bundle.data)).decode()
    parts = -(-len(text) // PART)
    return Start(program=UNPACK, words=(bundle.filename, str(parts)), payload=text)


def json_size(document: object) -> int:
    """Bytes of a document as JSON."""
    return len(json.dumps(document, ensure_ascii=False).encode())
