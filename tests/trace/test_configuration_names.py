"""An argument that a configuration class does not have is told with its place and a near name."""

from __future__ import annotations

import inspect

import pytest

from flowc import (
    CachePolicy,
    KubernetesSettings,
    ResourceSettings,
    RetryConfig,
    Schedule,
    Secret,
    StepRetryConfig,
    authoring,
)
from flowc.errors import AuthorError, FlowcError

WRONG = {
    CachePolicy: ("ignore_input", "ignore_inputs"),
    KubernetesSettings: ("node_selectors", "node_selector"),
    ResourceSettings: ("cpus_count", "cpu_count"),
    RetryConfig: ("max_retrys", "max_retries"),
    Schedule: ("intervall", "interval"),
    Secret: ("keys", "key"),
}


@pytest.mark.parametrize(
    ("kind", "names"), WRONG.items(), ids=lambda it: getattr(it, "__name__", "")
)
def test_an_unknown_name_is_refused(kind: type, names: tuple[str, str]) -> None:
    wrong, near = names
    line = inspect.currentframe().f_lineno + 2  # type: ignore[union-attr]
    with pytest.raises(FlowcError) as caught:
        kind(**{wrong: 1})
    error = caught.value
    assert isinstance(error, AuthorError)
    assert f"{kind.__name__} has no option '{wrong}'" in str(error)
    assert error.where == f"{__file__}:{line}"
    assert error.hint == f"did you mean '{near}'?"


def test_none_is_left_out() -> None:
    classes = {each for each in vars(authoring).values() if isinstance(each, type)}
    assert classes - {authoring.Pipeline, authoring.Step} == set(WRONG)
    assert StepRetryConfig is RetryConfig


@pytest.mark.parametrize("kind", WRONG)
def test_a_signature_shows_the_names(kind: type) -> None:
    _, near = WRONG[kind]
    assert near in inspect.signature(kind).parameters
