"""A pipeline's parameters: open until run time, or bound now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.authoring.schedule import RunTime
from flowc.errors import AuthorError, did_you_mean
from flowc.trace.fitting import accepts
from flowc.trace.model import REQUIRED, Argument, Signature
from flowc.trace.tracer import check_secret
from flowc.trace.types import type_spec
from flowc_runtime import values
from flowc_runtime.contract import ARGUMENT_LIMIT
from flowc_runtime.schedules import INTERVAL_START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.authoring.pipeline import Pipeline
    from flowc.authoring.secrets import Secret


NONE = ir.Type(kind="none")
TEXT = ir.Type(kind="str")
DATETIME = ir.Type(kind="class", name="datetime:datetime")


def read_parameters(
    pipeline: Pipeline,
    signature: Signature,
    forced: Mapping[str, str],
    given: Mapping[str, str],
    secrets: Mapping[str, Secret],
    location: ir.Location,
) -> tuple[ir.Parameter, ...]:
    """``given`` holds JSON texts; a given value is the bound one, or the new default.
    ``secrets`` are what some have in place of a value.

    Raises AuthorError for an unknown name, a value that does not fit the annotation, and for a
    parameter that must be bound and has no value.
    """
    known = [argument.name for argument in signature.arguments]
    for name in (*given, *secrets):
        if name not in known:
            raise AuthorError(
                f"{pipeline.title} has no parameter '{name}'",
                where=pipeline.where,
                hint=did_you_mean(name, known) or "it takes none",
            )
    return tuple(
        _read_secret(pipeline, argument, secrets[argument.name], given, location)
        if argument.name in secrets
        else _read(pipeline, argument, forced.get(argument.name, ""), given, location)
        for argument in signature.arguments
    )


def _read_secret(
    pipeline: Pipeline,
    argument: Argument,
    secret: Secret,
    given: Mapping[str, str],
    location: ir.Location,
) -> ir.Parameter:
    """Bound to its name: a value that a run were given would be kept with the run."""
    title, name = pipeline.title, argument.name
    if name in given:
        raise takes_no_value(title, name, secret, pipeline.where)
    check_secret(secret, argument.type, title=title, name=name, where=pipeline.where)
    ref = ir.SecretRef(name=secret.name, key=secret.key)
    return ir.Parameter(
        name=name,
        type=argument.type,
        location=location,
        bound=json.dumps(f"<secret {ref}>"),
        why="its value is a secret",
        secret=ref,
    )


def takes_no_value(title: str, name: str, secret: Secret, where: str) -> AuthorError:
    return AuthorError(
        f"{title}: parameter '{name}' is {secret!r}, and takes no other value: a value that "
        "is given to a run is recorded and shown",
        where=where,
        hint="change the secret where it is kept, or name another one in the code",
    )


def _read(
    pipeline: Pipeline,
    argument: Argument,
    why: str,
    given: Mapping[str, str],
    location: ir.Location,
) -> ir.Parameter:
    filled = _filled(pipeline, argument)
    text = ("null" if not why else None) if filled else _default(pipeline, argument)
    if argument.name in given:
        text = given[argument.name]
        check_value(pipeline, argument.name, argument.type, text)
    if why and text is None:
        raise AuthorError(
            f"{pipeline.title}: parameter '{argument.name}' must be known when the pipeline is "
            f"compiled ({why}), and it has no default",
            where=pipeline.where,
            hint=f"--param {argument.name}=VALUE",
        )
    open_type = ir.Type(kind="union", args=(argument.type, NONE)) if filled else argument.type
    return ir.Parameter(
        name=argument.name,
        type=argument.type if why else open_type,
        location=location,
        default=None if why else text,
        bound=text if why else None,
        why=why,
        filled="" if why else filled,
    )


def _filled(pipeline: Pipeline, argument: Argument) -> str:
    """The time of the run that a run without a value has; nothing for most parameters."""
    if not isinstance(argument.default, RunTime):
        return ""
    if argument.type not in (DATETIME, TEXT):
        raise AuthorError(
            f"{pipeline.title}: parameter '{argument.name}' is {argument.default!r} by default, "
            "so its annotation must be datetime or str",
            where=pipeline.where,
        )
    if argument.default.kind == INTERVAL_START and "schedule" not in pipeline.options:
        raise AuthorError(
            f"{pipeline.title}: parameter '{argument.name}' is {argument.default!r} by default, "
            "and without a schedule there is no interval",
            where=pipeline.where,
            hint="give the pipeline a schedule, or use SCHEDULED_TIME",
        )
    return argument.default.kind


def check_value(pipeline: Pipeline, name: str, wanted: ir.Type, text: str) -> Any:
    """The value that JSON ``text`` means for this parameter; AuthorError when it does not fit."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > ARGUMENT_LIMIT:
        raise AuthorError(
            f"{pipeline.title}: parameter '{name}' has {size:,} bytes, more than the "
            f"{ARGUMENT_LIMIT:,} that an engine passes on",
            where=pipeline.where,
            hint="put the data into a file or object and pass its name",
        )
    try:
        return values.parse(text, type_spec(wanted), name)
    except values.BadValue as error:
        raise AuthorError(f"{pipeline.title}: {error}", where=pipeline.where) from None


def json_text(text: str, wanted: ir.Type) -> str:
    """What a person typed, as JSON text: a text parameter takes it as it is.

    Elsewhere JSON is read as JSON, and what is no JSON is a text (a date, a name).
    """
    if wanted.kind == "str":
        return json.dumps(text)
    texts = any(arg.kind == "str" for arg in wanted.args) if wanted.kind == "union" else False
    try:
        json.loads(text)
    except ValueError:
        return json.dumps(text)
    if not texts:
        return text
    try:
        values.parse(text, type_spec(wanted), "")
    except values.BadValue:
        return json.dumps(text)
    return text


def _default(pipeline: Pipeline, argument: Argument) -> str | None:
    if argument.default is REQUIRED:
        return None
    value = argument.default
    if not accepts(_outline(argument.type), value):
        raise AuthorError(
            f"{pipeline.title}: the default of '{argument.name}' is {value!r}, but it is "
            f"annotated {values.type_text(type_spec(argument.type))}",
            where=pipeline.where,
        )
    return plain_text(pipeline, argument.name, argument.type, value)


def _outline(wanted: ir.Type) -> ir.Type:
    """The type without its items and classes: those may be given in their plain form."""
    if wanted.kind == "class":
        return ir.ANY
    parts = tuple(map(_outline, wanted.args)) if wanted.kind == "union" else ()
    return replace(wanted, args=parts, variadic=False)


def plain_text(pipeline: Pipeline, name: str, wanted: ir.Type, value: Any) -> str:
    """A Python value as the JSON text that means it for this annotation."""
    try:
        text = _json(values.plain(value))
    except (values.NotEncodable, TypeError, ValueError) as error:
        raise AuthorError(
            f"{pipeline.title}: the value of '{name}' has no JSON form: {error}",
            where=pipeline.where,
        ) from None
    check_value(pipeline, name, wanted, text)
    return text


def _json(plain: Any) -> str:
    """Readable, and in escapes where the text holds what UTF-8 cannot."""
    text = json.dumps(plain, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(plain)
    return text
