"""Read handwritten digits: train two models side by side, keep the better one, report.

Run it from the checkout:

flowc run examples/digits/pipeline.py --param test_size=0.5 --param 'title=My digits'
"""

from __future__ import annotations

from typing import Any

from digits.data import load, split
from digits.evaluation import evaluate, pick_best
from digits.report import write_report
from digits.training import train_bayes, train_tree

from flowc import pipeline

HYPERPARAMETERS = {"tree": {"max_depth": 12, "min_samples_leaf": 2}, "bayes": {"alpha": 1.0}}


@pipeline(
    settings={"docker": {"requirements": "requirements.txt"}},
    include=["digits/report.html"],
)
def digits(
    test_size: float = 0.25,
    seed: int = 7,
    hyperparameters: dict[str, Any] = HYPERPARAMETERS,
    title: str = "Handwritten digits",
) -> None:
    """Train a decision tree and naive Bayes on handwritten digits and report on the better."""
    images, labels = load()
    train_images, test_images, train_labels, test_labels = split(
        images, labels, test_size=test_size, seed=seed
    )
    tree = train_tree(train_images, train_labels, hyperparameters, seed)
    bayes = train_bayes(train_images, train_labels, hyperparameters)
    evaluations = [
        evaluate(tree, test_images, test_labels, id="evaluate_tree"),
        evaluate(bayes, test_images, test_labels, id="evaluate_bayes"),
    ]
    best = pick_best(evaluations)
    write_report(title, test_images, test_labels, evaluations, best)


if __name__ == "__main__":
    digits()
