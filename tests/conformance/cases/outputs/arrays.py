"""Arrays of numpy: alone, and in a dict. The step's image has numpy, from the index."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowc import pipeline, step

IMAGE = {"docker": {"requirements": ["numpy==2.4.6"]}}


@step(settings=IMAGE)
def make() -> np.ndarray[Any, Any]:
    return np.arange(6, dtype=np.int16).reshape(2, 3)


@step(settings=IMAGE)
def scale(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"half": array / 2, "shape": array.shape}


@step(settings=IMAGE)
def show(parts: dict[str, Any], array: np.ndarray[Any, Any]) -> list[object]:
    return [str(array.dtype), parts["half"].tolist(), parts["shape"]]


@pipeline
def arrays() -> None:
    array = make()
    show(scale(array), array)
