"""What hooks are told: arguments, the exception, the context, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowc_runtime import context
from flowc_runtime.arguments import fact_of
from tests.runtime.bundles import output, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hooks.scene import Scene

    Scenes = Callable[..., Scene]


def told(
    scene: Scenes, event: str, hook: str, function: str = "one", **fields: object
) -> list[str]:
    """What the hook ``hook`` notes after the step."""
    made = scene(step("s", function, hooks={event: "hook"}, **fields), author=f"\n{hook}\n")  # type: ignore[arg-type]
    made.step("s")
    notes: list[str] = made.notes
    if not notes:
        pytest.fail(str(made.hook("s", event)))
    return notes


@pytest.mark.parametrize(
    "signature",
    [
        "(exception)",
        "(error: ValueError)",
        "(error: 'BaseException')",
        "(exception, /)",
        "(*, exception)",
        "(exception, other=1)",
        "(error: Exception = None)",
    ],
)
def test_the_exception_by_name_and_annotation(scene: Scenes, signature: str) -> None:
    hook = f"def hook{signature}: note(repr(locals().get('exception') or error))"
    if "exception" in signature.partition(":")[0]:
        hook = f"def hook{signature}: note(repr(exception))"
    assert told(scene, "on_failure", hook, "bad") == ["ValueError('no')"]


def test_a_decorated_hook(scene: Scenes) -> None:
    hook = (
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n"
        "    def inner(*args, **named): return f(*args, **named)\n    return inner\n"
        "@deco\ndef hook(step_name): note(step_name)"
    )
    assert told(scene, "on_success", hook) == ["s"]


def test_an_instance_that_can_be_called(scene: Scenes) -> None:
    hook = "class Hook:\n    def __call__(self, step_name): note(step_name)\nhook = Hook()"
    assert told(scene, "on_success", hook) == ["s"]


def test_an_argument_without_a_meaning(scene: Scenes) -> None:
    made = scene(step("one", hooks={"on_success": "hook"}), author="\ndef hook(colour): pass\n")
    made.step("one")
    error = made.hook("one", "on_success")["error"]
    assert "argument 'colour' has no meaning" in error["message"]


@pytest.mark.parametrize(
    ("function", "outputs", "expected"),
    [("one", ["output"], "1"), ("pair", ["a", "b"], "{'a': 1, 'b': 2}"), ("nothing", [], "None")],
)
def test_step_output(scene: Scenes, function: str, outputs: list[str], expected: str) -> None:
    hook = "def pair(): return 1, 2\ndef hook(step_output): note(step_output)"
    assert told(scene, "on_success", hook, function, outputs=outputs) == [expected]


EXCEPTIONS = {
    "class E(Exception): pass": ("E('a', 2)", "E ('a', 2)"),
    "class E(KeyError): pass": ("E('k')", "E 'k'"),
    "class E(Exception):\n    def __init__(self, code, text):\n        super().__init__(text)\n"
    "        self.code = code": ("E(4, 'text')", "E text"),
    "class E(Exception):\n    def __init__(self, text):\n        super().__init__(text)\n"
    "        self.lock = __import__('threading').Lock()": ("E('locked')", "E locked"),
    "class E(Exception):\n    def __str__(self): raise OSError": ("E(1)", "E <its str() raises>"),
    "def make():\n    class E(Exception): pass\n    return E('local')": ("make()", "E local"),
    "class E(OSError): pass": ("E(2, 'gone', 'file')", "E [Errno 2] gone: 'file'"),
}


@pytest.mark.parametrize("code", EXCEPTIONS)
@pytest.mark.parametrize("by", ["the step", "the finaliser"])
def test_exceptions_are_usable_whoever_calls(scene: Scenes, code: str, by: str) -> None:
    raised, expected = EXCEPTIONS[code]
    author = f"""
{code}
def fail(): raise {raised}
def hook(exception):
    import traceback
    shown = "".join(traceback.format_exception(type(exception), exception, None))
    note(type(exception).__name__, exception, "in fail" in shown)
"""
    made = scene(step("fail", hooks={"on_failure": "hook"}), author=author)
    made.step("fail")
    if by == "the finaliser":
        made.forget_result("fail")
        made.store.delete("runs/p-1/steps/fail/1/hook-on_failure.json")
        made.file.unlink()
        made.finalise()
    assert made.notes == [f"{expected} True"]


def test_an_exception_keeps_its_class_and_attributes(scene: Scenes) -> None:
    author = """
class Mine(Exception):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code
    def __reduce__(self): return Mine, (self.code,)
def fail(): raise Mine(7)
def hook(exception): note(isinstance(exception, Mine), exception.code)
"""
    made = scene(step("fail", hooks={"on_failure": "hook"}), author=author)
    made.step("fail")
    assert made.notes == ["True 7"]
    made.forget_result("fail")
    made.store.delete("runs/p-1/steps/fail/1/hook-on_failure.json")
    made.finalise()
    assert made.notes == ["True 7"] * 2


CONTEXT = """
def hook(context, what: StepContext = None):
    run, here = get_step_context().step_run, get_step_context()
    assert context is here
    note(run.name, run.status, run.attempt, run.config.parameters, here.pipeline.name)
    note(here.pipeline_run.id, dict(here.inputs), dict(here.outputs))
class StepContext: pass
"""


def test_the_context_of_a_success(scene: Scenes) -> None:
    author = CONTEXT.replace(", what: StepContext = None", "")
    steps = [
        step("one"),
        step(
            "two",
            inputs={"n": output("one"), "by": {"value": 3}},
            upstream=["one"],
            hooks={"on_success": "hook"},
        ),
    ]
    made = scene(*steps, author=f"{author}\ndef two(n, by): return n + by\n")
    made.step("one")
    made.step("two")
    assert made.notes == ["two completed 1 {'by': 3} p", "p-1 {'n': 1, 'by': 3} {'output': 4}"]


def test_the_context_of_a_failure(scene: Scenes) -> None:
    author = CONTEXT.replace(", what: StepContext = None", "")
    made = scene(step("bad", retries=1, hooks={"on_failure": "hook"}), author=author)
    made.step("bad")
    assert made.notes == ["bad failed 2 {} p", "p-1 {} {}"]


def test_the_context_inside_a_step(scene: Scenes) -> None:
    author = "\ndef say(n): note(get_step_context().inputs, get_step_context().outputs)\n"
    made = scene(step("say", inputs={"n": {"value": 3}}), author=author)
    made.step("say")
    assert made.notes == ["{'n': 3} {}"]


def test_no_context_outside_of_a_step(scene: Scenes) -> None:
    with pytest.raises(RuntimeError, match="works inside a running step and in its hooks"):
        context.get_step_context()
    with pytest.raises(RuntimeError, match=r"log_metadata\(\) works inside"):
        context.log_metadata({})
    made = scene(
        step("one"), author="\ndef hook(): get_step_context()\n", hooks={"on_init": "hook"}
    )
    made.step("one")
    assert "in on_init" in made.run_hook("on_init")["error"]["message"]


def test_metadata_is_stored_with_the_result(scene: Scenes) -> None:
    author = """
def say():
    log_metadata({"loss": float("nan"), "shape": (1, 2)})
    log_metadata({"rows": 3, "loss": 0.5})
def hook(): log_metadata({"hook": True})
"""
    made = scene(step("say", outputs=[], hooks={"on_success": "hook"}), author=author)
    made.step("say")
    stored = {"loss": 0.5, "shape": [1, 2], "rows": 3}
    assert made.result("say")["metadata"] == {**stored, "hook": True}
    made.step("say", run="p-2")
    assert made.result("say", run="p-2")["metadata"] == stored


def test_metadata_of_a_failed_step(scene: Scenes) -> None:
    author = "\ndef say():\n    log_metadata({'rows': 3})\n    raise ValueError\n"
    made = scene(step("say"), author=author)
    made.step("say")
    assert made.result("say")["metadata"] == {"rows": 3}


@pytest.mark.parametrize("wrong", ["[1]", "{'x': object()}", "{1: 2}", "{'x': {'y': {1, 2}}}"])
def test_metadata_that_json_cannot_hold(scene: Scenes, wrong: str) -> None:
    made = scene(step("say"), author=f"\ndef say(): log_metadata({wrong})\n")
    made.step("say")
    assert made.result("say")["error"]["type"] == "TypeError"


ANNOTATIONS = {
    "BaseException": True,
    "KeyboardInterrupt": True,
    "Odd": True,
    "Odd | None": True,
    "typing.Optional[Odd]": True,
    "'Odd | None'": True,
    "'typing.Union[ValueError, None]'": True,
    "'elsewhere.SomeError'": True,
    "ParseError": False,
    "'ParseError'": False,
    "int | None": False,
}


@pytest.mark.parametrize(("annotation", "fits"), ANNOTATIONS.items(), ids=ANNOTATIONS.keys())
def test_annotations(scene: Scenes, annotation: str, fits: bool) -> None:  # noqa: FBT001
    author = f"""
import typing
class Odd(ValueError): pass
class ParseError: pass
def fail(): raise Odd("no")
def hook(why: {annotation} = None): note(why)
"""
    made = scene(step("fail", hooks={"on_failure": "hook"}), author=author)
    made.step("fail")
    assert made.notes == ["no" if fits else "None"]
    scope: dict[str, Any] = {"note": print}
    exec(author, scope)  # noqa: S102
    assert (
        bool(fact_of(scope["hook"].__annotations__["why"], ("exception",), scope["hook"])) is fits
    )


def test_an_exception_keeps_its_attributes(scene: Scenes) -> None:
    author = """
import threading
class Refused(Exception):
    def __init__(self, code, detail):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.lock = code, detail, threading.Lock()
def fail(): raise Refused(4, ["full"])
def hook(exception): note(exception, exception.code, exception.detail, hasattr(exception, "lock"))
"""
    made = scene(step("fail", hooks={"on_failure": "hook"}), author=author)
    made.step("fail")
    assert made.notes == ["4: ['full'] 4 ['full'] False"]
