"""Stand-ins for third-party modules that a step's image does not hold.

Steps of one module may live in different images, so ``import torch`` at its top must not fail in
the image of a step that never touches torch. ``install`` makes such an import bind a Placeholder.
While modules of the author are being executed it stands for anything: an attribute, a decorator,
a base class, an annotation, the result of a call. Afterwards, the first real use raises
MissingDependency, which names the step, its image and the distribution to add.

A placeholder is handed to the importing statement and never enters ``sys.modules``: other
libraries that look for an optional dependency, ``importlib`` and imports inside functions see
that the module is not there. So do imports inside a ``try`` that catches ImportError. That is why
this wraps ``__import__``: what a finder on ``sys.meta_path`` finds is in ``sys.modules`` for all.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import CodeType, FrameType
    from typing import Any, NoReturn

_OPTIMIZED = 0x1  # flag of code that belongs to a function
_ONLY_AST = 0x400
_COMPREHENSIONS = frozenset(["<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"])
_EXCEPTION_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Timeout", "Exit")

# Import names whose distribution is called otherwise.
_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "IPython": "ipython",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "distutils": "setuptools",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "igraph": "python-igraph",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "lightning_fabric": "lightning",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "multipart": "python-multipart",
    "osgeo": "gdal",
    "pkg_resources": "setuptools",
    "pl_bolts": "lightning-bolts",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pylab": "matplotlib",
    "pytorch_lightning": "pytorch-lightning",
    "sentence_transformers": "sentence-transformers",
    "serial": "pyserial",
    "shapefile": "pyshp",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "skopt": "scikit-optimize",
    "slugify": "python-slugify",
    "snowflake.connector": "snowflake-connector-python",
    "socks": "pysocks",
    "umap": "umap-learn",
    "usb": "pyusb",
    "win32api": "pywin32",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


class MissingDependency(ImportError):  # noqa: N818 - it says what is wrong
    """Code used something of a distribution that this step's image does not hold."""


class _Installed:
    """What is known about this process; replaced as a whole by ``install``."""

    def __init__(self, step: str, image: str, first_party: Collection[str]) -> None:
        self.step = step
        self.image = image
        self.first_party = frozenset(first_party)
        self.modules: dict[str, Placeholder] = {}
        self.guards: dict[CodeType, list[tuple[int, int]] | None] = {}


_installed: _Installed | None = None
_frame: Callable[[int], FrameType] = vars(sys)["_getframe"]
_import: Callable[..., Any] = builtins.__import__


def install(step_id: str, image: str, first_party: Collection[str]) -> None:
    """Let modules whose top-level name is in ``first_party`` import what is missing here.

    To install again replaces what was installed.
    """
    global _installed, _import  # noqa: PLW0603 - one process runs one step
    _installed = _Installed(step_id, image, first_party)
    if builtins.__import__ is not _import_or_stand_in:
        _import = builtins.__import__
        builtins.__import__ = _import_or_stand_in  # type: ignore[assignment]


def uninstall() -> None:
    """Imports fail as usual again; placeholders that are bound keep their message."""
    global _installed  # noqa: PLW0603 - as above
    _installed = None
    if builtins.__import__ is _import_or_stand_in:
        builtins.__import__ = _import


def place() -> str:
    """Where this code runs, for messages."""
    if _installed is None:
        return "this image"
    image = f" ('{_installed.image}')" if _installed.image else ""
    return f"the image of step '{_installed.step}'{image}"


def distribution_of(module: str) -> str:
    """The distribution that most likely provides the module ``module`` (dotted)."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in _DISTRIBUTIONS:
            return _DISTRIBUTIONS[name]
    return parts[0].replace("_", "-") if parts[0] != "google" else "-".join(parts[:3])


def _import_or_stand_in(
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002 - called as builtins.__import__ is
    locals: Mapping[str, Any] | None = None,  # noqa: A002
    fromlist: tuple[str, ...] = (),
    level: int = 0,
) -> Any:
    try:
        return _import(name, globals, locals, fromlist, level)
    except ModuleNotFoundError as error:
        # Functions have no locals here, so this is the body of a module or a class.
        if level or globals is None or locals is None or _installed is None:
            raise
        frame = _frame(1)  # only the importing line tells try from no try
        missing = _missing_part(name, fromlist, error.name)
        if missing is None or not _is_first_party(globals) or _is_guarded(frame, _installed):
            raise
        return _stand_in(name, fromlist, _installed)


def _missing_part(name: str, fromlist: tuple[str, ...], missing: str | None) -> str | None:
    """The third-party module that is missing, if it is what the statement asks for.

    Not a module that the found one needs in turn; and not a part of a distribution that is there,
    which is a typing error of the author's.
    """
    top = name.partition(".")[0]
    asked = missing is not None and (f"{name}.").startswith(f"{missing}.")
    if not asked or "*" in (fromlist or ()) or top in sys.stdlib_module_names:
        return None
    if _installed is None or top in _installed.first_party:
        return None
    found = sys.modules.get(top)
    is_namespace = found is not None and getattr(found, "__file__", None) is None
    return missing if found is None or is_namespace else None


def _is_first_party(namespace: Mapping[str, Any]) -> bool:
    name = namespace.get("__name__")
    if _installed is None or not isinstance(name, str):
        return False
    return name.partition(".")[0] in _installed.first_party


def _stand_in(name: str, fromlist: tuple[str, ...], installed: _Installed) -> Any:
    """What ``__import__`` returns: the module itself for ``from``, else its top-level parent."""
    top, _, rest = name.partition(".")
    modules: Mapping[str, Any] = sys.modules
    found = modules.get(top)
    if found is None:
        found = whole = _module(top, installed)
        for part in rest.split(".") if rest else ():
            whole = getattr(whole, part)
        return whole if fromlist else found
    # `import google.cloud.storage`, where another distribution provides `google`.
    path = top
    parent = found
    for part in rest.split("."):
        path = f"{path}.{part}"
        following = modules.get(path)
        if following is None:
            following = _module(path, installed)
            setattr(parent, part, following)
        parent = following
    return parent if fromlist else found


def _module(name: str, installed: _Installed) -> Placeholder:
    """The one placeholder of a missing module, so that all modules of the author share it."""
    if name not in installed.modules:
        installed.modules[name] = Placeholder(name, name)
    return installed.modules[name]


# Imports that the author guards


def _is_guarded(frame: FrameType, installed: _Installed) -> bool:
    """Whether the running line of a module is inside a ``try`` that catches ImportError.

    Without its source nobody can tell, and the error is raised as usual.
    """
    outer = frame
    while outer.f_code.co_name != "<module>":
        # The body of a class inside a function is as late as that function.
        if outer.f_back is None or outer.f_code.co_flags & _OPTIMIZED:
            return True
        outer = outer.f_back
    if outer.f_code not in installed.guards:
        installed.guards[outer.f_code] = _guarded_lines(outer)
    spans = installed.guards[outer.f_code]
    return spans is None or any(first <= frame.f_lineno <= last for first, last in spans)


def _guarded_lines(frame: FrameType) -> list[tuple[int, int]] | None:
    source = _source_of(frame)
    if source is None:
        return None
    if "try" not in source and "suppress" not in source:
        return []
    try:
        tree: Any = compile(source, frame.f_code.co_filename, "exec", _ONLY_AST, dont_inherit=True)
    except SyntaxError:
        return None
    spans: list[tuple[int, int]] = []
    pending: list[Any] = list(tree.body)
    while pending:
        statement = pending.pop()
        if _catches_import_error(statement, frame.f_globals):
            spans.append((statement.body[0].lineno, statement.body[-1].end_lineno))
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            pending += getattr(statement, part, ())
    return spans


def _source_of(frame: FrameType) -> str | None:
    name = frame.f_globals.get("__name__")
    read: Any = getattr(frame.f_globals.get("__loader__"), "get_source", None)
    try:
        found = read(name) if read is not None else None
        if found is not None:
            return str(found)
        with open(frame.f_code.co_filename, encoding="utf-8") as file:
            return file.read()
    except (OSError, ImportError, UnicodeDecodeError):
        return None


def _catches_import_error(statement: Any, namespace: dict[str, Any]) -> bool:
    kind = type(statement).__name__
    if kind in {"Try", "TryStar"}:
        return any(
            handler.type is None or _covers(handler.type, namespace)
            for handler in statement.handlers
        )
    if kind != "With":
        return False
    calls = [item.context_expr for item in statement.items]
    return any(
        _name_of(getattr(call, "func", None)).endswith("suppress")
        and any(_covers(argument, namespace) for argument in call.args)
        for call in calls
    )


def _covers(expression: Any, namespace: dict[str, Any]) -> bool:
    if type(expression).__name__ == "Tuple":
        return any(_covers(part, namespace) for part in expression.elts)
    first, *rest = _name_of(expression).split(".")
    found = namespace.get(first, getattr(builtins, first, None) if first else None)
    for part in rest:
        found = getattr(found, part, None)
    return isinstance(found, type) and issubclass(ModuleNotFoundError, found)


def _name_of(expression: Any) -> str:
    """The dotted name that an expression is, or nothing."""
    kind = type(expression).__name__
    if kind == "Name":
        return str(expression.id)
    if kind == "Attribute":
        return f"{_name_of(expression.value)}.{expression.attr}"
    return ""


# The placeholders


class Placeholder:
    """Anything of a module that is not installed; ``path`` is how the author wrote it."""

    def __init__(self, path: str, module: str, *, is_result: bool = False) -> None:
        _set(self, "_path", path)
        _set(self, "_module", module)
        _set(self, "_is_result", is_result)

    def __repr__(self) -> str:
        return f"<{_get(self, '_path')}: not installed in {place()}>"

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
    return not frame.f_code.co_flags & _OPTIMIZED and _is_first_party(frame.f_globals)


def _fail(path: str, module: str) -> NoReturn:
    step, image = (_installed.step, _installed.image) if _installed is not None else ("", "")
    subject = f"step '{step}'" if step else "this code"
    where = f" (image '{image}')" if image else ""
    remedy = (
        'in this image; add it to settings={"docker": {"requirements": [...]}}'
        if image
        else "here; install it"
    )
    raise MissingDependency(
        f"{subject}{where} uses '{path}', but the distribution '{distribution_of(module)}' is not "
        f"installed {remedy}",
        name=module,
    )


def _function(function: Callable[..., Any], path: str, module: str) -> Callable[..., Any]:
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
