"""The cache key of a step, computed here and nowhere else: in containers, by drivers, by `plan`.

A key is the sha256 of its ingredients' canonical JSON; each cache entry keeps the ingredients, so
a miss can be explained. What names the run, the engine, the pipeline or the invocation is not in
it. Inputs count by content.

A resolved input is one of ``{"value": encoded}``, ``{"artifact": ArtifactRecord}``,
``{"list": [resolved]}``, ``{"tuple": [resolved]}``, ``{"dict": [[encoded key, resolved]]}``, and
``{"plain": JSON, "type": TypeSpec, "parameter": name}`` for a parameter of a class of the
author's: only the step itself imports the author's modules, so its plain form enters the key.
``{"secret": name, "key": part}`` stays what it is, and only the step's process knows its value.
"""

from __future__ import annotations

import json
import sys

from flowc_runtime import contract, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flowc_runtime.contract import (
        ArtifactRecord,
        InputSpec,
        Json,
        ParameterSpec,
        PipelineSpec,
        ResultRecord,
        StepSpec,
        TypeSpec,
    )
    from flowc_runtime.versions import Versions

    Resolved = dict[str, Json]

KEY_VERSION = 1
"""Raised when equal ingredients must no longer give equal keys."""

STANDARD = sys.stdlib_module_names

PAIRS = '"$dict"'
"""Marks a dict that JSON objects cannot hold: its pairs are a list, with an order to forget."""

USABLE = ("completed", "cached")
"""Statuses of a result whose outputs can be used."""


class RequestError(Exception):
    """Parameters or upstream results do not fit what the step declares; the text is complete."""


def is_usable(result: ResultRecord) -> bool:
    """Whether a result has outputs that can be used."""
    return result.get("status") in USABLE


def read_parameters(
    declared: Mapping[str, ParameterSpec], texts: Mapping[str, str], names: Iterable[str]
) -> dict[str, Resolved]:
    """The values of the parameters ``names``; ``texts`` are JSON, defaults fill in.

    Raises RequestError for a parameter that is missing, too large or of the wrong type.
    """
    return {name: _read_parameter(declared, texts, name) for name in names}


def _read_parameter(
    declared: Mapping[str, ParameterSpec], texts: Mapping[str, str], name: str
) -> Resolved:
    if name not in declared:
        raise RequestError(f"the pipeline has no parameter '{name}'")
    text = parameter_text(declared[name], texts, name)
    typespec = declared[name]["type"]
    try:
        if _needs_import(typespec):
            return {"plain": json.loads(text), "type": typespec, "parameter": name}
        return {"value": values.encode(values.parse(text, typespec, name))}
    except values.BadValue as error:
        raise RequestError(str(error)) from None
    except ValueError as error:
        raise RequestError(f"the parameter '{name}' is no JSON: {error}") from None


def _needs_import(typespec: TypeSpec) -> bool:
    """Whether reading a value of this type would execute modules that are not Python's own."""
    if typespec.get("kind") == "class":
        return typespec.get("name", "").partition(":")[0].partition(".")[0] not in STANDARD
    return any(_needs_import(argument) for argument in typespec.get("args", ()))


def parameter_text(spec: ParameterSpec, texts: Mapping[str, str], name: str) -> str:
    """The JSON text of a parameter: as given, or its default.

    Raises RequestError when there is neither, or it is larger than engines carry.
    """
    if name in texts:
        text = texts[name]
    elif "default" in spec:
        text = values.dumps(spec["default"])
    else:
        raise RequestError(f"the parameter '{name}' has no default and was given no value")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > contract.ARGUMENT_LIMIT:
        raise RequestError(
            f"the parameter '{name}' has {size} bytes of JSON, and engines pass no more than "
            f"{contract.ARGUMENT_LIMIT}; a large value is better made by a step"
        )
    return text


def referenced_parameters(step: StepSpec) -> list[str]:
    """Names of the pipeline's parameters that the step's inputs use."""
    found = (leaf for spec in step["inputs"].values() for leaf in _leaves(spec))
    return list(dict.fromkeys(leaf["parameter"] for leaf in found if "parameter" in leaf))


def upstream_steps(spec: InputSpec) -> list[str]:
    """The invocations whose outputs an input uses."""
    return list(dict.fromkeys(leaf["step"] for leaf in _leaves(spec) if "step" in leaf))


def _leaves(spec: InputSpec) -> Iterator[InputSpec]:
    below = spec.get("list") or spec.get("tuple") or [item for _, item in spec.get("dict", ())]
    if not below:
        yield spec
    for item in below:
        yield from _leaves(item)


def resolve_inputs(
    step: StepSpec, parameters: Mapping[str, Resolved], upstream: Mapping[str, ResultRecord]
) -> dict[str, Resolved]:
    """The step's inputs, from parameters and the results of what it depends on.

    Raises RequestError when an upstream result lacks an output that is asked for.
    """
    return {name: _resolve(spec, parameters, upstream) for name, spec in step["inputs"].items()}


def _resolve(
    spec: InputSpec, parameters: Mapping[str, Resolved], upstream: Mapping[str, ResultRecord]
) -> Resolved:
    if "value" in spec or "artifact" in spec or "secret" in spec:
        return {**spec}
    if "step" in spec:
        return {"artifact": _find_output(spec["step"], spec["output"], upstream)}
    if "parameter" in spec:
        return parameters[spec["parameter"]]
    if "dict" in spec:
        return {"dict": [[k, _resolve(item, parameters, upstream)] for k, item in spec["dict"]]}
    kind = "list" if "list" in spec else "tuple"
    return {kind: [_resolve(item, parameters, upstream) for item in spec[kind]]}


def _find_output(step: str, output: str, upstream: Mapping[str, ResultRecord]) -> ArtifactRecord:
    outputs = upstream[step].get("outputs", {}) if step in upstream else {}
    if output not in outputs:
        raise RequestError(f"the step '{step}' has no stored output '{output}'")
    return outputs[output]


def cache_key(
    step: StepSpec, inputs: Mapping[str, Resolved], versions: Versions, computed: Json = None
) -> tuple[str, dict[str, Json]]:
    """The key and its ingredients; ``versions`` are those found where the step runs.

    ``computed`` is what the policy's key function returned, encoded: it counts in place of the
    inputs that the function takes.
    """
    from flowc_runtime.sha256 import sha256  # `--help` and `check` do without

    left_out = uncounted(step)
    ingredients: dict[str, Json] = {
        "version": KEY_VERSION,
        "ingredients": step["ingredients"],
        "versions": versions,
        "inputs": {
            name: {"is": _content(resolved), "type": step["types"].get(name)}
            for name, resolved in inputs.items()
            if name not in left_out
        },
        "outputs": [
            {"name": out["name"], "type": out["type"], "materializer": out["materializer"]}
            for out in step["outputs"]
        ],
    }
    if "key" in step.get("policy", {}):
        ingredients["computed"] = computed
    text = values.canonical(ingredients)
    if PAIRS in text:
        text = values.canonical(json.loads(text, object_hook=_forget_order))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), ingredients


def uncounted(step: StepSpec) -> set[str]:
    """Names of inputs that the policy ignores, or that its key function stands for."""
    policy = step.get("policy", {})
    return {*policy.get("ignore_inputs", ()), *policy.get("key", {}).get("takes", ())}


def code_parts(spec: PipelineSpec, step: StepSpec) -> list[list[str]]:
    """What the step's code digest is made of: ``[kind, name, place, digest]``, sorted."""
    table = spec.get("code")
    if table is None or "code" not in step:
        return []
    bits = bin(int(table["closures"][step["code"]], 16))[:1:-1]
    return [part for part, bit in zip(table["parts"], bits, strict=False) if bit == "1"]


def _content(resolved: Resolved) -> Json:
    """What counts of an input: for an artifact the bytes and how they are read, not whence."""
    if "artifact" in resolved:
        artifact = resolved["artifact"]
        return {"digest": artifact["digest"], "materializer": artifact["materializer"]}
    if "value" in resolved or "secret" in resolved:
        return resolved
    if "plain" in resolved:
        return {"plain": resolved["plain"], "type": resolved["type"]}
    if "dict" in resolved:
        return {"dict": [[key, _content(item)] for key, item in resolved["dict"]]}
    kind = "list" if "list" in resolved else "tuple"
    return {kind: [_content(item) for item in resolved[kind]]}


def _forget_order(found: dict[str, Json]) -> dict[str, Json]:
    if type(found.get("$dict")) is list:
        found["$dict"].sort(key=values.canonical)
    return found


def artifacts(resolved: Resolved) -> Iterator[ArtifactRecord]:
    """Every artifact inside a resolved input."""
    if "artifact" in resolved:
        yield resolved["artifact"]
    below = resolved.get("list") or resolved.get("tuple") or ()
    for item in below or [item for _, item in resolved.get("dict", ())]:
        yield from artifacts(item)
