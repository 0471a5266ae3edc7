"""Symbolic values: what a pipeline function holds in place of results and parameters.

They can be passed on and collected, and nothing else: their values do not exist while the
pipeline function runs.
"""

from __future__ import annotations

from flowc.errors import AuthorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

FORCING = (
    "__bool__", "__len__", "__iter__", "__next__", "__contains__", "__getitem__", "__call__",
    "__lt__", "__le__", "__gt__", "__ge__", "__add__", "__radd__", "__sub__", "__rsub__",
    "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__floordiv__", "__rfloordiv__",
    "__mod__", "__rmod__", "__pow__", "__rpow__", "__matmul__", "__and__", "__or__", "__xor__",
    "__divmod__", "__rdivmod__", "__lshift__", "__rlshift__", "__rshift__", "__rrshift__",
    "__rmatmul__", "__rand__", "__ror__", "__rxor__", "__setitem__", "__delitem__",
    "__neg__", "__pos__", "__abs__", "__invert__", "__int__", "__float__", "__index__",
    "__complex__", "__round__", "__str__", "__format__", "__bytes__", "__fspath__", "__enter__",
)  # fmt: skip
"""Operations that would need the value itself."""


def _refuse(operation: str) -> Any:
    def refused(self: Any, *_: object) -> Any:
        raise self.forced(operation)

    return refused


class ParameterHandle:
    """A parameter that stays open until run time."""

    __slots__ = ("name", "owner")

    def __init__(self, name: str, owner: object) -> None:
        self.name = name
        self.owner = owner

    def __eq__(self, other: object) -> bool:
        raise self.forced("__eq__")

    def __hash__(self) -> int:
        raise self.forced("__hash__")

    def __getattr__(self, name: str) -> Any:
        raise self.forced(name)

    def __repr__(self) -> str:
        return f"<parameter {self.name}>"

    def forced(self, operation: str) -> AuthorError:
        return AuthorError(
            f"the value of parameter '{self.name}' is needed while the pipeline is traced "
            f"({operation}), but it is only known at run time",
            where=author_location(),
            hint="pass it on to a step and decide there, or leave its annotation away so that "
            "it is bound when the pipeline is compiled",
        )


class InvocationHandle:
    """A step without outputs, once called: it can stand in ``after``."""

    __slots__ = ("owner", "step")

    def __init__(self, step: str, owner: object) -> None:
        self.step = step
        self.owner = owner

    def __repr__(self) -> str:
        return f"<step {self.step}>"


class PipelineHandle:
    """A nested pipeline that returns nothing, once called: in ``after`` it means all its steps."""

    __slots__ = ("name", "owner")

    def __init__(self, name: str, owner: object) -> None:
        self.name = name
        self.owner = owner

    def __repr__(self) -> str:
        return f"<pipeline {self.name}>"


class OutputHandle:
    """One output of an invocation."""

    __slots__ = ("output", "owner", "step", "unnamed")

    def __init__(self, step: str, output: str, owner: object, *, unnamed: bool = False) -> None:
        self.step = step
        self.output = output
        self.owner = owner
        self.unnamed = unnamed

    def __eq__(self, other: object) -> bool:
        raise self.forced("__eq__")

    def __hash__(self) -> int:
        raise self.forced("__hash__")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.forced(f".{name}")

    def __repr__(self) -> str:
        return f"<output {self.output} of step {self.step}>"

    def forced(self, operation: str) -> AuthorError:
        hint = "pass the output on to another step and work with its value there"
        if operation == "__iter__" and self.unnamed:
            hint = (
                "to unpack it, name the outputs in the step's annotation: "
                '-> tuple[Annotated[int, "a"], Annotated[str, "b"]]'
            )
        return AuthorError(
            f"output '{self.output}' of step '{self.step}' has no value while the pipeline is "
            f"traced ({operation})",
            where=author_location(),
            hint=hint,
        )


for _name in FORCING:
    setattr(ParameterHandle, _name, _refuse(_name))
    setattr(OutputHandle, _name, _refuse(_name))


class Outputs:
    """Several named outputs of one invocation: unpack them, or take them by name or position."""

    __slots__ = ("_handles",)

    def __init__(self, handles: tuple[OutputHandle, ...]) -> None:
        self._handles = handles

    @property
    def step(self) -> str:
        return self._handles[0].step

    @property
    def owner(self) -> object:
        return self._handles[0].owner

    def __iter__(self) -> Iterator[OutputHandle]:
        return iter(self._handles)

    def __len__(self) -> int:
        return len(self._handles)

    def __getitem__(self, key: int | str) -> OutputHandle:
        if isinstance(key, int):
            return self._handles[key]
        return self._named(key)

    def __getattr__(self, name: str) -> OutputHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._named(name)

    def __repr__(self) -> str:
        return f"<outputs {', '.join(handle.output for handle in self)} of step {self.step}>"

    def _named(self, name: str) -> OutputHandle:
        for handle in self._handles:
            if handle.output == name:
                return handle
        raise AuthorError(
            f"step '{self.step}' has no output '{name}'",
            where=author_location(),
            hint=f"its outputs: {', '.join(handle.output for handle in self._handles)}",
        )


def author_location() -> str:
    """``file:line`` of the innermost caller outside flowc."""
    import sys

    # inspect.currentframe costs 19 ms of imports
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in {"flowc", "flowc_backends", "flowc_runtime"}
