"""Everything without a format of its own, as a pickle.

Classes and functions of the script that runs are stored under the name of their module, so that
they are found when another process reads them.
"""

from __future__ import annotations

import pickle

from flowc_runtime.materializers.leaves import Format, SaveError
from flowc_runtime.values import objects, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

_PROTOCOL = 5


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        return _reference(obj) or NotImplemented


def format_of() -> Format:
    """Cloudpickle where it is installed: it also keeps lambdas and classes of a notebook."""
    if _cloudpickle() is None:
        return Format("pickle@1", "pickle", _write_pickle)
    return Format("cloudpickle@1", "pickle", _write_cloudpickle)


def read(file: BinaryIO, size: int) -> Any:
    del size
    return pickle.load(file)  # noqa: S301 - who can write to a store is trusted with code


def _write_pickle(value: object, file: BinaryIO) -> bool:
    return _dump(_Pickler(file, _PROTOCOL), value)


def _write_cloudpickle(value: object, file: BinaryIO) -> bool:
    cloudpickle = _cloudpickle()

    def reducer_override(self: Any, obj: Any) -> Any:
        return _reference(obj) or cloudpickle.Pickler.reducer_override(self, obj)

    pickler = type("Pickler", (cloudpickle.Pickler,), {"reducer_override": reducer_override})
    return _dump(pickler(file, _PROTOCOL), value)


def _cloudpickle() -> Any:
    try:
        return __import__("cloudpickle")
    except ImportError:
        return None


def _dump(pickler: Any, value: object) -> bool:
    try:
        pickler.dump(value)
    except Exception as error:  # the author's __reduce__ and __getstate__ run here
        raise SaveError(
            f"it is a {type_name(type(value))}, and pickling it raised {type(error).__name__}: "
            f"{error}. Return plain data, leave the part out with __getstate__, or name a "
            "materializer for this output"
        ) from error
    return True


def _reference(obj: Any) -> Any:
    """How to find a class or function of ``__main__`` from elsewhere, if it can be found."""
    if getattr(obj, "__module__", None) != "__main__" or not hasattr(obj, "__qualname__"):
        return None
    name = objects.reference_to(obj)
    return (objects.find_class, (name,)) if name is not None else None
