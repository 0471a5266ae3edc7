"""Where the digits come from, and which of them are held back for the test."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from flowc import step


@step
def load() -> tuple[Annotated[np.ndarray, "images"], Annotated[np.ndarray, "labels"]]:
    """Take the 1,797 digits that scikit-learn carries: 64 grey values from 0 to 16 each."""
    images, labels = load_digits(return_X_y=True)
    return images.astype(np.uint8), labels.astype(np.uint8)


@step
def split(
    images: np.ndarray, labels: np.ndarray, test_size: float, seed: int
) -> tuple[
    Annotated[np.ndarray, "train_images"],
    Annotated[np.ndarray, "test_images"],
    Annotated[np.ndarray, "train_labels"],
    Annotated[np.ndarray, "test_labels"],
]:
    """Hold back a share of every digit for the test."""
    parts = train_test_split(
        images, labels, test_size=test_size, random_state=seed, stratify=labels
    )
    train_images, test_images, train_labels, test_labels = parts
    return train_images, test_images, train_labels, test_labels
