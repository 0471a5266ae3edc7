"""The stack as steps and hooks use it: `Client().active_stack`, its alerter and its components.

Inside of a step it is the stack that the pipeline was compiled with; on the author's machine the
one that is active in the project. Standard library only: it ships inside the bundle.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc.stack.alerter import Alerter
    from flowc_runtime.contract import ComponentUse, StackSpec

__all__ = ["Component", "Stack", "active_stack"]

DEFAULT = "default"
"""The name of the stack that every project has, and that has no components."""


class Component:
    """One registered component; ``configuration`` is as it was written, without the flavor."""

    __slots__ = ("configuration", "flavor", "kind", "name", "settings")

    def __init__(
        self, kind: str, name: str, document: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> None:
        self.kind = kind
        self.name = name
        self.flavor: str = document["flavor"]
        self.configuration = {key: value for key, value in document.items() if key != "flavor"}
        self.settings = settings

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} of flavor {self.flavor}>"


class Stack:
    """``components`` are by kind and then by name; ``settings`` are those of the step."""

    def __init__(self, spec: StackSpec, uses: Mapping[str, ComponentUse]) -> None:
        self.name = spec["name"]
        self._active = {**spec["active"], **{kind: use["name"] for kind, use in uses.items()}}
        self.components: dict[str, dict[str, Component]] = {
            kind: {
                name: Component(kind, name, document, _settings(uses.get(kind), name))
                for name, document in named.items()
            }
            for kind, named in spec["components"].items()
        }

    def component(self, kind: str) -> Component | None:
        """The active component of a kind: the one that the step chose, else the stack's first."""
        name = self._active.get(kind, "")
        return self.components[kind][name] if name else None

    @property
    def alerter(self) -> Alerter:
        """Posts messages; without one in the stack, says so and posts nothing."""
        from flowc.stack.alerter import Alerter

        return Alerter(self.component("alerter"), self.name)

    @property
    def experiment_tracker(self) -> Component | None:
        return self.component("experiment_tracker")

    @property
    def step_operator(self) -> Component | None:
        """Only inside of a step that chose one."""
        return self.component("step_operator")

    def __repr__(self) -> str:
        return f"<stack {self.name}>"


def active_stack() -> Stack:
    """Raises AuthorError when the project's stacks cannot be read."""
    from flowc_runtime import stack

    entered = stack.current()
    if entered is not None:
        return Stack(*entered)
    from flowc.authoring import port

    try:
        driver = port.driver()
    except ImportError:  # inside a bundle, where only steps and their hooks have a stack
        return Stack({"name": DEFAULT, "components": {}, "active": {}}, {})
    spec: StackSpec = driver.active_stack_spec()
    return Stack(spec, {})


def _settings(use: ComponentUse | None, name: str) -> Mapping[str, Any]:
    return use["settings"] if use is not None and use["name"] == name else {}
