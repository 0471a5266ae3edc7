"""What is masked: values in every form that the scanner knows, however they arrive."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import shlex
import urllib.parse
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc_runtime import errors
from flowc_runtime.redaction import Redactor
from tests import leaks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VALUE = "p/l+a\"n t'ed\\ ü=?"
KEY = "-----BEGIN KEY-----\nMIIBVQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"


def streamed(pieces: Sequence[bytes], *values: str) -> list[bytes]:
    """What comes out, piece by piece, the last one at the end."""
    out: list[bytes] = []
    stream = Redactor(values).stream(out.append)
    for piece in pieces:
        stream.write(piece)
    stream.close()
    return out


FORMS = {name: form for name, form in leaks.forms(VALUE).items() if name != "UTF-16"}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_form_is_masked(form: bytes) -> None:
    masked = Redactor([VALUE]).data(b"before " + form + b" after")
    assert masked == b"before *** after"


def test_an_authorization_header_is_masked() -> None:
    for user in ("u", "us", "use", "user"):
        header = base64.b64encode(f"{user}:{VALUE}".encode())
        assert not [*leaks.in_data(Redactor([VALUE]).data(header), [VALUE])]


def test_lines_of_a_longer_value_are_masked_one_by_one() -> None:
    redactor = Redactor([KEY])
    assert redactor.text(f"[{KEY}]") == "[***\n]"
    assert redactor.text("log: MIIBVQIBADANBgkq") == "log: ***"


WRITERS: Sequence[Callable[[str], str]] = [
    lambda text: json.dumps(json.dumps(text)),
    lambda text: repr(json.dumps(text)),
    lambda text: json.dumps(text).replace("/", "\\/"),
    lambda text: repr(f'"{text}'),
    lambda text: repr(repr(text)),
    ascii,
    lambda text: repr(text.encode()),
    html.escape,
    shlex.quote,
    lambda text: text.replace("'", "'\\''"),
    lambda text: urllib.parse.quote(text, safe="").lower(),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("value", [VALUE, "it's/ü", 'say "/ü"'])
def test_a_form_of_a_form_is_masked(write: Callable[[str], str], value: str) -> None:
    masked = Redactor([value]).text(f"before {write(value)} after")
    assert "***" in masked
    assert not {"/", "ü", "it", "say"} & {*masked.replace("before", "").split("***")}
    assert len(masked) < 36


def test_blanks_around_a_value_do_not_count() -> None:
    assert Redactor(["correct-horse\n"]).text("as correct-horse, once") == "as ***, once"
    assert Redactor(["  \n  a \n"]).text("a  \n  a") == "a  \n  a"


def test_the_password_of_a_url_is_masked_alone() -> None:
    redactor = Redactor(["https://user:hunter22@host/a@b"])
    assert redactor.text("user hunter22 at host, a@b") == "user *** at host, a@b"
    assert Redactor(["https://host/a@b"]).text("host a@b") == "host a@b"


def test_what_a_cut_leaves_of_a_value_is_masked() -> None:
    """The child cuts long texts, and knows no value."""
    head, tail = "x" * (errors.MESSAGE_LIMIT - 5), "y" * 9
    error = {
        "message": f"{head}{VALUE[:5]}",
        "traceback": f"{head}{VALUE[:5]}{errors.LEFT_OUT}{VALUE[5:]}{tail}",
    }
    assert Redactor([VALUE]).report({"error": error})["error"] == {
        "message": f"{head}***",
        "traceback": f"{head}***{errors.LEFT_OUT}***{tail}",
    }


def test_a_value_of_any_length_is_masked_in_a_stream() -> None:
    value = "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(4000))
    data = value.encode()
    out = streamed([data[at : at + 65536] for at in range(0, len(data), 65536)], value)
    assert b"".join(out) == b"***"


def test_short_values_are_left_alone() -> None:
    assert Redactor(["abc", "long enough"]).text("abc is long enough") == "abc is ***"


def test_overlapping_values_leave_nothing_between_them() -> None:
    assert Redactor(["abcd", "abcdef"]).text("xabcdefx") == "x***x"
    assert Redactor(["abcd", "cdefg"]).text("xabcdefgx") == "x***x"


def test_documents_are_masked_in_depth() -> None:
    document = {"a": [VALUE, 1, None, {"b": f"<{VALUE}>"}], VALUE: True, "n": 1.5}
    assert Redactor([VALUE]).document(document) == {
        "a": ["***", 1, None, {"b": "<***>"}],
        "***": True,
        "n": 1.5,
    }


def test_a_report_keeps_what_is_no_word_of_the_author_s() -> None:
    report = {
        "outputs": [{"digest": "deadbeef", "metadata": {"columns": {"beef": 1}}}],
        "error": {"kind": "exception", "message": "no beef", "args": ["beef"]},
        "metadata": {"m": "beef"},
        "exception": base64.b64encode(b"a pickled exception").decode(),
        "final": True,
    }
    assert Redactor(["beef"]).report(report) == {
        "outputs": [{"digest": "deadbeef", "metadata": {"columns": {"***": 1}}}],
        "error": {"kind": "exception", "message": "no ***", "args": ["***"]},
        "metadata": {"m": "***"},
        "final": True,
    }


def test_a_value_in_two_writes_is_masked() -> None:
    for cut in range(1, len(VALUE.encode())):
        data = VALUE.encode()
        out = streamed([b"a " + data[:cut], data[cut:] + b" z\n"], VALUE)
        assert b"".join(out) == b"a *** z\n"


def test_what_cannot_be_part_of_a_value_is_passed_on_at_once() -> None:
    assert streamed([b"one\n", b"two p", b"lain\n"], VALUE) == [b"one\n", b"two ", b"plain\n"]


def test_most_of_a_value_at_the_very_end_is_masked() -> None:
    assert b"".join(streamed([b"x ", VALUE.encode()[:8]], VALUE)) == b"x ***"
    assert b"".join(streamed([b"x p/"], VALUE)) == b"x p/"


def test_a_stream_that_never_leaves_a_value_is_not_held_back_for_ever() -> None:
    out: list[bytes] = []
    stream = Redactor(["aaaa"]).stream(out.append)
    for _ in range(10):
        stream.write(b"a" * 8192)
    assert out
    stream.close()
    assert b"a" not in b"".join(out)


LETTERS = st.text("ab", min_size=4, max_size=9)


@settings(deadline=None)
@given(
    values=st.lists(LETTERS, min_size=1, max_size=3),
    text=st.lists(st.one_of(st.text("abc", max_size=6), LETTERS), max_size=8),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_a_stream_masks_what_the_whole_text_would(
    values: list[str], text: list[str], cuts: list[int]
) -> None:
    data = "".join(part for pair in zip(text, [*values, *text], strict=False) for part in pair)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b].encode() for a, b in itertools.pairwise(places)]
    whole = Redactor(values).text(f"{data}.")
    out = b"".join(streamed([*pieces, b"."], *values)).decode()
    assert out == whole
    assert not any(value in out for value in values)


def test_json_of_a_masked_document_is_the_masked_json() -> None:
    document = {"a": [VALUE, f"x{VALUE}y"]}
    redactor = Redactor([VALUE])
    assert json.loads(redactor.text(json.dumps(document))) == redactor.document(document)
