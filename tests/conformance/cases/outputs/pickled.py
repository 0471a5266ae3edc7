"""A value that only a pickle can keep."""

from __future__ import annotations

from flowc import pipeline, step


class Model:
    """Not a dataclass, and knows its friend, who knows it."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.friend = self

    def predict(self, x: float) -> float:
        return self.friend.weight * x


@step
def train() -> Model:
    return Model(1.5)


@step
def predict(model: Model) -> float:
    assert model.friend is model
    return model.predict(2)


@pipeline
def pickled() -> None:
    predict(train())
