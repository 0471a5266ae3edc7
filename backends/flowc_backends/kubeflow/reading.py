"""Reads YAML in a third of its loader's time: libyaml's events, put together without nodes.

A package of 1,000 tasks has 60,000 values, and `yaml.load` makes a node and calls a constructor
for each of them.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

_TEXT = "tag:yaml.org,2002:str"
_STARTS = frozenset((yaml.MappingStartEvent, yaml.SequenceStartEvent))


def read_documents(text: str) -> list[Any]:
    """All documents, with the values that a safe loader gives.

    Raises YAMLError for text that is no YAML, for a key that is there twice, and for aliases and
    tags, which nothing of ours writes.
    """
    documents: list[Any] = []
    open_lists: list[list[Any]] = [documents]
    scalar = _Scalars().value
    # Without its loader's stubs; `yaml.parse` would ask for each event twice.
    next_event: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_event
    while True:
        event = next_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            open_lists[-1].append(scalar(event))
        elif kind in _STARTS:
            _refuse_tags(event)
            open_lists.append([])
        elif kind is yaml.MappingEndEvent:
            items = open_lists.pop()
            open_lists[-1].append(_mapping(items, event))
        elif kind is yaml.SequenceEndEvent:
            items = open_lists.pop()
            open_lists[-1].append(items)
        elif kind is yaml.AliasEvent:
            _refuse_tags(event)
        elif kind is yaml.StreamEndEvent:
            return documents


class _Scalars:
    """Values of scalars; each plain text is resolved once."""

    def __init__(self) -> None:
        # Their stubs have no types.
        self._resolver: Any = Resolver()
        self._constructor: Any = SafeConstructor()
        self._plain: dict[str, Any] = {}

    def value(self, event: yaml.ScalarEvent) -> Any:
        text = event.value
        if not event.implicit[0]:
            _refuse_tags(event)
            return text
        try:
            return self._plain[text]
        except KeyError:
            found = self._plain[text] = self._resolve(text)
            return found

    def _resolve(self, text: str) -> Any:
        tag: str = self._resolver.resolve(yaml.ScalarNode, text, (True, False))
        if tag == _TEXT:
            return text
        return self._constructor.construct_object(yaml.ScalarNode(tag, text))


def _mapping(items: list[Any], event: yaml.Event) -> dict[Any, Any]:
    """``items`` are keys and values in turn."""
    mapping = dict(zip(items[::2], items[1::2], strict=True))
    if len(mapping) * 2 != len(items):
        raise yaml.YAMLError(f"a key is there twice before {event.end_mark}")
    return mapping


def _refuse_tags(event: Any) -> None:
    if event.anchor or getattr(event, "tag", None):
        raise yaml.YAMLError(f"an anchor, alias or tag at {event.start_mark}")
