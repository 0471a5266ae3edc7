"""Two ways to read a digit. Both models are plain numbers: the same bytes on every machine.

A pickled estimator would differ from one release of scikit-learn to the next, and floating-point
sums from one processor to the next. So a fitted model is written down as lists, and whatever is
summed up is an integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.naive_bayes import MultinomialNB
from sklearn.tree import DecisionTreeClassifier

from flowc import step

# Log-probabilities are kept in millionths.
SCALE = 1_000_000


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


@step
def train_tree(
    images: np.ndarray, labels: np.ndarray, hyperparameters: dict[str, Any], seed: int
) -> Tree:
    """Grow a decision tree."""
    settings = hyperparameters.get("tree", {})
    tree = DecisionTreeClassifier(random_state=seed, **settings).fit(images, labels).tree_
    return Tree(
        pixel=tree.feature.tolist(),
        threshold=tree.threshold.tolist(),
        left=tree.children_left.tolist(),
        right=tree.children_right.tolist(),
        digit=tree.value.argmax(axis=2).ravel().tolist(),
    )


@step
def train_bayes(images: np.ndarray, labels: np.ndarray, hyperparameters: dict[str, Any]) -> Bayes:
    """Count how much ink each digit leaves on each pixel."""
    model = MultinomialNB(**hyperparameters.get("bayes", {})).fit(images, labels)
    return Bayes(
        prior=_in_millionths(model.class_log_prior_),
        weights=[_in_millionths(row) for row in model.feature_log_prob_],
    )


def _in_millionths(values: np.ndarray) -> list[int]:
    return [round(value * SCALE) for value in values.tolist()]
