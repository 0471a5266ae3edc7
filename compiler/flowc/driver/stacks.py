"""The stacks of a project: read, checked as a whole, and one of them chosen.

``flowc.toml``, or ``[tool.flowc]`` in ``pyproject.toml``::

    active = "prod"

    [stacks.prod]
    alerter = "ops"
    experiment_tracker = ["mlflow_tracker", "wandb"]
    store = "s3://bucket/flowc"

    [components.alerter.ops]
    flavor = "apprise"
    urls = ["${SLACK_URL}"]
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowc import ir
from flowc.driver.toml import TomlFile, read_toml
from flowc.errors import AuthorError, FlowcError, did_you_mean, raise_all
from flowc.narrowing import is_dict, is_list
from flowc.passes.specification import stack_spec
from flowc.trace import project_root
from flowc.trace.flavors import FLAVORS, check_keys
from flowc.trace.project import MARKERS
from flowc_runtime.stores import StoreError, check_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.authoring.definition import Definition
    from flowc.authoring.pipeline import Pipeline
    from flowc_runtime.contract import StackSpec

DEFAULT = "default"
"""The stack that every project has: it has no components."""

VARIABLE = "FLOWC_STACK"
CHOICE = ".flowc/stack"
"""Where a person's own choice is kept, in the project."""

KEYS = ("active", "components", "stacks")


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks of the project in ``root``; ``file`` is None where none are written down."""

    root: Path
    file: TomlFile | None = None
    above: tuple[str, ...] = ()
    components: tuple[ir.Component, ...] = ()
    stacks: dict[str, ir.Stack] = field(default_factory=lambda: {DEFAULT: ir.Stack()})

    def where(self, *keys: str) -> str:
        return self.file.where(*self.above, *keys) if self.file else ""

    def choose(self, name: str = "") -> ir.Stack:
        """The stack of that name; without one the active one.

        Raises AuthorError when there is no such stack.
        """
        wanted, asked = self.active(name)
        if wanted not in self.stacks:
            where = self.where("active") if asked == "active" else ""
            raise AuthorError(
                f"there is no stack '{wanted}'" + (f", which {asked} names" if asked else ""),
                where=where,
                hint=self._hint(wanted),
            )
        return self.stacks[wanted]

    def active(self, name: str = "") -> tuple[str, str]:
        """A stack's name, and what chose it: nearest first."""
        if name:
            return name, ""
        variable = os.environ.get(VARIABLE, "")
        if variable:
            return variable, VARIABLE
        choice = self._choice()
        if choice:
            return choice, CHOICE
        if self.file:
            active = self.file.table(*self.above).get("active")
            if active is not None:
                return str(active), "active"
        return DEFAULT, ""

    def use(self, name: str) -> None:
        """Make a stack the active one of this checkout; raises AuthorError for an unknown one."""
        self.choose(name)
        path = self.root / CHOICE
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{name}\n", encoding="utf-8")
        except OSError as error:
            raise AuthorError(f"'{path}' cannot be written: {error.strerror}") from None

    def _choice(self) -> str:
        try:
            return (self.root / CHOICE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _hint(self, wanted: str) -> str:
        if self.file is None:
            return f"{self.root} has no flowc.toml, and no [tool.flowc] in pyproject.toml"
        return did_you_mean(wanted, list(self.stacks))


def stacks_here() -> Stacks:
    """Those of the project around the current folder."""
    return read_stacks(project_here())


def project_here() -> Path:
    """The project around the current folder, which is one itself where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
    return here


def stacks_of(definition: Definition) -> Stacks:
    """Those of the project that a pipeline's or a step's file belongs to."""
    return read_stacks(project_root(definition.entrypoint.__code__.co_filename))


def active_stack_spec() -> StackSpec:
    """The stack that is active in the project around the current folder."""
    return stack_spec(stacks_here().choose())


def stack_store(pipeline: Pipeline, stack: str) -> str:
    """The store that a stack of the pipeline's project names; nothing when it names none."""
    return stacks_of(pipeline).choose(stack).store


def read_stacks(root: Path) -> Stacks:
    """Raises AuthorError, or several at once, for whatever is wrong in the project's file."""
    found = [one for one in (_own_file(root), _pyproject(root)) if one is not None]
    if len(found) > 1:
        raise AuthorError(
            "stacks are defined both in flowc.toml and in pyproject.toml",
            where=found[1][0].where(*found[1][1]),
            hint="keep one of the two",
        )
    if not found:
        return Stacks(root)
    file, above = found[0]
    reader = _Reader(file, above)
    stacks = reader.read(root)
    raise_all(reader.errors)
    return stacks


def _own_file(root: Path) -> tuple[TomlFile, tuple[str, ...]] | None:
    path = root / "flowc.toml"
    return (read_toml(path, path.name), ()) if path.is_file() else None


def _pyproject(root: Path) -> tuple[TomlFile, tuple[str, ...]] | None:
    path = root / "pyproject.toml"
    if not path.is_file() or b"flowc" not in path.read_bytes():
        return None
    file = read_toml(path, path.name)
    above = ("tool", "flowc")
    return (file, above) if file.table(*above) else None


class _Reader:
    """Collects what is wrong."""

    def __init__(self, file: TomlFile, above: tuple[str, ...]) -> None:
        self.file = file
        self.above = above
        self.errors: list[FlowcError] = []

    def read(self, root: Path) -> Stacks:
        top = self.file.table(*self.above)
        for name in top:
            if name not in KEYS:
                self._wrong(f"unknown key '{name}'", name, hint=did_you_mean(name, list(KEYS)))
        components = tuple(self._components())
        stacks = {DEFAULT: ir.Stack()}
        for name in self.file.table(*self.above, "stacks"):
            stacks[name] = self._stack(name, components)
        active = top.get("active")
        if active is not None and not isinstance(active, str):
            self._wrong(f"active wants a stack's name, got {active!r}", "active")
        return Stacks(root, self.file, self.above, components, stacks)

    def _components(self) -> Iterator[ir.Component]:
        for kind in self.file.table(*self.above, "components"):
            if kind not in FLAVORS:
                hint = did_you_mean(kind, list(FLAVORS))
                self._wrong(f"unknown kind of component '{kind}'", "components", kind, hint=hint)
                continue
            for name in self.file.table(*self.above, "components", kind):
                document = self.file.table(*self.above, "components", kind, name)
                component = self._component(kind, name, document)
                if component is not None:
                    yield component

    def _component(self, kind: str, name: str, document: dict[str, Any]) -> ir.Component | None:
        place = ("components", kind, name)
        flavor: Any = document.get("flavor")
        if not isinstance(flavor, str) or flavor not in FLAVORS[kind]:
            known = list(FLAVORS[kind])
            problem = "lacks a flavor" if flavor is None else f"has the unknown flavor {flavor!r}"
            hint = (
                f"known: {', '.join(known)}"
                if flavor is None
                else did_you_mean(f"{flavor}", known)
            )
            self._wrong(f"{kind} '{name}' {problem}", *place, "flavor", hint=hint)
            return None
        given = {key: value for key, value in document.items() if key != "flavor"}
        keys = FLAVORS[kind][flavor].configuration
        what = f"{kind} '{name}' of flavor '{flavor}'"
        problems = [*check_keys(given, keys, what, lambda key: self._where(*place, key))]
        self.errors += problems
        if problems:
            return None
        return ir.Component(kind=kind, name=name, flavor=flavor, configuration=json.dumps(given))

    def _stack(self, name: str, components: tuple[ir.Component, ...]) -> ir.Stack:
        if name == DEFAULT:
            self._wrong(
                f"the stack '{DEFAULT}' is built in, and has no components",
                "stacks",
                name,
                hint="give yours another name",
            )
        chosen: list[ir.Component] = []
        store = ""
        for key, value in self.file.table(*self.above, "stacks", name).items():
            place = ("stacks", name, key)
            if key == "store":
                store = self._store(value, place)
            elif key not in FLAVORS:
                hint = did_you_mean(key, [*FLAVORS, "store"])
                self._wrong(f"stack '{name}' has no key '{key}'", *place, hint=hint)
            else:
                chosen += self._named(key, value, components, place)
        return ir.Stack(name=name, store=store, components=tuple(chosen))

    def _store(self, value: Any, place: tuple[str, ...]) -> str:
        if not isinstance(value, str) or ":" not in value or "${" in value:
            self._wrong(
                f"store wants a URI, got {value!r}",
                *place,
                hint="file:, s3:, gs: or az:; what only the environment knows goes to FLOWC_STORE",
            )
            return str(value)
        try:
            check_uri(value)
        except StoreError as error:
            self._wrong(str(error), *place)
        scheme, _, folder = value.partition(":")
        if scheme != "file" or folder.startswith("/"):
            return value
        # The same from wherever in the project it is run.
        return f"file:{quote(str(self.file.path.parent.resolve()))}/{folder}"

    def _named(
        self,
        kind: str,
        value: Any,
        components: tuple[ir.Component, ...],
        place: tuple[str, ...],
    ) -> list[ir.Component]:
        """The components that a stack names; those that are wrong themselves are said already."""
        names: list[Any] = value if is_list(value) else [value]
        written = self.file.table(*self.above, "components").get(kind, {})
        known = list(written) if is_dict(written) else []
        sound = {component.name: component for component in components if component.kind == kind}
        for name in names:
            if name not in known:
                self._wrong(
                    f"there is no {kind} {name!r}",
                    *place,
                    hint=did_you_mean(f"{name}", known) or f"write [components.{kind}.{name}]",
                )
        if len({str(name) for name in names}) < len(names):
            self._wrong(f"{kind} names a component twice", *place)
        return [sound[name] for name in names if isinstance(name, str) and name in sound]

    def _where(self, *keys: str) -> str:
        return self.file.where(*self.above, *(key for key in keys if key))

    def _wrong(self, message: str, *keys: str, hint: str = "") -> None:
        self.errors.append(AuthorError(message, where=self._where(*keys), hint=hint))
