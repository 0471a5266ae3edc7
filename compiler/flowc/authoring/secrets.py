"""A secret: what stands for a value that is known only where a step runs."""

from __future__ import annotations

from flowc.authoring.arguments import check_names
from flowc.authoring.handles import FORCING, author_location
from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from typing_extensions import Self

PUNCTUATION = "-_."


class Secret:
    """The secret ``name``, or its part ``key``, as an input of a step or a variable of its
    environment.

    The step gets the text itself, where it runs: from the environment, a file, or what the engine
    keeps secrets in. Everywhere else there is only the name. Raises AuthorError for a name or key
    that not every engine could have.
    """

    __slots__ = ("key", "name")

    key: str
    name: str

    @check_names()
    def __init__(self, name: str, key: str = "") -> None:
        object.__setattr__(self, "name", _word("a secret's name", name))
        object.__setattr__(self, "key", _word("a secret's key", key) if key != "" else "")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Secret does not change: {name} stays as it is")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.forced(f".{name}")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (str, bytes)):
            raise self.forced("==")
        if not isinstance(other, Secret):
            return NotImplemented
        return (self.name, self.key) == (other.name, other.key)

    def __hash__(self) -> int:
        return hash((self.name, self.key))

    def __repr__(self) -> str:
        return f"Secret({self.name!r}, key={self.key!r})" if self.key else f"Secret({self.name!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        # Stored inside of something else it would never become a text.
        raise self.forced("stored inside of another value")

    def forced(self, operation: str) -> AuthorError:
        return AuthorError(
            f"the value of {self!r} is needed here ({operation}), but only a step that is given "
            "it has it",
            where=author_location(),
            hint="pass the secret itself to a step, alone or in a list, tuple or dict, and work "
            "with its text there",
        )


def _refuse(operation: str) -> Any:
    def refused(self: Secret, *_: object) -> NoReturn:
        raise self.forced(operation)

    return refused


for _name in FORCING:
    setattr(Secret, _name, _refuse(_name))


def _word(what: str, text: object) -> str:
    if (
        isinstance(text, str)
        and text.isascii()
        and text.strip(PUNCTUATION) == text != ""
        and all(char.isalnum() or char in PUNCTUATION for char in text)
    ):
        return text
    raise AuthorError(
        f"{what} is made of ASCII letters and digits, with dashes, dots and underscores between "
        f"them, got {text!r}",
        where=author_location(),
    )
