"""Keeps the values of secrets out of what is written: logs, error documents, metadata.

Every process that executes the author's code is read by another one, and nothing of what it says
is stored or passed on before it has gone through a `Redactor`. A value is found as it is, and in
the forms that it usually takes on its way: JSON and Python literals (also one in another), URLs,
HTML, what is quoted for a shell, base64 (also inside of a longer text, as in an Authorization
header) and hexadecimal. A text of several lines is also found line by line, and a URL's password
by itself. Blanks around a value do not count. Values of fewer than four characters are not looked
for: they are everywhere.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from flowc_runtime.child import Report
    from flowc_runtime.contract import SecretSpec, StackSpec

class_of: Callable[[object], Any] = type
"""The class of a value, of which type checkers then know nothing."""

MASK = b"***"

SHORTEST = 4
"""Characters of the shortest value that is looked for, and of the shortest form of one."""

SHORTEST_LINE = 8
"""Characters of a line of a longer value that is looked for by itself."""

HELD = 1 << 16
"""Bytes that are held back at most while they may belong to values, beside one whole value."""


class Redactor:
    """Masks the given values wherever they are; there must be at least one."""

    __slots__ = ("_forms", "longest")

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values for form in _forms(value)}
        self._forms = sorted(forms, key=len, reverse=True)
        self.longest = max(map(len, forms), default=0)

    def data(self, data: bytes) -> bytes:
        return _mask(data, self.spans(data))

    def text(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        masked = self.data(data)
        return text if masked is data else masked.decode("utf-8", "surrogatepass")

    def document(self, value: Any) -> Any:
        """JSON with every text in it masked."""
        kind = class_of(value)
        if kind is str:
            return self.text(value)
        if kind is list:
            return [self.document(item) for item in value]
        if kind is dict:
            return {self.text(key): self.document(item) for key, item in value.items()}
        return value

    def report(self, report: Report) -> Report:
        """What a child reports, so far as any of it is the author's words."""
        masked = dict(report)
        for name in ("metadata", "key"):
            if name in report:
                masked[name] = self.document(report[name])
        if "error" in report:
            masked["error"] = self._error(report["error"])
        if "outputs" in report:
            masked["outputs"] = [self._artifact(one) for one in report["outputs"]]
        packed = report.get("exception", "")
        if masked.get("error") != report.get("error") or self.text(packed) != packed:
            masked.pop("exception", None)  # hooks get one that is made of the document
        return masked

    def _error(self, error: dict[str, Any]) -> dict[str, Any]:
        """Where a long text was cut, a part of a value may be left that is no value any more."""
        from flowc_runtime import errors

        masked: dict[str, Any] = self.document(error)
        if len(error.get("message", "")) >= errors.MESSAGE_LIMIT:
            masked["message"] = self._cut(masked["message"])
        head, cut, tail = masked.get("traceback", "").partition(errors.LEFT_OUT)
        if cut:
            masked["traceback"] = f"{self._cut(head)}{cut}{self._cut(tail, end=False)}"
        return masked

    def _cut(self, text: str, *, end: bool = True) -> str:
        """``text`` without a beginning of a value at its end, or an end at its beginning."""
        data = text.encode("utf-8", "surrogatepass")
        if end:
            at = self.opening(data)
            data = data[:at] + (MASK if len(data) - at >= SHORTEST else data[at:])
        else:
            at = max(_closing(form, data) for form in self._forms)
            data = (MASK if at >= SHORTEST else data[:at]) + data[at:]
        return data.decode("utf-8", "replace")

    def _artifact(self, artifact: dict[str, Any]) -> dict[str, Any]:
        if "metadata" not in artifact:
            return artifact
        return {**artifact, "metadata": self.document(artifact["metadata"])}

    def stream(self, output: Callable[[bytes], None]) -> Stream:
        return Stream(self, output)

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where values are: disjoint and ascending, those that overlap joined."""
        found = sorted(span for form in self._forms for span in _occurrences(form, data))
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def opening(self, data: bytes) -> int:
        """Where the end of ``data`` may be the beginning of a value; its length if nowhere."""
        return min(_opening(form, data) for form in self._forms)


def redactor(specs: Iterable[SecretSpec], stack: StackSpec | None = None) -> Redactor | None:
    """One for those of the secrets that can be found here, for what the placeholders of the stack
    stand for, and all in this environment.

    None when there is nothing to mask.
    """
    import os

    from flowc_runtime import contract, secrets
    from flowc_runtime.stack import secret_variables

    values = {value for value in map(secrets.find, specs) if value is not None}
    values |= secrets.looked_up
    values |= {
        value for name, value in os.environ.items() if name.startswith(contract.SECRET_PREFIX)
    }
    if stack is not None:
        values |= {os.environ.get(name, "") for name in secret_variables(stack)}
    found = [value for value in values if len(value.strip()) >= SHORTEST]
    return Redactor(found) if found else None


class Stream:
    """Masks values in what comes piece by piece, also where one is spread over several pieces."""

    __slots__ = ("_held", "_limit", "_output", "_redactor")

    def __init__(self, redactor: Redactor, output: Callable[[bytes], None]) -> None:
        self._redactor = redactor
        self._output = output
        self._limit = HELD + redactor.longest
        self._held = b""

    def write(self, data: bytes) -> None:
        data = self._held + data
        spans = self._redactor.spans(data)
        cut = self._redactor.opening(data)
        # What reaches into the uncertain end stays whole, lest its rest be told.
        cut = next((start for start, end in spans if start < cut < end), cut)
        if len(data) - cut > self._limit:
            cut = len(data)
        self._held = data[cut:]
        if cut:
            self._output(_mask(data[:cut], [span for span in spans if span[0] < cut]))

    def close(self) -> None:
        """Pass the rest on; what may be most of a value is masked."""
        held, self._held = self._held, b""
        if held:
            masked = self._redactor.data(held)
            end = self._redactor.opening(masked)
            rest = masked[end:]
            self._output(masked[:end] + (MASK if len(rest) >= SHORTEST else rest))


def _mask(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    if not spans:
        return data
    parts: list[bytes] = []
    at = 0
    for start, end in spans:
        parts += [data[at:start], MASK]
        at = end
    return b"".join([*parts, data[at:]])


def _occurrences(form: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = data.find(form, at + 1)


def _opening(form: bytes, data: bytes) -> int:
    at = data.find(form[:1], max(0, len(data) - len(form) + 1))
    while at >= 0:
        if form.startswith(data[at:]):
            return at
        at = data.find(form[:1], at + 1)
    return len(data)


def _closing(form: bytes, data: bytes) -> int:
    """How many bytes at the beginning of ``data`` may be the end of a value."""
    longest = min(len(form), len(data))
    return next((n for n in range(longest, 0, -1) if form.endswith(data[:n])), 0)


def _forms(value: str) -> Iterator[bytes]:
    value = value.strip()  # `echo` left a line break, and whoever uses the value takes it away
    if len(value) < SHORTEST:
        return
    yield from (form for form in _written(value) if len(form) >= SHORTEST)
    yield from _forms(_password(value))
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (_bytes(line) for line in lines if len(line) >= SHORTEST_LINE)


def _written(value: str) -> Iterator[bytes]:
    from binascii import hexlify
    from urllib.parse import quote, quote_plus

    data = _bytes(value)
    yield data
    for text in _literals(value):
        yield _bytes(text)
        yield from (_bytes(again) for again in _literals(text))
    for text in _marked(value):
        yield _bytes(text)
    for quoted in (quote(data), quote(data, safe=""), quote_plus(data)):
        yield quoted.encode()
        yield _lower_escapes(quoted).encode()
    yield hexlify(data)
    yield hexlify(data).upper()
    yield from _encoded(data)


def _literals(text: str) -> Iterator[str]:
    """What JSON and Python make of it, without the quotes around it."""
    import json

    escaped = json.dumps(text)[1:-1]
    yield from (escaped, escaped.replace("/", "\\/"), json.dumps(text, ensure_ascii=False)[1:-1])
    # Both kinds of quotes: which of them has a backslash depends on what else is in the text.
    for literal in (
        repr(f'"{text}')[2:-1],
        ascii(f'"{text}')[2:-1],
        repr(b'"' + _bytes(text))[3:-1],
    ):
        yield literal
        yield literal.replace("\\'", "'")


def _marked(text: str) -> Iterator[str]:
    """HTML, and what shells quote."""
    from html import escape

    yield from (escape(text), escape(text, quote=False))
    yield from (text.replace("'", quote) for quote in ("'\"'\"'", "'\\''"))


def _lower_escapes(quoted: str) -> str:
    head, *parts = quoted.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in parts)])


def _password(value: str) -> str:
    """That of a URL, as it is written there."""
    scheme, separator, rest = value.partition("://")
    user, at, _ = rest.partition("/")[0].rpartition("@")
    return user.partition(":")[2] if scheme and separator and at else ""


def _encoded(data: bytes) -> Iterator[bytes]:
    """Base64 of the value, wherever it begins inside of what is encoded: without the characters
    at both ends that depend on its neighbours.
    """
    from base64 import b64encode

    for before in range(3):
        text = b64encode(bytes(before) + data)
        end = (before + len(data)) * 8 // 6
        inner = text[(before * 8 + 5) // 6 : end]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def _bytes(text: str) -> bytes:
    # Text of the environment may be no Unicode, and comes out of a program as it went in.
    return text.encode("utf-8", "surrogateescape")
