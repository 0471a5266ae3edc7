r"""Text that Airflow's templater renders back to exactly the text that was meant.

Airflow renders an operator's fields with Jinja, which takes ``{{``, ``{%`` and ``{#`` for its own,
drops one line break at the end and turns ``\r`` into ``\n``. Text that ends like a script's name
is taken for a file and read.

    {{ x }}      ->  {{ "{{ x }}" }}
    run.sh       ->  {{ "run.sh" }}
    plain text   ->  plain text
"""

from __future__ import annotations

import re

_CHANGED = re.compile(r"\{[{%#]|\r|\n\Z|\.(?:sh|bash|env|json|md|sql|txt|yaml|yml)\Z")
"""What would not arrive: Jinja's marks, line breaks that it changes, names of template files."""

_ESCAPED = re.compile(r'[\\"]|[^ -~\xa1-\uffff]|[\u2028\u2029\ud800-\udfff]')


def jlit(text: str) -> str:
    """The template of ``text``: itself where that is safe, else a Jinja string."""
    return f'{{{{ "{escape(text)}" }}}}' if _CHANGED.search(text) else text


def escape(text: str) -> str:
    """``text`` for the inside of a Jinja string in double quotes."""
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in '\\"':
        return "\\" + char
    return char.encode("unicode_escape").decode("ascii")
