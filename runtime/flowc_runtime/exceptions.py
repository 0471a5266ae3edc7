"""An exception on its way to a hook in another process: packed where it was raised, made again
where it is wanted.

The author's own class is best, out of a pickle where there is one (it comes through a pipe, never
out of the store), else out of what its error document tells. What cannot be made again, and what
was never an exception (a killed process), has a stand-in that can be shown and raised.
"""

from __future__ import annotations

import sys

from flowc_runtime import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc_runtime.contract import ErrorDocument

PACK_LIMIT = 1 << 20


class StepFailure(RuntimeError):  # noqa: N818 - not an error of its own
    """Stands in for what ended a step.

    ``kind`` is one of the error document's; ``type_name`` and ``traceback`` are the original's.
    """

    def __init__(self, document: ErrorDocument) -> None:
        super().__init__(document.get("message", ""))
        self.kind = document.get("kind", "")
        self.type_name = document.get("type", "")
        self.traceback = document.get("traceback", "")


class RemoteTraceback(Exception):  # noqa: N818 - never raised
    """The original's traceback, as the cause of what was made of it: so it is shown with it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text.rstrip()}\n"""'


def pack(error: BaseException) -> str:
    """The exception as text, nothing when that cannot be done."""
    import pickle
    from base64 import b64encode

    whole, made_of = _dump(error), _dump((type(error), error.args, _dump_state(error)))
    if len(whole) + len(made_of) > PACK_LIMIT:
        made_of = b""
    if not (whole or made_of) or len(whole) > PACK_LIMIT:
        return ""
    return b64encode(pickle.dumps((whole, made_of))).decode()


def _dump_state(error: BaseException) -> dict[str, bytes]:
    """Attributes, each by itself: one that cannot be sent takes no other along."""
    try:
        state = dict(vars(error))
    except (Exception, SystemExit):  # noqa: BLE001 - author's code
        return {}
    return {name: data for name, value in state.items() if (data := _dump(value))}


def _dump(value: object) -> bytes:
    import pickle

    try:
        return pickle.dumps(value, protocol=5)
    except BaseException:  # noqa: BLE001 - author's code
        return b""


def rebuild(document: ErrorDocument, packed: str = "") -> BaseException:
    """An exception for the document; ``packed`` is what `pack` made of the original."""
    found = _unpack(packed, document) if packed else None
    if found is None:
        found = _remake(document)
    if found is None:
        found = _stand_in(document)
    text = document.get("traceback", "")
    if text:
        found.__cause__ = RemoteTraceback(text)
    return found


def _unpack(packed: str, document: ErrorDocument) -> BaseException | None:
    """As the class wants it; else, when its constructor takes other arguments than it hands on,
    by its attributes.
    """
    from base64 import b64decode

    whole, made_of = _load(b64decode(packed)) or (b"", b"")
    found = _checked(_load(whole), document)
    if found is None and (parts := _load(made_of)):
        kind, arguments, attributes = parts
        found = _checked(_bare(kind, arguments), document)
        if found is not None:
            vars(found).update((name, _load(data)) for name, data in attributes.items())
    return found


def _load(data: bytes) -> Any:
    import pickle

    try:
        return pickle.loads(data) if data else None  # noqa: S301 - from our own child
    except (Exception, SystemExit):  # noqa: BLE001 - author's code
        return None


def _remake(document: ErrorDocument) -> BaseException | None:
    """Out of the class and its arguments, as unpickling would; without the class's own code when
    that refuses.
    """
    if document.get("kind") not in {"exception", "input", "output"}:
        return None
    kind = _find_class(document.get("type", ""))
    if kind is None:
        return None
    arguments = _arguments(document)
    return _checked(_call(kind, arguments), document) or _checked(_bare(kind, arguments), document)


def _call(kind: type[BaseException], arguments: tuple[Any, ...]) -> object:
    try:
        return kind(*arguments)
    except (Exception, SystemExit):  # noqa: BLE001 - author's code
        return None


def _bare(kind: type[BaseException], arguments: tuple[Any, ...]) -> object:
    try:
        found = kind.__new__(kind, *arguments)
        found.args = arguments
    except (Exception, SystemExit):  # noqa: BLE001 - author's code
        return None
    return found


def _arguments(document: ErrorDocument) -> tuple[Any, ...]:
    if "args" in document:
        from flowc_runtime import values

        try:
            return tuple(values.decode(document["args"]))
        except (Exception, SystemExit):  # noqa: BLE001 - the author's types may be in it
            return ()
    message = document.get("message", "")
    return (message,) if message else ()


def _checked(found: object, document: ErrorDocument) -> BaseException | None:
    """Only what says the same as the original is usable."""
    if not isinstance(found, BaseException):
        return None
    said, message = errors.message_of(found), document.get("message", "")
    if said == errors.SILENT:
        return None
    if said == message:
        return found
    # Which input or output it was stands before the exception's own message.
    own = document.get("kind") != "exception" and said and message.endswith(said)
    return found if own else None


def _find_class(name: str) -> type[BaseException] | None:
    """``package.module.Class``; where the module ends is found by trying."""
    parts = name.split(".")
    if len(parts) == 1:
        parts = ["builtins", name]
    for cut in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:cut])
        try:
            __import__(module)
            found: Any = sys.modules[module]
            for part in parts[cut:]:
                found = getattr(found, part)
        except (Exception, SystemExit):  # noqa: BLE001, S112 - importing may run anything
            continue
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
    return None


def _stand_in(document: ErrorDocument) -> StepFailure:
    """What the author raised is called so: messages are made of the class's name."""
    if document.get("kind") != "exception":
        return StepFailure(document)
    name = document.get("type", "").rpartition(".")[2] or "StepFailure"
    kind: type[StepFailure] = type(name, (StepFailure,), {})
    return kind(document)
