from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.errors import FlowcError
from tests.authoring import text, traced, write

if TYPE_CHECKING:
    from pathlib import Path

HOOKS = """
def told(exception: BaseException): ...
def step_told(step_name, step_output): ...
def quiet(): ...
def other(context, extra=1): ...
"""


def test_a_steps_own_hooks_beat_the_pipelines(tmp_path: Path) -> None:
    source = """
@step(on_failure=quiet)
def own(): ...
@step
def inherits(): ...
@pipeline(on_failure=told, on_success=step_told, on_init=quiet, execution_mode="fail_fast")
def p():
    own()
    inherits()
"""
    assert text(tmp_path, HOOKS + source) == [
        "pipeline p()",
        "fail_fast",
        "on_init quiet",
        "own = own() -> output: any",
        "on_success step_told",
        "on_failure quiet",
        "inherits = inherits() -> output: any",
        "on_success step_told",
        "on_failure told",
    ]


def test_an_import_path_is_followed(tmp_path: Path) -> None:
    write(tmp_path, HOOKS, name="apart_hooks.py")
    source = "@step(on_failure='apart_hooks.told', timeout=3)\ndef s(): ...\n"
    pipeline = traced(tmp_path, source + "@pipeline\ndef p():\n    s()\n")
    [step] = pipeline.steps
    [hook] = step.hooks
    assert (hook.function.module, hook.function.qualname) == ("apart_hooks", "told")
    assert hook.where == "apart_hooks.py:3"
    assert step.timeout == 3


@pytest.mark.parametrize("name", ["told", "all_told"])
def test_no_step_and_no_pipeline_is_a_hook_by_its_path_either(tmp_path: Path, name: str) -> None:
    apart = """
from flowc import pipeline, step
@step
def told(): ...
@pipeline
def all_told():
    told()
"""
    write(tmp_path, apart, name="apart_definitions.py")
    source = f"@step(on_failure='apart_definitions.{name}')\ndef s(): ...\n"
    with pytest.raises(FlowcError, match="on_failure wants a function or its import path, got <"):
        traced(tmp_path, source + "@pipeline\ndef p():\n    s()\n")


@pytest.mark.parametrize("method", ["configure", "with_options"])
@pytest.mark.parametrize("option", ["id='b'", "timeout=-1", "on_end=lambda: 1"])
def test_a_wrong_option_is_placed_where_it_was_given(
    tmp_path: Path, method: str, option: str
) -> None:
    source = f"@step\ndef s(): ...\n\ns.{method}({option})\n"
    with pytest.raises(FlowcError) as raised:
        traced(tmp_path, source + "@pipeline\ndef p():\n    s()\n")
    [line] = [number for number, text in enumerate(lines(tmp_path), 1) if f"s.{method}(" in text]
    assert raised.value.where.endswith(f".py:{line}")


def lines(folder: Path) -> list[str]:
    [file] = folder.glob("written_*.py")
    return file.read_text().splitlines()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("lambda: 1", "on_failure is a lambda; no container could import it"),
        ("3", "on_failure wants a function or its import path, got 3"),
        ("'no dots'", "which is no import path"),
        ("'missing_module.f'", "which cannot be imported"),
        ("'os.path.nothing'", "which cannot be imported"),
        ("wants_output", "whose argument 'step_output' has no meaning"),
        ("[].append", "on_failure wants a function"),
        ("later", "on_failure is 'later', which is a generator or a coroutine"),
        ("yielding", "on_failure is 'yielding', which is a generator or a coroutine"),
    ],
)
def test_hooks_that_no_container_could_call(tmp_path: Path, given: str, message: str) -> None:
    hooks = "def wants_output(step_output): ...\nasync def later(): ...\ndef yielding(): yield\n"
    source = f"{hooks}@step(on_failure={given})\ndef s(): ...\n"
    with pytest.raises(FlowcError) as raised:
        traced(tmp_path, source + "@pipeline\ndef p():\n    s()\n")
    assert message in raised.value.message
    assert ".py:" in raised.value.where


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("timeout=0", "timeout wants seconds above 0, got 0"),
        ("timeout='1'", "timeout wants seconds above 0, got '1'"),
        ("timeout=10**400", "timeout wants seconds above 0, got a number of about 400 digits"),
        ("timeout=10**5000", "wants seconds above 0, got a number of about 5000 digits"),
        ("infrastructure_retries=-1", "infrastructure_retries wants an integer from 0, got -1"),
        ("infrastructure_retries=2**31", "wants an integer up to 2147483647, got 2147483648"),
        ("retry=RetryConfig(max_delay=-1)", "max_delay wants a number from 0, got -1"),
        ("retry=RetryConfig(max_delay=10**400)", "max_delay wants a number from 0, got a number"),
        ("retry=RetryConfig(delay=-(10**400))", "delay wants a number from 0, got a number of"),
        ("retry=RetryConfig(backoff=10**5000)", "backoff wants a number from 0, got a number of"),
        (
            "retry=RetryConfig(max_retries=10**400)",
            "max_retries wants an integer up to 2147483647",
        ),
        ("settings={'resources': {'cpu_count': 10**5000}}", "got a number of about 5000 digits"),
        ("settings={'resources': {'memory': 10**5000}}", "got a number of about 5000 digits"),
        ("settings={'resources': {'gpu_count': 10**400}}", "got a number of about 400 digits"),
        ("retry=RetryConfig(only_on=[3])", "only_on wants exception classes, got [3]"),
    ],
)
def test_wrong_numbers(tmp_path: Path, options: str, message: str) -> None:
    source = f"@step({options})\ndef s(): ...\n@pipeline\ndef p():\n    s()\n"
    with pytest.raises(FlowcError) as raised:
        traced(tmp_path, source)
    assert message in raised.value.message


def test_an_unknown_execution_mode(tmp_path: Path) -> None:
    source = "@step\ndef s(): ...\n@pipeline(execution_mode='fast')\ndef p():\n    s()\n"
    with pytest.raises(FlowcError, match="wants one of continue_on_failure, fail_fast"):
        traced(tmp_path, source)
