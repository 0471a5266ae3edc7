"""What the cache answers by itself, without the step's code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import contract, versions
from flowc_runtime.answers import Answers, Run
from tests.runtime.bundles import RUN, output, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.contract import StepSpec
    from tests.runtime.bundles import Bundle

AUTHOR = """
def one():
    return 1
def twice(n):
    return n * 2
def told(): ...
"""

HERE: Any = {"python": versions.here(step("one")).get("python", "3.11.9"), "distributions": {}}


def made_with(bundle: Callable[..., Bundle], *steps: StepSpec) -> Bundle:
    made = bundle(AUTHOR, *steps)
    for each in steps:
        made.step(each["id"])
    return made


def answers(made: Bundle, *, known: bool = True, run: str = "p-2") -> Answers:
    spec = json.loads((made.folder / "pipeline.json").read_text())
    environments = {each["id"]: HERE if known else None for each in spec["steps"]}
    return Answers(Run(run, spec, made.store, {}), environments)


def chain(**options: Any) -> list[StepSpec]:
    return [step("one", **options), step("twice", inputs={"n": output("one")}, upstream=["one"])]


def test_what_is_answered_is_recorded_like_a_containers(bundle: Callable[..., Bundle]) -> None:
    made = made_with(bundle, *chain())
    asked = answers(made)
    assert list(asked.foresee()) == ["one", "twice"]
    assert made.store.list("runs/p-2/") == []
    for id_ in ("one", "twice"):
        asked.give(id_)
        made.step(id_, run="p-3")
        ours, theirs = made.result(id_, run="p-2"), made.result(id_, run="p-3")
        assert ours["status"] == "cached"
        for moment in ("started", "ended"):
            assert ours.pop(moment) <= theirs.pop(moment)
        assert ours == theirs
    assert made.record(contract.run_key("p-2"))["run"] == "p-2"


@pytest.mark.parametrize(
    "options",
    [
        {"cache": False},
        {"hooks": {"on_cached": "told"}},
        {"inputs": {"n": {"parameter": "missing"}}},
    ],
)
def test_what_needs_more_than_the_cache(
    bundle: Callable[..., Bundle], options: dict[str, Any]
) -> None:
    made = made_with(bundle, *chain(**options))
    asked = answers(made)
    assert asked.foresee() == {}
    assert asked.give("one") is None
    assert made.store.list("runs/p-2/") == []


def test_a_key_function_is_the_steps_own_business(bundle: Callable[..., Bundle]) -> None:
    spec = step("one")
    key: Any = {"module": "author", "qualname": "told", "source": "author.py:5", "takes": []}
    spec["policy"] = {"key": key}
    made = made_with(bundle, spec)
    assert answers(made).foresee() == {}
    made.step("one", run="p-3")
    assert made.result("one", run="p-3")["status"] == "cached"


def test_an_unknown_image_is_asked(bundle: Callable[..., Bundle]) -> None:
    made = made_with(bundle, *chain())
    assert answers(made, known=False).foresee() == {}
    assert answers(made, known=False).give("one") is None


def test_a_step_that_has_begun_is_left_alone(bundle: Callable[..., Bundle]) -> None:
    made = made_with(bundle, *chain())
    assert answers(made, run=RUN).give("one") is None


def test_an_answer_that_is_gone_when_it_is_asked_for(bundle: Callable[..., Bundle]) -> None:
    made = made_with(bundle, *chain())
    asked = answers(made)
    assert set(asked.foresee()) == {"one", "twice"}
    made.store.put(contract.action_key(made.result("one")["cache_key"]), b"{")
    assert asked.give("one") is None
    assert asked.give("twice") is None
