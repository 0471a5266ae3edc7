"""Which components there can be: every kind's flavors, and the keys that each one knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_dict, is_list
from flowc_runtime.stack import MalformedPlaceholder, placeholders, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Key:
    """A key's value: what it ``wants`` in words, and whether one will do."""

    wants: str
    accepts: Callable[[Any], bool]
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """``configuration`` is written where the component is registered, ``settings`` at a step."""

    configuration: Mapping[str, Key] = field(default_factory=dict[str, Key])
    settings: Mapping[str, Key] = field(default_factory=dict[str, Key])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return is_list(value) and bool(value) and all(map(_is_text, value))


def _are_tags(value: Any) -> bool:
    return is_dict(value) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _are_plain_tags(value: Any) -> bool:
    return _are_texts(value) and not any("," in tag for tag in value)


_TEXT = Key("a text", _is_text)
_NEEDED = Key("a text", _is_text, required=True)
_FLAG = Key("True or False", lambda value: isinstance(value, bool))
_COUNT = Key("an integer from 1", lambda value: type(value) is int and value > 0)
_TAGS = Key("texts by their names", _are_tags)
_NESTED = Key(
    "False, for MLflow has no variable for it (call mlflow.start_run(nested=True) in the step)",
    lambda value: value is False,
)

_MLFLOW = {"experiment_name": _TEXT, "tags": _TAGS}
_WANDB = {
    "entity": _TEXT,
    "project": _TEXT,
    "group": _TEXT,
    "tags": Key("a list of texts without commas", _are_plain_tags),
}
_VERTEX = {"machine_type": _TEXT, "accelerator_type": _TEXT, "accelerator_count": _COUNT}

FLAVORS: Mapping[str, Mapping[str, Flavor]] = {
    "alerter": {
        "apprise": Flavor(
            configuration={
                "urls": Key("a list of URLs", _are_texts, required=True),
                "title": _TEXT,
            },
            settings={"title": _TEXT},
        ),
    },
    "experiment_tracker": {
        "mlflow": Flavor(
            configuration={
                "tracking_uri": _NEEDED,
                "registry_uri": _TEXT,
                "username": _TEXT,
                "password": _TEXT,
                "token": _TEXT,
                "insecure_tls": _FLAG,
                **_MLFLOW,
            },
            settings={**_MLFLOW, "nested": _NESTED},
        ),
        "wandb": Flavor(
            configuration={"api_key": _TEXT, "base_url": _TEXT, **_WANDB},
            settings={**_WANDB, "run_name": _TEXT},
        ),
    },
    "step_operator": {
        "kubernetes": Flavor(),
        "vertex": Flavor(
            configuration={"project": _TEXT, "region": _TEXT, "service_account": _TEXT, **_VERTEX},
            settings=_VERTEX,
        ),
    },
}
"""By kind and flavor."""


def check_keys(
    given: Mapping[str, Any], known: Mapping[str, Key], what: str, place: Callable[[str], str]
) -> Iterator[AuthorError]:
    """What is wrong with values of a component; ``place`` tells where a key stands."""
    for name, value in given.items():
        key = known.get(name)
        if key is None:
            hint = did_you_mean(str(name), list(known)) or "it has none"
            yield AuthorError(f"{what} has no key '{name}'", where=place(name), hint=hint)
        elif not key.accepts(value):
            yield AuthorError(
                f"{what}: {name} wants {key.wants}, got {value!r}", where=place(name)
            )
        else:
            problem = malformed(value)
            if problem:
                yield AuthorError(f"{what}: {name}: {problem}", where=place(name))
    for name, key in known.items():
        if key.required and name not in given:
            yield AuthorError(f"{what} lacks the key '{name}'", where=place(""))


def malformed(value: Any) -> str:
    """What is wrong with a placeholder anywhere in ``value``."""
    for text in texts(value):
        try:
            placeholders(text)
        except MalformedPlaceholder as error:
            return str(error)
    return ""
