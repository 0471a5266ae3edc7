"""Renders a Python file from a template, and reads it again before anybody else has to."""

from __future__ import annotations

import ast

from flowc.errors import AuthorError, InternalError
from flowc_templates import QuotingError, environment, python_source, render


def render_file(template: str, **context: object) -> tuple[str, ast.Module]:
    """The text of the file and what it means to Python.

    Raises InternalError when it is no Python.
    """
    environment().filters.update(
        literal=python_source.literal,
        pydoc=python_source.pydoc,
        docstring=python_source.docstring,
    )
    try:
        text = render(template, **context)
    except QuotingError as error:
        raise AuthorError(str(error)) from None
    try:
        return text, ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise InternalError(f"the file from '{template}' is no Python: {error}") from error
