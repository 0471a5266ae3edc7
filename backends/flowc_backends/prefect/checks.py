"""Names of parameters that a Prefect flow cannot have, or cannot validate.

Prefect makes a pydantic model of a flow's parameters, and their names its attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError

if TYPE_CHECKING:
    from flowc import ir

_REFUSED = {
    **dict.fromkeys(("return_state", "wait_for"), "calling a flow takes an argument of that name"),
    **dict.fromkeys(("cls", "self"), "Prefect takes it for the object of a method"),
    **dict.fromkeys(
        ("Any", "Literal", "bool", "dict", "float", "int", "list", "str"),
        "it hides the type of that name in the flow's annotations",
    ),
}

_MODEL_ATTRIBUTES = frozenset((
    "construct", "copy", "dict", "from_orm", "json", "model_computed_fields", "model_config",
    "model_construct", "model_copy", "model_dump", "model_dump_json", "model_extra",
    "model_fields", "model_fields_set", "model_json_schema", "model_parametrized_name",
    "model_post_init", "model_rebuild", "model_validate", "model_validate_json",
    "model_validate_strings", "parse_file", "parse_obj", "parse_raw", "schema", "schema_json",
    "update_forward_refs", "validate",
))  # fmt: skip


def check_parameters(pipeline: ir.Pipeline) -> list[FlowcError]:
    """Errors for names that no flow's parameter can have."""
    return [
        AuthorError(
            f"'{parameter.name}' cannot be a parameter of a Prefect flow: {why}",
            where=str(parameter.location),
            hint=f"rename it, or bind it when compiling: --param {parameter.name}=...",
        )
        for parameter in pipeline.runtime_parameters
        if (why := _refusal(parameter.name))
    ]


def is_validated(pipeline: ir.Pipeline) -> bool:
    """Whether Prefect can check the parameters in the flow itself; the server checks them too."""
    return all(
        parameter.name not in _MODEL_ATTRIBUTES for parameter in pipeline.runtime_parameters
    )


def _refusal(name: str) -> str:
    if name.startswith("_"):
        return "Prefect takes no names that begin with an underscore"
    return _REFUSED.get(name, "")
