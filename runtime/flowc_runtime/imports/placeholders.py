"""Objects that stand for anything of a module that is not installed."""

from __future__ import annotations

import sys

from flowc_runtime import imports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn

_OPTIMIZED = 0x1  # flag of code that belongs to a function
_COMPREHENSIONS = frozenset(["<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"])
_EXCEPTION_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Timeout", "Exit")
_frame: Callable[[int], FrameType] = vars(sys)["_getframe"]


class Placeholder:
    """Anything of a module that is not installed; ``path`` is how the author wrote it."""

    def __init__(self, path: str, module: str, *, is_result: bool = False) -> None:
        _set(self, "_path", path)
        _set(self, "_module", module)
        _set(self, "_is_result", is_result)

    def __repr__(self) -> str:
        return f"<{_get(self, '_path')}: not installed in {imports.place()}>"

    def __getattr__(self, name: str) -> Any:
        dunder = name.startswith("__") and name.endswith("__")
        if dunder and name not in {"__version__", "__all__"}:
            raise AttributeError(name)
        path = f"{_get(self, '_path')}.{name}"
        if name == "__all__" or (_get(self, "_is_result") and not _while_importing()):
            _fail(path, _get(self, "_module"))
        if name.endswith(_EXCEPTION_ENDINGS) and name[0].isupper():
            found: Any = _exception(path)
        elif _get(self, "_is_result"):
            found = Placeholder(path, _get(self, "_module"), is_result=True)
        else:
            found = Placeholder(path, path)
        _set(self, name, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        # Settings like `torch.backends.cudnn.benchmark = True` are lost with their library.
        if not _while_importing():
            _fail(f"{_get(self, '_path')}.{name}", _get(self, "_module"))
        _set(self, name, value)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        path = _get(self, "_path")
        if not _while_importing():
            _fail(path, _get(self, "_module"))
        if len(args) == 1 and not keywords and type(args[0]) is type(_fail):
            return _function(args[0], path, _get(self, "_module"))
        return Placeholder(f"{path}(...)", _get(self, "_module"), is_result=True)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        del bases
        base = vars(self).get("_base")
        if base is None:
            base = _base(_get(self, "_path"), _get(self, "_module"))
            _set(self, "_base", base)
        return (base,)

    def __instancecheck__(self, instance: object) -> bool:
        # Nothing can be an instance of a class that does not exist here.
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return vars(self).get("_base") in subclass.__mro__

    def __getitem__(self, item: object) -> Placeholder:
        if _get(self, "_is_result") and not _while_importing():
            _fail(_get(self, "_path"), _get(self, "_module"))
        return Placeholder(f"{_get(self, '_path')}[...]", _get(self, "_module"))

    def __or__(self, other: Any) -> Any:
        import typing

        return typing.Union[self, other]  # noqa: UP007 - `|` is what this implements

    def __ror__(self, other: Any) -> Any:
        import typing

        return typing.Union[other, self]  # noqa: UP007

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        _fail(_get(self, "_path"), _get(self, "_module"))


_set = object.__setattr__
_get = object.__getattribute__


def _while_importing() -> bool:
    """Whether the code that touched the placeholder is the body of one of the author's modules."""
    frame = _frame(2)  # nothing else tells a module's body from a function
    while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return not frame.f_code.co_flags & _OPTIMIZED and imports.is_first_party(frame.f_globals)


def _fail(path: str, module: str) -> NoReturn:
    installed = imports.installed()
    step, image = (installed.step, installed.image) if installed is not None else ("", "")
    subject = f"step '{step}'" if step else "this code"
    where = f" (image '{image}')" if image else ""
    distribution = imports.distribution_of(module)
    problem = (
        f"{subject}{where} uses '{path}', but the distribution '{distribution}' is not installed"
    )
    remedy = 'in this image; add it to settings={"docker": {"requirements": [...]}}'
    raise imports.MissingDependency(
        f"{problem} {remedy if image else 'here; install it'}", name=module
    )


def _function(function: Any, path: str, module: str) -> Any:
    """What a missing decorator makes of a function: it looks the same and cannot be called."""
    import functools

    return functools.wraps(function)(_refusal(path, module))


def _base(path: str, module: str) -> type:
    """What a missing base class is replaced by: a class that cannot be instantiated."""

    def accept(**keywords: Any) -> None:
        del keywords

    body = {"__new__": _refusal(path, module), "__init_subclass__": staticmethod(accept)}
    return type(path.rpartition(".")[2], (), {**body, "__module__": module})


def _exception(path: str) -> type:
    """A class that ``except`` accepts and that nothing raises."""
    module, _, name = path.rpartition(".")
    parent = Warning if name.endswith("Warning") else Exception
    return type(name, (parent,), {"__new__": _refusal(path, path), "__module__": module})


def _refusal(path: str, module: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **keywords: Any) -> NoReturn:
        del args, keywords
        _fail(path, module)

    return refuse


def _operator(symbol: str) -> Callable[..., Any]:
    def operate(self: Placeholder, *others: Any) -> Any:
        del others
        path = f"{_get(self, '_path')} {symbol} ..."
        if not _while_importing():
            _fail(path, _get(self, "_module"))
        return Placeholder(path, _get(self, "_module"), is_result=True)

    return operate


def _use(self: Placeholder, *others: Any) -> NoReturn:
    del others
    _fail(_get(self, "_path"), _get(self, "_module"))


_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "matmul": "@", "truediv": "/", "floordiv": "//",
    "mod": "%", "pow": "**", "lshift": "<<", "rshift": ">>", "and": "&", "xor": "^",
}  # fmt: skip
for _name, _symbol in _OPERATORS.items():
    setattr(Placeholder, f"__{_name}__", _operator(_symbol))
    setattr(Placeholder, f"__r{_name}__", _operator(_symbol))
for _name in ("neg", "pos", "abs", "invert", "lt", "le", "gt", "ge"):
    setattr(Placeholder, f"__{_name}__", _operator(_name))
for _name in (
    "iter", "next", "len", "bool", "contains", "enter", "exit", "aenter", "aexit", "await",
    "int", "float", "index", "complex", "setitem", "delitem", "delattr", "fspath", "aiter",
):  # fmt: skip
    setattr(Placeholder, f"__{_name}__", _use)
