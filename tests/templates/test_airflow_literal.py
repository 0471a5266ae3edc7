from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from flowc_templates.airflow_literal import escape, jlit

# What Airflow reads from a file: the endings of its operators' `template_ext`.
SCRIPTS = (".sh", ".bash", ".env")

PIECES = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "\\", '"', "'", "\n", "\r", "\r\n", "\t", " ",
    "a", "é", "😀", "\u2028", "\x85", ".sh", ".env", ".bash", "$", "\0", "\\u0041", "#", "##",
    "-%}", "{{-", "raw", "{% raw %}", "{% endraw %}", "\ud800", "\x7f", "\xa0", "\ufeff",
]  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))

# As Airflow makes it for an operator's fields.
JINJA = SandboxedEnvironment(cache_size=0)


@given(TEXTS)
def test_text_is_rendered_back_exactly(text: str) -> None:
    template = jlit(text)
    assert JINJA.from_string(template).render() == text
    assert not template.endswith(SCRIPTS)


@given(TEXTS)
def test_escaped_text_is_one_string_of_an_expression(text: str) -> None:
    template = f'{{{{ values.get("key", "{escape(text)}") }}}}'
    assert JINJA.from_string(template).render(values={}) == text


@pytest.mark.parametrize(
    "text", ["", "plain", "a.b", "é 😀", '{"a": {"b": 1} }', "100 %", "a\nb", 'it\'s "so"', "$(x)"]
)
def test_text_that_is_safe_is_left_as_it_is(text: str) -> None:
    assert jlit(text) == text


def test_other_text_becomes_a_readable_string() -> None:
    assert jlit("{{ x }}\n") == '{{ "{{ x }}\\n" }}'
    assert jlit("run.sh") == '{{ "run.sh" }}'
