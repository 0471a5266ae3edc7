"""Follows names through imports to what binds them.

A reference may lead to several places (both branches of a conditional import, two star imports):
all of them count. What cannot be followed leads to whole modules.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowc.passes.code.chains import extend
from flowc.passes.code.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.trace.modules import Module

NAME, BODY, CHANGED, IMPORTED, MODULE, FUTURE, WHOLE, EVERYTHING = (
    "name",
    "body",
    "changed",
    "imported",
    "module",
    "future",
    "whole",
    "everything",
)

FOLLOWED = frozenset({NAME, BODY})
"""Kinds that lead from a name to all the code that it uses, but not to what imports run."""

Node = tuple[str, str, str]
"""A kind, a module, and a name or the position of a statement."""

DUNDERS = {
    "__annotations__", "__builtins__", "__doc__", "__file__", "__loader__", "__name__",
    "__package__", "__path__", "__spec__",
}  # fmt: skip
"""What every module has without binding it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a reference leads: nodes, and dotted names outside the author's code."""

    nodes: frozenset[Node] = frozenset()
    external: frozenset[str] = frozenset()


@dataclass(slots=True)
class Edges:
    """What a node leads to, and what its statement touches outside."""

    nodes: set[Node] = field(default_factory=set[Node])
    external: set[str] = field(default_factory=set[str])

    def add(self, found: Found) -> None:
        self.nodes |= found.nodes
        self.external |= found.external


class Names:
    """The author's modules; sources are opened when something leads to them."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._prefixes = {
            ".".join(parts[:count])
            for parts in (name.split(".") for name in modules)
            for count in range(1, len(parts))
        }
        self._sources: dict[str, Source] = {}
        self._resolved: dict[tuple[str, str], Found] = {}

    def source(self, name: str) -> Source:
        if name not in self._sources:
            self._sources[name] = Source(self.modules[name])
        return self._sources[name]

    def save(self) -> None:
        """Keep what was read on disk."""
        for source in self._sources.values():
            source.save()

    def resolve(self, module: str, chain: str) -> Found:
        """Where a reference of a statement in ``module`` leads."""
        key = (module, chain)
        if key not in self._resolved:
            # what imports that go round in a circle find
            self._resolved[key] = Found(frozenset({(WHOLE, module, "")}))
            head, colon, tail = chain.partition(":")
            if colon:
                dotted = self.source(module).absolute(head)
                found = self._follow(dotted, tail.split(".") if tail else [])
            else:
                found = self._resolve_name(module, chain.split("."))
            self._resolved[key] = found
        return self._resolved[key]

    def _resolve_name(self, module: str, parts: list[str]) -> Found:
        source = self.source(module)
        name = parts[0]
        edges = Edges()
        if name in source.names:
            edges.nodes.add((NAME, module, name))
        for binding in source.imported.get(name, ()):
            edges.nodes.add((IMPORTED, module, name))
            if binding.statement >= 0:
                edges.nodes.add((BODY, module, str(binding.statement)))
            rest = ".".join(parts[1:])
            edges.add(self.resolve(module, extend(binding.target, rest)))
        self._resolve_star(source, parts, edges, after=_first_line(source, name))
        if not edges.nodes and not edges.external:
            edges.external.add(f"builtins.{'.'.join(parts)}")
        return Found(frozenset(edges.nodes), frozenset(edges.external))

    def _resolve_star(self, source: Source, parts: list[str], edges: Edges, *, after: int) -> None:
        """What stands above the name's own binding is hidden by it."""
        for star in source.imported.get("*", ()):
            if star.line < after:
                continue
            dotted = source.absolute(star.target.partition(":")[0])
            if dotted in self.modules:
                if self._offers(dotted, parts[0], set()):
                    edges.nodes.add((IMPORTED, source.name, parts[0]))
                    edges.add(self._follow(dotted, parts))
                    if self.source(dotted).outline.offered is None:
                        edges.add(self.resolve(dotted, "__all__"))
            elif not hasattr(builtins, parts[0]):
                edges.nodes.add((IMPORTED, source.name, parts[0]))
                edges.external.add(f"{dotted}.{'.'.join(parts)}")
            if star.statement >= 0 and edges.nodes:
                edges.nodes.add((BODY, source.name, str(star.statement)))

    def _offers(self, module: str, name: str, seen: set[str]) -> bool:
        """Whether ``from module import *`` may bind the name."""
        source = self.source(module)
        seen.add(module)
        offered = source.outline.offered
        if offered is not None:
            return name in offered
        if name.startswith("_") and "__all__" not in source.names:
            return False
        return source.binds(name) or self._starred(source, name, seen)

    def _follow(self, dotted: str, parts: list[str]) -> Found:
        """From a module to one of its attributes; ``*`` is the module as a value."""
        if dotted not in self.modules:
            return self._follow_outside(dotted, parts)
        edges = Edges()
        edges.nodes.add((MODULE, dotted, ""))
        if parts == ["*"]:
            edges.nodes.add((WHOLE, dotted, ""))
        elif parts:
            below = f"{dotted}.{parts[0]}"
            known = self._known(dotted, parts[0])
            if below in self.modules or below in self._prefixes:
                edges.add(self._follow(below, parts[1:] or ["*"]))
                known = known and self.source(dotted).binds(parts[0])
                if not known:
                    return Found(frozenset(edges.nodes), frozenset(edges.external))
            if known:
                edges.add(self.resolve(dotted, ".".join(parts)))
            elif self.source(dotted).binds("__getattr__"):
                edges.add(self.resolve(dotted, "__getattr__"))
            elif parts[0] not in DUNDERS:
                edges.nodes.add((WHOLE, dotted, ""))
        return Found(frozenset(edges.nodes), frozenset(edges.external))

    def _known(self, module: str, name: str) -> bool:
        source = self.source(module)
        return source.binds(name) or self._starred(source, name, {module})

    def _starred(self, source: Source, name: str, seen: set[str]) -> bool:
        """Whether a star import may bind the name; who knows what others' modules offer."""
        below = [
            source.absolute(star.target.partition(":")[0]) for star in source.imported.get("*", ())
        ]
        return any(
            dotted not in self.modules or (dotted not in seen and self._offers(dotted, name, seen))
            for dotted in below
        )

    def _follow_outside(self, dotted: str, parts: list[str]) -> Found:
        if dotted in self._prefixes:
            if not parts or parts == ["*"]:
                return Found()
            return self._follow(f"{dotted}.{parts[0]}", parts[1:] or ["*"])
        rest = [] if parts == ["*"] else parts
        return Found(external=frozenset({".".join([dotted, *rest])}))


def _first_line(source: Source, name: str) -> int:
    """Where a module first binds the name; 0 when nowhere."""
    lines = [source.outline.statements[index].line for index in source.names.get(name, ())]
    return min(lines + [binding.line for binding in source.imported.get(name, ())], default=0)
