"""Inputs as a step's function gets them: values decoded, artifacts read from local files."""

from __future__ import annotations

from flowc_runtime import errors, materializers, secrets, values
from flowc_runtime.errors import StepError
from flowc_runtime.stores import DamagedError, verify_contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from flowc_runtime.child import Job
    from flowc_runtime.contract import ArtifactRecord, TypeSpec
    from flowc_runtime.keys import Resolved

    class Paths(Protocol):
        """Local files of contents, by digest."""

        def __getitem__(self, digest: str, /) -> str: ...


def is_plain(resolved: Resolved) -> bool:
    """Whether an input is a value of its own, and neither an artifact nor a secret."""
    return "value" in resolved or "plain" in resolved


def load_inputs(job: Job) -> dict[str, Any]:
    """The step's arguments. Raises StepError for what cannot be loaded."""
    arguments: dict[str, Any] = {}
    for name, resolved in job.inputs.items():
        try:
            arguments[name] = load(resolved, job.step["types"].get(name), job.paths)
        except values.BadValue as error:
            raise StepError(errors.request(str(error))) from None
        except secrets.MissingSecret as error:
            message = f"step '{job.step['id']}', input '{name}': {error}"
            raise StepError(errors.request(message)) from None
        except DamagedError as error:
            document = errors.describe(error, "input", f"input '{name}'")
            raise StepError(document, damaged=error.digest) from error
        except Exception as error:
            raise StepError(errors.describe(error, "input", f"input '{name}'")) from error
    return arguments


def load(  # noqa: PLR0911 - one for each form
    resolved: Resolved, typespec: TypeSpec | None, paths: Paths
) -> Any:
    """An input's value; ``paths`` are local files by digest."""
    if "value" in resolved:
        return values.decode(resolved["value"])
    if "plain" in resolved:
        return values.conform(resolved["plain"], resolved["type"], resolved["parameter"])
    if "artifact" in resolved:
        return load_artifact(resolved["artifact"], typespec, paths)
    if "secret" in resolved:
        return secrets.read({"secret": resolved["secret"], "key": resolved["key"]})
    if "dict" in resolved:
        inner = _argument(typespec, "dict", 1)
        return {values.decode(k): load(item, inner, paths) for k, item in resolved["dict"]}
    if "list" in resolved:
        inner = _argument(typespec, "list", 0)
        return [load(item, inner, paths) for item in resolved["list"]]
    return tuple(
        load(item, _position(typespec, index), paths)
        for index, item in enumerate(resolved["tuple"])
    )


def _argument(typespec: TypeSpec | None, kind: str, index: int) -> TypeSpec | None:
    arguments = typespec.get("args", []) if typespec and typespec.get("kind") == kind else []
    return arguments[index] if index < len(arguments) else None


def _position(typespec: TypeSpec | None, index: int) -> TypeSpec | None:
    if typespec is not None and typespec.get("variadic"):
        index = 0
    return _argument(typespec, "tuple", index)


def load_artifact(artifact: ArtifactRecord, typespec: TypeSpec | None, paths: Paths) -> Any:
    """An artifact's value, its contents verified."""
    path = paths[artifact["digest"]]
    verify_contents(path, artifact["digest"])
    return materializers.load(artifact["materializer"], path, typespec)
