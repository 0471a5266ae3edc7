"""A run configuration from its YAML file: every key is known, and every value of its kind.

Options are checked by what checks a decorator's arguments, one at a time, so that each problem is
told with its line. What is wrong is left out, and told together with what tracing finds.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.authoring.caching import CachePolicy
from flowc.authoring.configuration import (
    COMPONENT_KINDS,
    PIPELINE_OPTIONS,
    STEP_OPTIONS,
    check_options,
    merge,
)
from flowc.authoring.retry import RetryConfig
from flowc.authoring.schedule import Schedule
from flowc.authoring.secrets import Secret
from flowc.driver.configuration.document import Entry, read_document
from flowc.errors import AuthorError, FlowcError, did_you_mean
from flowc.narrowing import is_dict, is_list
from flowc.trace.configuration import Configuration, Given, StepConfiguration, placed
from flowc.trace.settings import READERS, check_components

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from flowc.authoring.pipeline import Pipeline

NOT_IN_A_FILE = ("config_path",)
PIPELINE_KEYS = (
    *(name for name in PIPELINE_OPTIONS if name not in NOT_IN_A_FILE),
    "parameters",
    "steps",
)
STEP_KEYS = (*STEP_OPTIONS, "parameters")


@dataclass(frozen=True, slots=True)
class Structure:
    """An option that is an object in code, and a mapping here.

    Of its ``keys``, those in ``objects`` are lists of import paths and ``single`` is one.
    ``first`` is the one that may stand for itself, as a text in place of the mapping, and
    ``together`` says that no key means anything alone.
    """

    make: Callable[..., Any]
    keys: tuple[str, ...]
    objects: str = ""
    single: str = ""
    first: str = ""
    together: bool = False


STRUCTURES = {
    "cache_policy": Structure(
        CachePolicy,
        tuple(name for name in CachePolicy.__slots__ if name != "where"),
        objects="objects",
        single="key",
    ),
    "retry": Structure(RetryConfig, RetryConfig.__slots__, objects="only_on"),
    "schedule": Structure(
        Schedule,
        ("cron", "interval", "start", "end", "catchup", "timezone"),
        first="cron",
        together=True,
    ),
}


def read(path: str, pipeline: Pipeline, *, where: str = "") -> Configuration:
    """What is wrong in the file is among the configuration's ``errors``; ``where`` names it.

    Raises AuthorError for what is no YAML.
    """
    document = read_document(path, where=where)
    reader = _Reader(Path(pipeline.entrypoint.__code__.co_filename).parent)
    found = reader.configuration(document, pipeline.title)
    return replace(found, file=path, errors=tuple(reader.errors))


class _Reader:
    """Collects what is wrong, and goes on."""

    def __init__(self, folder: Path) -> None:
        self.errors: list[FlowcError] = []
        self._folder = folder

    def configuration(self, document: Entry, title: str) -> Configuration:
        keys = self._keys(document, PIPELINE_KEYS, "a run configuration")
        parameters = self._given(keys, title)
        # An unknown key may be meant for either of these.
        partial = bool(self.errors)
        options = self._options(keys, PIPELINE_OPTIONS, title)
        return Configuration(
            options=options,
            places={name: keys[name].where for name in options},
            parameters=parameters,
            partial=partial or ("substitutions" in keys and "substitutions" not in options),
            steps={
                name: self._step(name, entry)
                for name, entry in self._members(keys, "steps", title).items()
            },
        )

    def _step(self, name: str, entry: Entry) -> StepConfiguration:
        title = f"step '{name}'"
        keys = self._keys(entry, STEP_KEYS, title)
        return StepConfiguration(
            where=entry.where,
            options=self._options(keys, STEP_OPTIONS, title),
            parameters=self._given(keys, title),
            outputs=dict(self._outputs(keys)),
            components=dict(self._components(keys)),
        )

    def _keys(self, entry: Entry, known: tuple[str, ...], what: str) -> dict[str, Entry]:
        """The members of a mapping that have a value; what is unknown is told."""
        if entry.value is None:
            return {}
        if not is_dict(entry.value):
            self._refuse(f"{what} wants keys with values, got {entry.plain()!r}", entry.where)
            return {}
        found: dict[str, Entry] = entry.value
        for name, member in found.items():
            if name not in known:
                hint = did_you_mean(name, list(known))
                self._refuse(f"{what} has no key '{name}'", member.where, hint)
        return {
            name: member
            for name, member in found.items()
            if name in known and member.value is not None
        }

    def _members(self, keys: Mapping[str, Entry], name: str, title: str) -> dict[str, Entry]:
        entry = keys.get(name)
        if entry is None:
            return {}
        if is_dict(entry.value):
            members: dict[str, Entry] = entry.value
            return members
        self._refuse(f"{title}: {name} wants keys with values, got {entry.plain()!r}", entry.where)
        return {}

    def _given(self, keys: Mapping[str, Entry], title: str) -> dict[str, Given]:
        given: dict[str, Given] = {}
        for name, entry in self._members(keys, "parameters", title).items():
            inside = list(_secrets_inside(entry))
            for where in inside:
                self._refuse(
                    f"{title}: parameter '{name}' has a secret inside of another value",
                    where,
                    "in a file a secret is the whole value of a parameter; name it in the code",
                )
            if not inside:
                given[name] = Given(value=entry.plain(), where=entry.where)
        return given

    def _outputs(self, keys: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
        """Outputs that are given a materializer, in either of the two ways to do that."""
        settings = keys.get("settings")
        places = [keys.get("output_materializers")]
        if settings is not None and is_dict(settings.value):
            places.append(settings.value.get("output_materializers"))
        for entry in places:
            if entry is not None and is_dict(entry.value):
                for name, member in entry.value.items():
                    yield name, member.where

    def _components(self, keys: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
        """Kinds of components that are chosen or have settings, each with its place."""
        settings = keys.get("settings")
        members = settings.value if settings is not None and is_dict(settings.value) else {}
        for name, entry in [*members.items(), *keys.items()]:
            kind = name.partition(".")[0]
            if kind in COMPONENT_KINDS:
                yield kind, entry.where

    def _options(
        self, keys: Mapping[str, Entry], known: tuple[str, ...], title: str
    ) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for name, entry in keys.items():
            if name not in known:
                continue
            with self._collected():
                value = self._value(name, entry, title)
                if value is None:
                    continue
                with placed(entry.where):
                    given = check_options({name: value}, known, what=title, where=entry.where)
                options = merge(options, given)
        return options

    def _value(self, name: str, entry: Entry, title: str) -> Any:
        if name in STRUCTURES and not (STRUCTURES[name].first and isinstance(entry.value, str)):
            return self._structured(name, entry, title)
        if name == "settings":
            return self._settings(entry, title)
        return _without_nulls(entry) if is_dict(entry.value) else entry.plain()

    def _settings(self, entry: Entry, title: str) -> dict[str, Any]:
        """Each key is checked alone: what is wrong has a line of its own."""
        if not is_dict(entry.value):
            raise AuthorError(
                f"{title}: settings wants keys with values, got {entry.plain()!r}",
                where=entry.where,
            )
        settings: dict[str, Any] = {}
        for name, component in entry.value.items():
            with self._collected():
                check_components({name: {}}, title=title, where=component.where)
                if component.value is not None:
                    settings[name] = self._sound_parts(name, component, title)
        return settings

    def _sound_parts(self, name: str, component: Entry, title: str) -> Any:
        """The component's settings without those that are wrong."""
        if name not in READERS:
            return _without_nulls(component)
        if not is_dict(component.value):
            READERS[name](
                component.plain(), title=title, where=component.where, folder=self._folder
            )
        sound: dict[str, Any] = {}
        for key, entry in component.value.items():
            part = {key: entry.plain()}
            with self._collected():
                READERS[name](part, title=title, where=entry.where, folder=self._folder)
                if entry.value is not None:
                    sound.update(part)
        return sound

    def _structured(self, option: str, entry: Entry, title: str) -> Any:
        """Each key is tried alone, so that what is wrong has a line of its own."""
        structure = STRUCTURES[option]
        if not is_dict(entry.value):
            raise AuthorError(
                f"{title}: {option} wants keys with values, got {entry.plain()!r}",
                where=entry.where,
                hint=f"its keys: {', '.join(structure.keys)}",
            )
        before = len(self.errors)
        arguments: dict[str, Any] = {}
        for name, member in entry.value.items():
            with self._collected():
                argument = _argument(structure, name, member, title, option)
                if argument is None:
                    continue
                arguments[name] = argument
                if not structure.together:
                    _made(option, {name: argument}, member.where, title)
        if not arguments or len(self.errors) > before:
            return None
        made = _made(option, arguments, entry.where, title)
        if isinstance(made, (CachePolicy, Schedule)):
            made.where = entry.where
        return made

    @contextmanager
    def _collected(self) -> Generator[None]:
        try:
            yield
        except FlowcError as error:
            self.errors.append(error)

    def _refuse(self, message: str, where: str, hint: str = "") -> None:
        self.errors.append(AuthorError(message, where=where, hint=hint))


def _secrets_inside(entry: Entry) -> Iterator[str]:
    """The places of secrets in lists and mappings."""
    value = entry.value
    for member in value.values() if is_dict(value) else value if is_list(value) else ():
        if type(member.value) is Secret:
            yield member.where
        yield from _secrets_inside(member)


def _without_nulls(entry: Entry) -> Any:
    """A key without a value says nothing, as in every other place."""
    if not is_dict(entry.value):
        return entry.plain()
    return {
        name: member.plain() for name, member in entry.value.items() if member.value is not None
    }


def _made(option: str, arguments: Mapping[str, Any], where: str, title: str) -> Any:
    make = STRUCTURES[option].make
    try:
        return make(**arguments)
    except AuthorError as error:
        message = error.message.removeprefix(make.__name__).removeprefix(": ").lstrip()
        raise AuthorError(f"{title}: {option}: {message}", where=where) from None


def _argument(structure: Structure, name: str, entry: Entry, title: str, option: str) -> Any:
    if name not in structure.keys:
        raise AuthorError(
            f"{title}: {option} has no key '{name}'",
            where=entry.where,
            hint=did_you_mean(name, list(structure.keys)),
        )
    if entry.value is None:
        return None
    if name == structure.single:
        return _imported(name, entry, title)
    if name == structure.objects:
        items: list[Entry] = entry.value if is_list(entry.value) else [entry]
        return [_imported(name, item, title) for item in items]
    return entry.plain()


def _imported(key: str, entry: Entry, title: str) -> Any:
    """What an import string names; a bare name is one of Python's own."""
    text = entry.plain()
    if not isinstance(text, str):
        raise AuthorError(f"{title}: {key} wants import paths, got {text!r}", where=entry.where)
    module, colon, name = text.partition(":")
    if not colon:
        module, _, name = text.rpartition(".")
    try:
        found: Any = importlib.import_module(module or "builtins")
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise AuthorError(
            f"{title}: {key} names '{text}', which cannot be imported: {error}",
            where=entry.where,
        ) from None
    return found
