"""The normal form of a top-level statement: its libcst tree without what cannot change a result.

Left out: comments, blank lines, indentation, redundant parentheses, trailing commas, ``pass``, the
quotes of texts and how they are cut into pieces, docstrings (a digest of their own), and flowc's
decorators. Kept: names of locals, since keyword arguments, ``locals()`` and f-strings can show
them; annotations, since they decide how values are decoded. The form does not depend on the
Python that compiles.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from flowc.narrowing import is_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import libcst as cst

LAYOUT = {
    "colon", "comma", "dot", "empty_lines", "equal", "first_colon", "first_line", "footer",
    "header", "indent", "last_line", "lbrace", "lbracket", "leading_lines", "leading_whitespace",
    "lines_after_decorators", "lpar", "newline", "posonly_ind", "rbrace", "rbracket", "rpar",
    "second_colon", "semicolon", "separator", "trailing_comma", "trailing_whitespace",
}  # fmt: skip
"""Fields of libcst's nodes that say how code looks."""

KEEP_DOC_BELOW = {"classmethod", "property", "staticmethod"}
"""Decorators that leave a docstring alone."""


def digest_form(segment: str, skipped: Collection[int]) -> tuple[str, str]:
    """Digests of a statement's form and of the docstrings that the form leaves out.

    ``skipped`` are the positions of decorators that are flowc's. A statement that libcst cannot
    read counts as it is written.
    """
    import libcst as cst

    try:
        module = cst.parse_module(segment)
    except cst.ParserSyntaxError:
        return hashlib.sha256(segment.encode("utf-8", "surrogatepass")).hexdigest(), ""
    writer = _Writer(skipped)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in texts; the author sees them elsewhere
        writer.write_block(module.body)
    docs = "\n".join(writer.docs)
    return _digest("".join(writer.out)), _digest(docs) if docs else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Writer:
    """Writes nodes as ``Kind(field=value;…)``; empty fields leave no trace."""

    def __init__(self, skipped: Collection[int]) -> None:
        self.out: list[str] = []
        self.docs: list[str] = []
        self._skipped = skipped
        self._top = True

    def write(self, node: Any) -> None:
        kind = type(node).__name__
        special = _SPECIAL.get(kind)
        if special is not None:
            special(self, node)
        else:
            self.write_fields(node, kind)

    def write_fields(self, node: Any, kind: str, names: Sequence[str] = ()) -> None:
        out = self.out
        out.append(f"{kind}(")
        for name in names or _fields(node):
            value: Any = getattr(node, name)
            if value is None or (not value and not isinstance(value, str)):
                continue
            if isinstance(value, str):
                out.append(f"{name}={value!a};")
            elif is_sequence(value):
                out.append(f"{name}=[")
                for item in value:
                    self.write(item)
                out.append("];")
            elif type(value).__name__ != "MaybeSentinel":
                out.append(f"{name}=")
                self.write(value)
        out.append(")")

    def write_block(self, statements: Sequence[Any]) -> None:
        """Lines with semicolons and suites on one line are blocks like any other."""
        self.out.append("{")
        for statement in statements:
            if type(statement).__name__ == "SimpleStatementLine":
                for small in statement.body:
                    if type(small).__name__ != "Pass":
                        self.write(small)
            elif type(statement).__name__ != "Pass":
                self.write(statement)
        self.out.append("}")

    def write_suite(self, node: Any) -> None:
        self.write_block(node.body)

    def write_definition(self, node: Any) -> None:
        """A function or class: its docstring is set aside unless somebody may look at it."""
        kind = type(node).__name__
        decorators = node.decorators
        if self._top:
            decorators = [d for i, d in enumerate(decorators) if i not in self._skipped]
        self._top = False
        self.out.append(f"{kind}(")
        for decorator in decorators:
            self.write(decorator.decorator)
            self.out.append("@")
        rest = [n for n in _fields(node) if n not in {"decorators", "body"}]
        self.write_fields(node, "", rest)
        statements = list(node.body.body)
        watched = [d for d in decorators if _name(d.decorator) not in KEEP_DOC_BELOW]
        bases = getattr(node, "bases", ()) or getattr(node, "keywords", ())
        doc = None if watched or bases else _docstring(statements)
        if doc is not None:
            self.docs.append(f"{node.name.value}: {doc!a}")
            statements = _without_first(statements)
        self.write_block(statements)
        self.out.append(")")

    def write_text(self, node: Any) -> None:
        """A text by its value; with an f-string in it, piece by piece."""
        pieces = _pieces(node)
        values = [_value(piece) for piece in pieces]
        texts = [value for value in values if isinstance(value, str)]
        data = [value for value in values if isinstance(value, bytes)]
        if len(texts) == len(pieces):
            self.out.append(f"text({''.join(texts)!a})")
        elif len(data) == len(pieces):
            self.out.append(f"bytes({b''.join(data)!r})")
        else:
            self.out.append("joined(")
            for piece, value in zip(pieces, values, strict=True):
                if value is None:
                    self.write_fields(piece, "f", ("parts",))
                    self.out.append(_prefix(piece.start))
                else:
                    self.out.append(f"text({value!a})")
            self.out.append(")")

    def write_replacement(self, node: Any) -> None:
        """``{x=}`` shows how the expression is written."""
        self.write_fields(node, "Replacement")
        if node.equal is not None:
            self.out.append(f"={_code(node)!a}")

    def write_number(self, node: Any) -> None:
        self.out.append(f"number({node.value.lower().replace('_', '')})")

    def write_name(self, node: Any) -> None:
        self.out.append(f"{node.value} ")

    def write_subscript(self, node: Any) -> None:
        """``x[1,]`` is a subscript by a tuple."""
        self.write_fields(node, "Subscript")
        if len(node.slice) == 1 and type(node.slice[0].comma).__name__ == "Comma":
            self.out.append("tuple")


def _pieces(node: Any) -> list[Any]:
    if type(node).__name__ == "ConcatenatedString":
        return [*_pieces(node.left), *_pieces(node.right)]
    return [node]


def _value(piece: Any) -> str | bytes | None:
    if type(piece).__name__ != "SimpleString":
        return None
    found = ast.literal_eval(piece.value)
    return found if isinstance(found, (str, bytes)) else None


def _prefix(start: str) -> str:
    """What an f-string's opening says besides its quotes: raw or not, f or t."""
    return "".join(sorted(start.lower().rstrip("\"'")))


def _code(node: cst.CSTNode) -> str:
    import libcst as cst

    return cst.Module(body=()).code_for_node(node)


def _name(decorator: Any) -> str:
    return str(decorator.value) if type(decorator).__name__ == "Name" else ""


def _docstring(statements: Sequence[Any]) -> str | None:
    first = statements[0] if statements else None
    if type(first).__name__ == "SimpleStatementLine" and first is not None:
        first = first.body[0]
    if type(first).__name__ != "Expr" or first is None:
        return None
    values = [_value(piece) for piece in _pieces(first.value)]
    texts = [value for value in values if isinstance(value, str)]
    return "".join(texts) if texts and len(texts) == len(values) else None


def _without_first(statements: list[Any]) -> list[Any]:
    first = statements[0]
    if type(first).__name__ == "SimpleStatementLine":
        return [*first.body[1:], *statements[1:]]
    return statements[1:]


def _fields(node: Any) -> tuple[str, ...]:
    """The fields of a node's kind that are not layout."""
    kind = type(node).__name__
    if kind not in _KNOWN_FIELDS:
        _KNOWN_FIELDS[kind] = tuple(
            field.name
            for field in fields(node)
            if field.name not in LAYOUT and not field.name.startswith("whitespace")
        )
    return _KNOWN_FIELDS[kind]


_KNOWN_FIELDS: dict[str, tuple[str, ...]] = {}


_SPECIAL: dict[str, Callable[[_Writer, Any], None]] = {
    "ClassDef": _Writer.write_definition,
    "ConcatenatedString": _Writer.write_text,
    "Float": _Writer.write_number,
    "FormattedString": _Writer.write_text,
    "FormattedStringExpression": _Writer.write_replacement,
    "FunctionDef": _Writer.write_definition,
    "Imaginary": _Writer.write_number,
    "IndentedBlock": _Writer.write_suite,
    "Integer": _Writer.write_number,
    "Name": _Writer.write_name,
    "SimpleStatementSuite": _Writer.write_suite,
    "SimpleString": _Writer.write_text,
    "Subscript": _Writer.write_subscript,
    "TemplatedString": _Writer.write_text,
    "TemplatedStringExpression": _Writer.write_replacement,
}
