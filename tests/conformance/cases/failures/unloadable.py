"""An input that cannot be loaded: its class does not want to come back."""

from __future__ import annotations

from flowc import pipeline, step


class Shy:
    """Goes into a pickle, and raises when it is taken out."""

    def __setstate__(self, state: object) -> None:
        raise RuntimeError("not again")

    def __getstate__(self) -> dict[str, int]:
        return {"x": 1}


def failed(exception: BaseException) -> None:
    print("HOOK on_failure", "not again" in str(exception))


@step
def make() -> Shy:
    return Shy()


@step(on_failure=failed)
def use(value: Shy) -> str:
    return repr(value)


@pipeline
def unloadable() -> None:
    use(make())
