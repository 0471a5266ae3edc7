"""Two ways to read a digit. A model is plain numbers: the same bytes on every machine.

A pickled estimator would differ from one release of scikit-learn to the next, and floating-point
sums from one processor to the next. So a fitted model is written down as lists, and whatever is
summed up is an integer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tree:
    """A decision tree, node by node: go left while the pixel is at most the threshold."""

    pixel: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    digit: list[int]

    def predict(self, images: np.ndarray) -> list[int]:
        return [self._descend(image) for image in images]

    def _descend(self, image: np.ndarray) -> int:
        node = 0
        while self.left[node] != -1:
            low = image[self.pixel[node]] <= self.threshold[node]
            node = self.left[node] if low else self.right[node]
        return self.digit[node]


@dataclass(frozen=True)
class Bayes:
    """Naive Bayes: for each digit its own weight and the weight of each pixel."""

    prior: list[int]
    weights: list[list[int]]

    def predict(self, images: np.ndarray) -> list[int]:
        scores = images.astype(np.int64) @ np.array(self.weights).T + np.array(self.prior)
        return [int(digit) for digit in scores.argmax(axis=1)]
