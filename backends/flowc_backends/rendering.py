"""Renders generated files from templates, and reads Python again before anybody else has to."""

from __future__ import annotations

import ast
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import BytecodeCache

import flowc_templates
from flowc.disk_cache import DiskCache
from flowc.errors import AuthorError, InternalError
from flowc_templates import QuotingError, environment

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

# What a template compiles to depends on the filters as well: those of constants are applied.
_MEMORY = DiskCache(*sorted(Path(flowc_templates.__file__).parent.glob("*.py")))


class CompiledTemplates(BytecodeCache):
    """Templates as Jinja compiled them: making them anew costs more than all rendering."""

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = _MEMORY.load(bucket.key).get("code")
        if isinstance(kept, str):
            bucket.bytecode_from_string(b64decode(kept))

    def dump_bytecode(self, bucket: Bucket) -> None:
        _MEMORY.save(bucket.key, {"code": b64encode(bucket.bytecode_to_string()).decode()})


def render(template: str, **context: object) -> str:
    """The text of ``template`` (``kubeflow/package.yaml.jinja``) for these values.

    Raises QuotingError for a value that the file's language cannot hold.
    """
    return jinja().get_template(template).render(context)


def render_python(template: str, **context: object) -> tuple[str, ast.Module]:
    """The text of a Python file and what it means to Python.

    Raises AuthorError for a value that Python cannot hold, InternalError when it is no Python.
    """
    try:
        text = render(template, **context)
    except QuotingError as error:
        raise AuthorError(str(error)) from None
    try:
        return text, ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise InternalError(f"the file from '{template}' is no Python: {error}") from error


@cache
def jinja() -> Environment:
    found = environment()
    found.bytecode_cache = CompiledTemplates()
    return found
