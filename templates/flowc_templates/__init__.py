"""The templates of every generated text file, and the environment that renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc_templates import python_source, quoting

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["QuotingError", "environment"]

QuotingError = quoting.QuotingError


def environment() -> Environment:
    """Templates only print and loop: an undefined name is an error, each value has a filter."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    jinja = Environment(
        loader=PackageLoader("flowc_templates", ""),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML; each language has its filter
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    jinja.filters.update(yaml=quoting.yaml, py=quoting.py, sh=quoting.sh, comment=quoting.comment)
    jinja.filters.update(
        literal=python_source.literal,
        pydoc=python_source.pydoc,
        docstring=python_source.docstring,
    )
    return jinja
