"""``settings["resources"]`` as IR: cores, memory and GPUs, in the units that the IR has.

{"cpu_count": 0.5, "memory": "10GB"}   ->   Resources(cpu=500, memory=10000000000)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.numbers import shown
from flowc.errors import AuthorError, did_you_mean
from flowc.narrowing import is_dict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESOURCE_KEYS = ("cpu_count", "memory", "gpu_count", "gpu_type")

UNITS: Mapping[str, int] = {
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTP", start=1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTP", start=1)},
    **{letter: 1000**power for power, letter in enumerate("kMGTP", start=1)},
    **{f"{letter}i": 1024**power for power, letter in enumerate("KMGTP", start=1)},
}
"""Those that ZenML takes, and those of Kubernetes."""

LEAST_MEMORY = 6 * 1024**2
"""Bytes; Docker starts no container with less."""

_QUANTITY = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))? ?([A-Za-z]+)")
_CPU = re.compile(r"\d{1,6}(\.\d{1,3})?|\d{2,6}m")
_GPU_TYPE = re.compile(
    r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)

_AS_THEY_COME = ir.Resources()


def resource_settings(given: Any, *, title: str, where: str) -> ir.Resources:
    """Raises AuthorError for an unknown key or a value that is no such quantity."""
    if given == {}:
        return _AS_THEY_COME
    check_keys(given, RESOURCE_KEYS, f"{title}: settings['resources']", where)

    def wrong(key: str, wants: str) -> AuthorError:
        return AuthorError(
            f"{title}: settings['resources']['{key}'] wants {wants}, got {shown(given[key])}",
            where=where,
        )

    cpu, memory, gpus, kind = (given.get(key) for key in RESOURCE_KEYS)
    resources = ir.Resources()
    millis = resources.cpu if cpu is None else _millis(cpu)
    if millis is None:
        raise wrong("cpu_count", "a number of cores from 0.01, in thousandths at the finest")
    size = resources.memory if memory is None else bytes_of(memory)
    if size is None or 0 < size < LEAST_MEMORY:
        raise wrong("memory", "a number with a unit, as '10GB' or '512Mi', and at least 6Mi")
    if gpus is not None and (type(gpus) is not int or not 0 <= gpus <= 1024):  # noqa: PLR2004
        raise wrong("gpu_count", "an integer from 0")
    if kind is not None and not (isinstance(kind, str) and _GPU_TYPE.fullmatch(kind)):
        raise wrong("gpu_type", "the name of a resource in a cluster, as 'nvidia.com/gpu'")
    return ir.Resources(
        cpu=millis, memory=size, gpus=gpus or 0, gpu_type=kind or resources.gpu_type
    )


def check_gpus(
    steps: Sequence[ir.Step],
    options: Sequence[Mapping[str, Any]],
    inherited: Sequence[Mapping[str, Any]],
) -> None:
    """Raise AuthorError for a ``gpu_type`` among the steps' options that means nothing.

    Pipelines may have one for those of their steps that ask for GPUs: a step that does not has it
    ``inherited`` from them.
    """
    asked = {step.resources.gpu_type for step in steps if step.resources.gpus}
    for step, own, outer in zip(steps, options, inherited, strict=True):
        given = _given(own)
        kind = given.get("gpu_type")
        if kind is None or given.get("gpu_count") is not None:
            continue
        if kind != _given(outer).get("gpu_type") or kind not in asked:
            raise AuthorError(
                f"step '{step.id}': settings['resources'] has the gpu_type '{kind}', but how many "
                "GPUs is not said",
                where=str(step.defined),
                hint="add gpu_count",
            )


def _given(options: Mapping[str, Any]) -> Mapping[str, Any]:
    given: Mapping[str, Any] = options.get("settings", {}).get("resources", {})
    return given


def check_keys(given: Any, known: Sequence[str], what: str, where: str) -> None:
    """Raise AuthorError unless ``given`` is a dict with no other keys than these."""
    if not is_dict(given):
        raise AuthorError(f"{what} wants a dict, got {given!r}", where=where)
    for key in given:
        if key not in known:
            raise AuthorError(
                f"{what} has no key '{key}'", where=where, hint=did_you_mean(str(key), [*known])
            )


def bytes_of(given: Any) -> int | None:
    """The bytes that a text means, None for what is no whole number of them."""
    found = _QUANTITY.fullmatch(given) if isinstance(given, str) else None
    if found is None or found[3] not in UNITS:
        return None
    fraction = found[2] or ""
    total = int(found[1] + fraction) * UNITS[found[3]]
    return None if total % 10 ** len(fraction) else total // 10 ** len(fraction)


def _millis(given: Any) -> int | None:
    text = shown(given) if type(given) in (int, float) else given
    if not isinstance(text, str) or not _CPU.fullmatch(text):
        return None
    thousandths = int(text[:-1]) if text.endswith("m") else round(float(text) * 1000)
    return thousandths if thousandths >= 10 else None  # noqa: PLR2004 - Docker's least
