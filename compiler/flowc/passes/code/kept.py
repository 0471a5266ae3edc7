"""The whole answer for a pipeline, kept until one of its modules changes."""

from __future__ import annotations

import hashlib
from itertools import compress
from typing import TYPE_CHECKING, Any

from flowc.passes.code import live
from flowc.passes.code.memory import MEMORY
from flowc.passes.code.parts import selectors
from flowc.passes.code.result import Code, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowc.passes.code.closure import Values
    from flowc.passes.code.given import Subject
    from flowc.trace.modules import Module


class Kept:
    """What the subjects' codes were when their modules had the same text."""

    def __init__(
        self, pipeline: str, subjects: list[Subject], modules: Mapping[str, Module]
    ) -> None:
        self.subjects = subjects
        self._modules = modules
        self._name = name_of(pipeline, modules)
        self._key = key_of((str(tuple(subject)) for subject in subjects), modules)

    def load(self) -> dict[Subject, Code] | None:
        """The codes, unless a module or a global that counts by its value has changed."""
        kept = MEMORY.load(self._name)
        if kept.get("key") != self._key:
            return None
        for module, name, kind, *outcome in kept["values"]:
            if list(live.digest_value(self._modules[module], name, kind)) != outcome:
                return None
        parts = [Part(*part) for part in kept["parts"]]
        known: dict[str, tuple[Part, ...]] = {}
        found: dict[Subject, Code] = {}
        for subject, code in zip(self.subjects, kept["codes"], strict=True):
            digest, bits, packages, uncacheable = code
            if bits not in known:
                known[bits] = tuple(compress(parts, selectors(int(bits, 16))))
            found[subject] = Code(digest, known[bits], tuple(packages), uncacheable)
        return found

    def save(self, codes: Mapping[Subject, Code], values: Values) -> None:
        parts = sorted({part for code in codes.values() for part in code.parts})
        positions = {part: position for position, part in enumerate(parts)}
        bits: dict[tuple[Part, ...], str] = {}
        packed: list[Any] = []
        for subject in self.subjects:
            code = codes[subject]
            if code.parts not in bits:
                bits[code.parts] = hex(sum(1 << positions[part] for part in code.parts))
            packed.append([code.digest, bits[code.parts], code.third_party, code.uncacheable])
        looked = [[*name, *outcome] for name, outcome in sorted(values.items())]
        kept = {"key": self._key, "values": looked, "parts": parts, "codes": packed}
        MEMORY.save(self._name, kept)


def name_of(answer: str, modules: Mapping[str, Module]) -> str:
    """Under which an answer about these modules is kept."""
    first = next(iter(modules.values()), None)
    return f"{first.file if first else ''}:{answer}"


def key_of(asked: Iterable[str], modules: Mapping[str, Module]) -> str:
    """Changes with what is asked and with any of the modules."""
    digest = hashlib.sha256()
    for each in asked:
        digest.update(f"{each}\n".encode("utf-8", "surrogatepass"))
    for module in modules.values():
        text = hashlib.sha256(module.source).hexdigest()
        digest.update(f"{module.name} {module.file} {text}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
