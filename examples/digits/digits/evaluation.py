"""How well a model reads digits that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digits.models import Bayes, Tree
from flowc import step


@dataclass(frozen=True)
class Evaluation:
    """One model's answers for the test images, in their order."""

    model: str
    accuracy: float
    answers: list[int]


@step
def evaluate(model: Tree | Bayes, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """Ask a model for every test image."""
    answers = model.predict(images)
    right = sum(answer == label for answer, label in zip(answers, labels.tolist(), strict=True))
    return Evaluation(
        model=type(model).__name__, accuracy=round(right / len(answers), 4), answers=answers
    )


@step
def pick_best(evaluations: list[Evaluation]) -> Evaluation:
    """Choose the highest accuracy; the first one wins a tie."""
    return max(evaluations, key=lambda evaluation: evaluation.accuracy)
