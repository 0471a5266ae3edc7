"""The templates of every generated text file, and the one environment that renders them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flowc_templates import quoting

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["QuotingError", "environment", "render"]

QuotingError = quoting.QuotingError


@cache
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
    return jinja


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def render(name: str, **context: object) -> str:
    """The text of the template ``name`` (``kubeflow/pipeline.yaml.jinja``) for these values."""
    return _template(name).render(context)
