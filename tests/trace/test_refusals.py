"""Bad input: one message that says what, where, why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.driver import load_pipeline
from flowc.errors import FlowcError
from tests.authoring import HEADER, load, traced, write

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """
@step
def make() -> int:
    return 1
@step
def use(x: int, y: int = 1) -> None: ...
@step
def say() -> str:
    return "a"
@step
def total(x: list[int]) -> None: ...
@step
def odd(x: int = "a") -> None: ...
@pipeline
def other():
    return make()
kept = []
"""


def refusal(folder: Path, source: str) -> FlowcError:
    with pytest.raises(FlowcError) as raised:
        traced(folder, source, wanted="p")
    return raised.value


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        ("use()", "step 'use' is not given its input 'x'", "with: x, y"),
        ("use(1, 2, 3)", "step 'use' takes 2 positional inputs, got 3", "x, y"),
        ("use(1, z=2)", "step 'use' has no input 'z'", "known: x, y"),
        ("use(1, x=2)", "step 'use' is given 'x' twice", ""),
        ("use('a')", "step 'use': 'x' wants int, got 'a'", ""),
        ("use(say())", "'x' wants int, and <output output of step say> is str", ""),
        ("use(1, say())", "'y' wants int, and <output output of step say> is str", ""),
        ("total([make(), 'a'])", "'x' wants list[int], got [<output", ""),
        ("odd()", "step 'odd': 'x' wants int, got 'a'", ""),
        ("use(use(1))", "is given step 'use', which has no output", "use after="),
        ("use(make, 1)", "'x' wants int, got <step make", ""),
        ("use(make() + 1)", "output 'output' of step 'make' has no value", "pass the output on"),
        ("a, b = make()", "output 'output' of step 'make' has no value", ""),
        ("{make()}", "output 'output' of step 'make' has no value", "pass the output on"),
        ("make()['a'] = 1", "output 'output' of step 'make' has no value", "pass the output on"),
        ("make() << 1", "output 'output' of step 'make' has no value", "pass the output on"),
        ("use(1, after='mke'); make()", "after names 'mke'", "did you mean 'make'?"),
        ("use(1, after=3)", "after wants outputs of steps", ""),
        ("use(1, id='a'); use(1, id='a')", "the invocation id 'a' is taken", "an id of its own"),
        ("use(1, id=3)", "an invocation id is a text, got 3", ""),
        ("use(1, id='a', step_name='b')", "is given both id and step_name", ""),
        (
            "use(1, id='a', after='b'); use(1, id='b', after='a')",
            "goes round in a circle: ",
            "take one of the after= away",
        ),
        ("use(1, id='a', after='a')", "goes round in a circle: a -> a", ""),
        ("pass", "pipeline 'p' has no step", "call at least one step"),
        ("1 / 0", "ZeroDivisionError: division by zero", ""),
        ("raise SystemExit(3)", "SystemExit: 3", ""),
        ("other(1)", "pipeline 'other' takes 0 positional inputs, got 1", ""),
    ],
)
def test_calls(tmp_path: Path, body: str, message: str, hint: str) -> None:
    error = refusal(tmp_path, STEPS + f"@pipeline\ndef p():\n    {body}\n")
    assert message in error.message
    assert hint in error.hint
    assert ".py:" in error.where


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\0b", r"'a\x00b' holds a NUL"),
        ("\ud800", r"'\ud800' is no Unicode text"),
        ("ü" * 34, "takes 204 bytes in a path, and 200 fit"),
    ],
)
def test_names_that_no_store_can_hold(tmp_path: Path, name: str, message: str) -> None:
    """Every target has the same paths, so none of them takes such a name."""
    source = STEPS + f"@pipeline\ndef p():\n    use(1, id={name!a})\n"
    source += f"@step\ndef s() -> Annotated[int, {name!a}]: ...\n"
    source += f"@pipeline(name={name!a})\ndef q():\n    s()\n"
    step = refusal(tmp_path, source)
    assert message in step.message
    assert "the step's name" in step.message
    assert ".py:" in step.where
    with pytest.raises(FlowcError) as raised:
        traced(tmp_path, source, wanted="q")
    assert f"the pipeline's name {name!r}" in str(raised.value)
    assert f"the output's name {name!r}" in str(raised.value)


def test_a_hook_by_its_path_is_placed_where_it_is_named(tmp_path: Path) -> None:
    source = "@step(on_success='os.path.join')\ndef s(): ...\n@pipeline\ndef p():\n    s()\n"
    error = refusal(tmp_path, source)
    assert error.where.endswith(".py:3")
    assert "(defined at <frozen posixpath>:" in error.message


FITTING = [
    "use(make())",
    "wide(make())",
    "wide(None)",
    "maybe(make())",
    "maybe(say())",
    "total([make(), 1])",
    "total(pair())",
    "free(say())",
    "none()",
]


@pytest.mark.parametrize("body", FITTING)
def test_outputs_that_fit(tmp_path: Path, body: str) -> None:
    source = """
@step
def wide(x: float | None) -> None: ...
@step
def maybe(x: int | str) -> None: ...
@step
def free(x) -> None: ...
@step
def none(x: int = None) -> None: ...
@step
def pair() -> tuple[int, ...]: ...
"""
    assert traced(tmp_path, f"{STEPS}{source}@pipeline\ndef p():\n    {body}\n", wanted="p").steps


def test_an_output_of_another_pipeline(tmp_path: Path) -> None:
    source = STEPS + "@pipeline\ndef q():\n    kept.append(make())\n"
    source += "@pipeline\ndef p():\n    use(kept[0])\n"
    file = write(tmp_path, source)
    from flowc.driver import trace

    trace(load_pipeline(f"{file}:q"), {})
    with pytest.raises(FlowcError, match="belongs to another pipeline"):
        trace(load_pipeline(f"{file}:p"), {})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@step\nclass C:\n    def f(self): ...", "the class 'C' cannot be a step"),
        ("@step\nclass C: ...", ".py:3: the class 'C' cannot be a step"),
        ("class C:\n    @step\n    def f(self): ...", "step 'f' is defined inside a class"),
        ("class C:\n    def f(self): ...\ns = step(C().f)", "got the bound method 'C.f'"),
        ("class C:\n    x = 1\ns = step(C())", ".py:5: a step is a plain function, got an object"),
        ("s = step(3)", ".py:3: a step is a plain function, got an object of the class 'int'"),
        ("def f():\n    @step\n    def g(): ...\nf()", "step 'g' is defined inside a function"),
        ("s = step(lambda: 1)", "a lambda cannot be a step"),
        ("@step\nasync def f(): ...", "step 'f' is a generator or a coroutine"),
        ("@step\ndef f():\n    yield 1", "step 'f' is a generator or a coroutine"),
        ("@step(enable_cach=True)\ndef f(): ...", "step 'f' has no option 'enable_cach'"),
        ("@step(enable_cache=1)\ndef f(): ...", "enable_cache wants True or False, got 1"),
        ("@step(retry=3)\ndef f(): ...", "retry wants a RetryConfig, got 3"),
        ("RetryConfig(max_retries=-1)", "max_retries wants an integer from 0, got -1"),
        ("RetryConfig(delay='1')", "delay wants a number from 0, got '1'"),
        ("RetryConfig(delay=float('nan'))", "delay wants a number from 0, got nan"),
        (
            "RetryConfig(max_retries=3, delay=1, backoff=1e200)",
            "before retry 3, delay * backoff**2, is too long for any clock: set max_delay",
        ),
        ("@step(name='')\ndef f(): ...", "the name of a step wants a text"),
        ("RetryConfig(1, 2, 3, 4)", "RetryConfig takes 3 values without a name, got 4"),
        ("RetryConfig(1, max_retries=2)", "RetryConfig is given 'max_retries' twice"),
        (
            (
                "@step(settings={'output_materializers': {'output': 'a.B'}},\n"
                "    output_materializers={'output': 'a.C'})\ndef f() -> int: ..."
            ),
            "give 'output' different ones",
        ),
        ("@pipeline(include='a')\ndef f(): ...", "include wants a list of glob patterns"),
    ],
)
def test_definitions(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(FlowcError) as raised:
        load(tmp_path, source)
    assert message in raised.value.render()
    assert "Traceback" not in raised.value.render()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def s(*a): ...", "takes *a, but its inputs need names"),
        ("def s(**k): ...", "takes **k, but its inputs need names"),
        ("def s(after=1): ...", "has an input 'after'"),
        ("def s() -> tuple[int, str]: ...", "returns several values without names for all"),
        (
            'def s() -> tuple[Annotated[int, "a"], Annotated[int, "a"]]: ...',
            "the output name 'a' is used twice",
        ),
    ],
)
def test_signatures(tmp_path: Path, source: str, message: str) -> None:
    error = refusal(tmp_path, f"@step\n{source}\n@pipeline\ndef p():\n    s()\n")
    assert message in error.message
    assert error.where.endswith(".py:3")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dokcer": {}}, "there are no settings 'dokcer'"),
        ({"docker": []}, "wants a dict"),
        ({"docker": {"requirement": []}}, "has no key 'requirement'"),
        ({"docker": {"requirements": "missing.txt"}}, "names a file that cannot be read"),
        ({"docker": {"requirements": ["a\nb"]}}, "wants a list of texts"),
        ({"docker": {"environment": {"A=": "1"}}}, "wants a dict of names to texts"),
        ({"docker": {"environment": {"A": None}}}, "wants a dict of names to texts"),
        ({"docker": {"environment": {"FLOWC_STORE": "s3://b"}}}, "FLOWC_STORE, which is flowc's"),
        ({"docker": {"environment": {"FLOWC_SECRET_DB": "x"}}}, "DB, which is flowc's own"),
        ({"docker": {"parent_image": 3}}, "wants a text"),
    ],
)
def test_settings(tmp_path: Path, settings: object, message: str) -> None:
    source = f"@step(settings={settings!r})\ndef s(): ...\n@pipeline\ndef p():\n    s()\n"
    error = refusal(tmp_path, source)
    assert message in error.message
    assert error.where.endswith(".py:3")


def test_where_a_nul_is(tmp_path: Path) -> None:
    bad = write(tmp_path, "x = '\0'\n", name="nul_itself.py")
    write(tmp_path, "x = '\0'\n", name="nul_below.py")
    importer = write(tmp_path, "\nimport nul_below\n", name="nul_importer.py")
    for source, where in ((bad, str(bad)), (importer, f"{importer}:3")):
        with pytest.raises(FlowcError) as raised:
            load_pipeline(str(source))
        assert raised.value.where == where
        assert "null bytes" in raised.value.message


def test_sources(tmp_path: Path) -> None:
    good = write(tmp_path, STEPS, name="good.py")
    cases = {
        str(tmp_path / "god.py"): f"did you mean '{good}'?",
        str(tmp_path): "is a folder",
        str(write(tmp_path, "x = 1", name="none.py")): "defines no pipeline",
        str(write(tmp_path, STEPS, name="json.py")): "a module of the standard library",
        str(write(tmp_path, STEPS, name="my-file.py")): "cannot be imported as 'my-file'",
        f"{good}:othr": "did you mean 'other'?",
        "no.such.module": "there is no module 'no.such.module'",
        str(write(tmp_path, "def f(:", name="broken.py")): "no valid Python",
    }
    for source, message in cases.items():
        with pytest.raises(FlowcError) as raised:
            load_pipeline(source)
        assert message in raised.value.render()


def test_an_import_error_shows_the_authors_traceback_alone(tmp_path: Path) -> None:
    write(tmp_path, "import does_not_exist_anywhere", name="lib_missing.py")
    file = write(tmp_path, "import lib_missing", name="imports_missing.py")
    with pytest.raises(FlowcError) as raised:
        load_pipeline(str(file))
    shown = raised.value.render()
    assert "No module named 'does_not_exist_anywhere'" in shown
    assert "lib_missing.py" in shown
    assert "flowc/driver" not in shown
    assert "importlib" not in shown


def test_several_pipelines_need_a_name(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    file.write_text(HEADER + "@pipeline\ndef a(): ...\n@pipeline\ndef b(): ...\n")
    with pytest.raises(FlowcError, match="defines several pipelines: a, b"):
        load_pipeline(str(file))
