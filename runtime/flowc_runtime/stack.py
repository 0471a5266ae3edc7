"""The stack of the run whose step or hook this process executes.

Its components stand in the specification as the author wrote them: what ``${NAME}`` stands for is
looked up in the environment of the process that needs it, and kept nowhere.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from flowc_runtime.contract import ComponentUse, StackSpec, StepSpec

EXPERIMENT_TRACKER = "experiment_tracker"

OPENING = "${"

SECRET_KEYS = frozenset({"api_key", "password", "token", "urls"})
"""Keys of components whose placeholders stand for what nobody is to read in a log."""

ADDRESSES = frozenset({"base_url", "registry_uri", "tracking_uri"})
"""Keys that hold an address: a placeholder in it may be a password, or just a host's name."""

_entered: list[tuple[StackSpec, StepSpec]] = []


class MalformedPlaceholder(ValueError):  # noqa: N818 - said as it is
    """A text holds ``${`` and no name and brace after it."""


def enter(stack: StackSpec, step: StepSpec) -> None:
    """From now on this process belongs to ``step`` of a run with this stack."""
    _entered[:] = [(stack, step)]


def current() -> tuple[StackSpec, Mapping[str, ComponentUse]] | None:
    """The run's stack and what the step chose of it; None where no step is executed."""
    if not _entered:
        return None
    stack, step = _entered[0]
    return stack, step.get("components", {})


def masked(text: str) -> str:
    """``text`` for other people: without the secrets that this process knows."""
    from flowc_runtime import redaction

    found = redaction.redactor((), _entered[0][0] if _entered else None)
    return text if found is None else found.text(text)


def placeholders(text: str) -> list[str]:
    """The names in ``text`` between ``${`` and ``}``, in their order.

    Raises MalformedPlaceholder.
    """
    names: list[str] = []
    for part in text.split(OPENING)[1:]:
        name, brace, _ = part.partition("}")
        if not brace or not name.isidentifier() or not name.isascii():
            raise MalformedPlaceholder(f"'{OPENING}{name}{brace}' is not ${{NAME}}")
        names.append(name)
    return names


def expand(text: str, environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """``text`` with what the environment says, and the names of which it says nothing.

    What a variable holds is not looked at again. Raises MalformedPlaceholder.
    """
    names = placeholders(text)
    head, *parts = text.split(OPENING)
    filled = [
        environment.get(name, "") + part.partition("}")[2]
        for name, part in zip(names, parts, strict=True)
    ]
    return head + "".join(filled), [name for name in names if name not in environment]


def component_variables(stack: StackSpec | None, step: StepSpec) -> list[str]:
    """The names of the variables that the components of a step look up, sorted."""
    if stack is None:
        return []
    names: set[str] = set()
    for kind, use in step.get("components", {}).items():
        for text in texts([stack["components"][kind][use["name"]], use["settings"]]):
            names.update(placeholders(text))
    return sorted(names)


def secret_variables(stack: StackSpec) -> set[str]:
    """The names of the variables that stand for secrets in the components of a stack."""
    return {
        name
        for named in stack["components"].values()
        for component in named.values()
        for key, value in component.items()
        for text in texts(value)
        if key in SECRET_KEYS or (key in ADDRESSES and _may_let_in(text))
        for name in placeholders(text)
    }


def _may_let_in(address: str) -> bool:
    """Whether a placeholder is the whole address, or may be a part of it before an ``@``."""
    return address.startswith(OPENING) or "@" in address


def texts(value: Any) -> list[str]:
    """Every text in a value of a configuration."""
    if isinstance(value, str):
        return [value]
    items: Any = value.values() if hasattr(value, "values") else value
    if isinstance(items, (bool, int, float)) or items is None:
        return []
    return [text for item in items for text in texts(item)]


def tracker_environment(
    stack: StackSpec, step: StepSpec, environment: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The variables by which an experiment tracker's library finds its server.

    A variable with a placeholder that is not set is left out, which the second result tells.
    """
    use = step.get("components", {}).get(EXPERIMENT_TRACKER)
    if use is None:
        return {}, []
    component = stack["components"][EXPERIMENT_TRACKER][use["name"]]
    wanted = _VARIABLES[component["flavor"]]
    found: dict[str, str] = {}
    problems: list[str] = []
    for key, value in {**component, **use["settings"]}.items():
        if key not in wanted:
            continue
        variable, write = wanted[key]
        missing: list[str] = []
        text = write(_filled(value, environment, missing))
        if missing:
            names = ", ".join(missing)
            problems.append(
                f"experiment tracker '{use['name']}': {key} needs the environment variable "
                f"{names}, which is not set here; {variable} is left out"
            )
        else:
            found[variable] = text
    return found, problems


def _filled(value: Any, environment: Mapping[str, str], missing: list[str]) -> Any:
    """``value`` with every text in it expanded; adds to ``missing``."""
    if isinstance(value, str):
        text, lost = expand(value, environment)
        missing += lost
        return text
    if hasattr(value, "items"):
        return {key: _filled(item, environment, missing) for key, item in value.items()}
    if hasattr(value, "append"):
        return [_filled(item, environment, missing) for item in value]
    return value


def _text(value: Any) -> str:
    return str(value)


def _flag(value: Any) -> str:
    return "true" if value else "false"


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


def _commas(value: Any) -> str:
    return ",".join(value)


_VARIABLES: dict[str, dict[str, tuple[str, Callable[[Any], str]]]] = {
    "mlflow": {
        "tracking_uri": ("MLFLOW_TRACKING_URI", _text),
        "registry_uri": ("MLFLOW_REGISTRY_URI", _text),
        "username": ("MLFLOW_TRACKING_USERNAME", _text),
        "password": ("MLFLOW_TRACKING_PASSWORD", _text),
        "token": ("MLFLOW_TRACKING_TOKEN", _text),
        "insecure_tls": ("MLFLOW_TRACKING_INSECURE_TLS", _flag),
        "experiment_name": ("MLFLOW_EXPERIMENT_NAME", _text),
        "tags": ("MLFLOW_RUN_CONTEXT", _json),
    },
    "wandb": {
        "api_key": ("WANDB_API_KEY", _text),
        "base_url": ("WANDB_BASE_URL", _text),
        "entity": ("WANDB_ENTITY", _text),
        "project": ("WANDB_PROJECT", _text),
        "group": ("WANDB_RUN_GROUP", _text),
        "run_name": ("WANDB_NAME", _text),
        "tags": ("WANDB_TAGS", _commas),
    },
}
"""What each key of a tracker, or of a step's settings for it, is called in the environment."""
