"""What differs between two cache keys, in words.

Their ingredients are compared, as `flowc_runtime.keys` makes them and cache entries and
failed results keep them. Nothing is loaded and nothing of the author's is imported.
"""

from __future__ import annotations

from flowc.client.code_changes import code_changes, label
from flowc.narrowing import is_dict, is_list
from flowc_runtime import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import TypedDict

    from flowc_runtime.contract import Json

    class Cause(TypedDict):
        """One ingredient that differs; ``text`` is a whole clause.

        ``kind`` is function, helper, class, constant … (of the code), input, parameter, output,
        materializer, requirements, environment, file, version …; ``where`` is ``file:line`` for
        code.
        """

        kind: str
        name: str
        where: str
        text: str

    class Kept(TypedDict):
        """What is known of a key: the ingredients, and the parts of the code digest if kept."""

        ingredients: dict[str, Json]
        code: Json


SHOWN = 6
"""How many lines of a setting are told."""

LONGEST = 40
"""Characters of a value that are shown."""

TAGGED = {"$tuple": "({})", "$set": "{{{}}}", "$frozenset": "frozenset({{{}}})"}


def compare(
    before: Kept, after: Kept, function: str, *, unknown: Collection[str] = ()
) -> list[Cause]:
    """What differs, the author's code first; ``unknown`` are inputs that cannot be compared."""
    old, new = before["ingredients"], after["ingredients"]
    causes = [*static_causes(before, after, function)]
    causes += _input_causes(_object(old, "inputs"), _object(new, "inputs"), unknown)
    causes += _output_causes(old.get("outputs"), new.get("outputs"))
    if not any(cause["kind"] == "policy" for cause in causes):
        causes += _version_causes(_object(old, "versions"), _object(new, "versions"))
    causes += _computed_causes(old, new)
    if old.get("version") != new.get("version"):
        causes.append(_cause("flowc", "", "this flowc computes keys in another way"))
    return causes


def _cause(kind: str, name: str, text: str, where: str = "") -> Cause:
    return {"kind": kind, "name": name, "where": where, "text": text}


def static_causes(before: Kept, after: Kept, function: str) -> Iterator[Cause]:
    """What is known when compiling: code, settings, files, materializers, versions, policy."""
    old, new = (_object(kept["ingredients"], "ingredients") for kept in (before, after))
    if old.get("code") != new.get("code"):
        yield from _code_causes(before["code"], after["code"], function)
    for name in {**new, **old}:
        if name != "code" and old.get(name) != new.get(name):
            tell = TELLERS.get(name, _tell_any)
            yield from tell(name, old.get(name), new.get(name))


def _code_causes(before: Json, after: Json, function: str) -> Iterator[Cause]:
    changes = code_changes(before, after, function)
    for part, _, text in changes:
        yield _cause(text.partition(" ")[0], label(part), text, part[2])
    if not changes:
        yield _cause("code", function, "the code changed")


def _tell_docker(_: str, before: Json, after: Json) -> Iterator[Cause]:
    old, new = _as_object(before), _as_object(after)
    for name in {**new, **old}:
        if old.get(name) == new.get(name):
            continue
        if name == "environment":
            yield from _pairs("environment", "environment variable", old.get(name), new.get(name))
        elif name == "parent_image":
            yield _cause(name, name, f"parent image changed{_arrow(old.get(name), new.get(name))}")
        else:
            was, now = _as_list(old.get(name)), _as_list(new.get(name))
            words = [f"+ {item}" for item in now if item not in was]
            words += [f"- {item}" for item in was if item not in now]
            detail = f": {', '.join(map(str, words))}" if words and len(words) <= SHOWN else ""
            yield _cause(name, name, f"{name.replace('_', ' ')} changed{detail}")


def _tell_files(_: str, before: Json, after: Json) -> Iterator[Cause]:
    yield from _entries("file", "file", _as_object(before), _as_object(after))


def _tell_materializers(_: str, before: Json, after: Json) -> Iterator[Cause]:
    yield from _entries("materializer", "materializer", _as_object(before), _as_object(after))


def _tell_policy(_: str, before: Json, after: Json) -> Iterator[Cause]:
    old, new = _as_object(before), _as_object(after)
    yield from _entries("file", "file", _object(old, "files"), _object(new, "files"))
    objects = _object(old, "objects"), _object(new, "objects")
    yield from _entries("object", "the policy's", *objects)
    if old.get("key") != new.get("key"):
        yield _cause("key", "key", "the policy's key function changed")


def _tell_versions(_: str, before: Json, after: Json) -> Iterator[Cause]:
    """Which distributions count follows from the code, and which were found is told elsewhere."""
    was, now = _as_object(before).get("level"), _as_object(after).get("level")
    if was != now:
        yield _cause("policy", "versions", f"versions count by another policy{_arrow(was, now)}")


def _tell_secrets(_: str, before: Json, after: Json) -> Iterator[Cause]:
    yield from _pairs("environment", "secret of the environment variable", before, after)


def _tell_any(name: str, before: Json, after: Json) -> Iterator[Cause]:
    arrow = _arrow(before, after) if type(before) is type(after) is str else ""
    yield _cause(name, name, f"{name.replace('_', ' ')} changed{arrow}")


TELLERS = {
    "docker": _tell_docker,
    "include": _tell_files,
    "materializers": _tell_materializers,
    "policy": _tell_policy,
    "secrets": _tell_secrets,
    "versions": _tell_versions,
}
"""What a static ingredient says about itself, by its name in the key."""


def _pairs(kind: str, called: str, before: Json, after: Json) -> Iterator[Cause]:
    """Lists of ``[name, value]``: values can be confidential, so only names are told."""
    old, new = ({row[0]: row[1] for row in _as_list(side)} for side in (before, after))
    yield from _entries(kind, called, old, new)


def _entries(
    kind: str, called: str, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[Cause]:
    for name in {**new, **old}:
        if name not in old:
            yield _cause(kind, name, f"{called} `{name}` is new")
        elif name not in new:
            yield _cause(kind, name, f"{called} `{name}` is gone")
        elif old[name] != new[name]:
            yield _cause(kind, name, f"{called} `{name}` changed")


def _computed_causes(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Cause]:
    """What the policy's key function returned; nothing is told where it was not called yet."""
    was, now = old.get("computed"), new.get("computed")
    if was is not None and now is not None and was != now:
        arrow = _arrow(_show(was), _show(now))
        yield _cause("key", "key", f"the value of the key function differs{arrow}")


def _version_causes(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Cause]:
    """What was found where the step runs; nothing is told where one side does not know."""
    if not old or not new:
        return
    was, now = old.get("python"), new.get("python")
    if was != now:
        yield _cause("version", "python", f"Python {was} -> {now}")
    before, after = _object(old, "distributions"), _object(new, "distributions")
    for name in {**after, **before}:
        if before.get(name) != after.get(name):
            was, now = (side.get(name) or "not installed" for side in (before, after))
            yield _cause("version", name, f"{name} {was} -> {now}")


def _input_causes(
    old: Mapping[str, Json], new: Mapping[str, Json], unknown: Collection[str]
) -> Iterator[Cause]:
    for name in {**new, **old}:
        if name in unknown:
            continue
        kind = "input" if _has_artifact((new.get(name) or old[name])["is"]) else "parameter"
        if name not in old or name not in new:
            counts = "counts now" if name in new else "no longer counts"
            yield _cause(kind, name, f"{kind} `{name}` {counts}")
            continue
        was, now = old[name], new[name]
        if was["type"] != now["type"]:
            arrow = f": {_type_text(was['type'])} -> {_type_text(now['type'])}"
            yield _cause(kind, name, f"declared type of {kind} `{name}` changed{arrow}")
        if values.canonical(was["is"]) != values.canonical(now["is"]):
            text = f"{kind} `{name}` differs{_difference(was['is'], now['is'])}"
            yield _cause(kind, name, text)


def _output_causes(before: Json, after: Json) -> Iterator[Cause]:
    old = {output["name"]: output for output in _as_list(before)}
    new = {output["name"]: output for output in _as_list(after)}
    if list(old) != list(new):
        arrow = f": {', '.join(old) or 'none'} -> {', '.join(new) or 'none'}"
        yield _cause("output", "", f"output names changed{arrow}")
    for name, now in new.items():
        was = old.get(name, now)
        if was["type"] != now["type"]:
            arrow = f": {_type_text(was['type'])} -> {_type_text(now['type'])}"
            yield _cause("output", name, f"type of output `{name}` changed{arrow}")
        if was["materializer"] != now["materializer"]:
            text = f"materializer of output `{name}` changed"
            arrow = _arrow(was["materializer"] or "built-in", now["materializer"] or "built-in")
            yield _cause("materializer", name, text + arrow)


def _has_artifact(content: Json) -> bool:
    if not is_dict(content):
        return False
    below = [*_as_list(content.get("list")), *_as_list(content.get("tuple"))]
    below += [item for _, item in _as_list(content.get("dict"))]
    return "digest" in content or any(map(_has_artifact, below))


def _difference(before: Json, after: Json) -> str:
    """How two inputs differ, where that can be said in a few words."""
    if _has_artifact(before) != _has_artifact(after):
        kinds = ["an output" if _has_artifact(side) else "a value" for side in (after, before)]
        return f": {kinds[0]} now, {kinds[1]} before"
    if "digest" in before and "digest" in after and before["digest"] == after["digest"]:
        return _arrow(before["materializer"], after["materializer"])
    shapes = [
        next((kind for kind in ("list", "tuple", "dict") if kind in side), "")
        for side in (after, before)
    ]
    if shapes[0] != shapes[1] and all(shapes):
        return f": a {shapes[0]} now, a {shapes[1]} before"
    return _arrow(_value_text(before), _value_text(after))


def _value_text(content: Json) -> str:
    if "value" in content:
        return _show(content["value"])
    if "secret" in content:
        return f"secret {'/'.join(filter(None, (content['secret'], content['key'])))}"
    return _show(content["plain"]) if "plain" in content else ""


def _show(encoded: Json) -> str:
    """An encoded value as Python writes it, without importing what it is made of."""
    if is_list(encoded):
        return f"[{', '.join(map(_show, encoded))}]"
    if not is_dict(encoded):
        return repr(encoded)
    if len(encoded) == 1:
        ((tag, inner),) = encoded.items()
        if tag in TAGGED:
            comma = "," if tag == "$tuple" and len(inner) == 1 else ""
            return TAGGED[tag].format(", ".join(map(_show, inner)) + comma)
        if tag[:1] == "$":
            return inner if type(inner) is str else values.dumps(inner)
    return f"{{{', '.join(f'{key!r}: {_show(item)}' for key, item in encoded.items())}}}"


def _arrow(before: Json, after: Json) -> str:
    """Both values, when they are short and say something."""
    was, now = str(before or ""), str(after or "")
    if not was or not now or was == now or max(len(was), len(now)) > LONGEST:
        return ""
    return f": {was} -> {now}"


def _type_text(typespec: Json) -> str:
    return values.type_text(typespec) if typespec else "Any"


def _object(document: Json, name: str) -> dict[str, Json]:
    return _as_object(document.get(name))


def _as_object(found: Json) -> dict[str, Json]:
    return found if is_dict(found) else {}


def _as_list(found: Json) -> list[Json]:
    """A list; a text counts as its lines."""
    if type(found) is str:
        return found.splitlines()
    return found if is_list(found) else []
