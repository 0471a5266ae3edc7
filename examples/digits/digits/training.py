"""Fitting the two models with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.naive_bayes import MultinomialNB
from sklearn.tree import DecisionTreeClassifier

from digits.models import Bayes, Tree
from flowc import step

# Log-probabilities are kept in millionths.
SCALE = 1_000_000


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
