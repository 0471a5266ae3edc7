"""What beats what, and that a file says the same as a decorator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc.cli import main
from flowc.errors import AuthorError
from flowc.ir.text import value_text

if TYPE_CHECKING:
    from flowc import ir
    from tests.config.conftest import Scene

STEPS = """
from flowc import CachePolicy
def chosen(x): ...
class Own(ValueError): ...
def told(exception: BaseException): ...
def other(step_name): ...
class Form:
    def save(self, value, path): ...
    def load(self, path): ...
"""


@pytest.mark.parametrize("top", ["", "false", "true"])
@pytest.mark.parametrize("below", ["", "false", "true"])
@pytest.mark.parametrize("step", [None, False, True])
@pytest.mark.parametrize("pipeline", [None, False, True])
def test_the_order_of_enable_cache(
    scene: Scene, top: str, below: str, step: object, pipeline: object
) -> None:
    scene.pipeline(
        f"""
@step(enable_cache={step})
def s() -> None: ...
@pipeline(enable_cache={pipeline})
def p():
    s()
"""
    )
    told = [below == "true" if below else None, top == "true" if top else None, step, pipeline]
    [traced] = scene.traced(
        f"enable_cache: {top}\nsteps: {{s: {{enable_cache: {below}}}}}\n"
    ).steps
    assert traced.cache is next((value for value in told if value is not None), True)


def test_the_top_of_a_file_beats_nested_pipelines_and_configure(scene: Scene) -> None:
    scene.pipeline(
        """
@step
def s() -> None: ...
s = s.with_options(enable_cache=False)
@pipeline(enable_cache=False)
def inner():
    s()
@pipeline
def p():
    inner()
    s()
p.configure(enable_cache=False)
"""
    )
    assert [step.cache for step in scene.traced().steps] == [False, False]
    assert [step.cache for step in scene.traced("enable_cache: true").steps] == [True, True]


def test_a_file_says_what_a_decorator_says(scene: Scene) -> None:
    bare = """
@step
def make(n: int = 1, m: int = 2) -> int: ...
@step
def use(x: int) -> Annotated[int, "a"]: ...
@pipeline
def p(n: int = 1, word: str = "x"):
    use(make())
    make(n, id="again", after="use")
"""
    full = """
@step(enable_cache=False, retry=RetryConfig(3, 0.5, 2, max_delay=9, only_on=[Own, OSError]),
      timeout=5, infrastructure_retries=2, on_failure=told, on_success=other,
      settings={"docker": {"requirements": ["numpy"], "python": "python3.12"}})
def make(n: int = 1, m: int = 2) -> int: ...
@step(output_materializers={"a": Form}, cache_policy=CachePolicy(
    ignore_inputs=["x"], files=["hooked.py"], objects=[Own, told], key=chosen, expires=3600,
    versions="exact"))
def use(x: int) -> Annotated[int, "a"]: ...
@pipeline(
    retry=RetryConfig(max_retries=1, delay=2), infrastructure_retries=1, on_failure="hooked.told",
    settings={"docker": {"parent_image": "x:1", "environment": {"A": "b"}}}, timeout=60,
    execution_mode="fail_fast", on_init="hooked.start", include=["*.txt"], run_name="{team} {n}",
    substitutions={"team": "blue", "year": 26})
def p(n: int = 4, word: str = "y"):
    use(make(m=7))
    make(n, m=7, id="again", after="use")
"""
    (scene.folder / "hooked.py").write_text("def told(): ...\ndef start(): ...\n")
    scene.pipeline(STEPS + bare)
    module = scene.load().entrypoint.__module__
    found = scene.text(
        f"""
run_name: "{{team}} {{n}}"
substitutions: {{team: blue, year: 26}}
execution_mode: fail_fast
timeout: 60
infrastructure_retries: 1
include: ["*.txt"]
retry: {{max_retries: 1, delay: 2}}
on_init: hooked:start
on_failure: hooked.told
parameters: {{n: 4, word: y}}
settings:
  docker:
    parent_image: x:1
    environment: {{A: b}}
steps:
  make:
    enable_cache: false
    retry:
      {{max_retries: 3, delay: 0.5, backoff: 2, max_delay: 9, only_on: [{module}.Own, OSError]}}
    timeout: 5
    infrastructure_retries: 2
    on_failure: {module}.told
    on_success: {module}:other
    parameters: {{m: 7}}
    settings:
      docker:
        requirements: [numpy]
        python: python3.12
  use:
    output_materializers: {{a: {module}.Form}}
    cache_policy:
      ignore_inputs: [x]
      files: [hooked.py]
      objects: [{module}.Own, {module}:told]
      key: {module}.chosen
      expires: 3600
      versions: exact
"""
    )
    in_code = scene.written_in_code(STEPS + full)
    assert [line.replace(f"{module}.", "").replace(f"{module}:", "") for line in found] == in_code
    assert len(in_code) > 15


def test_the_top_replaces_the_pipelines_options_and_leaves_the_steps_own(scene: Scene) -> None:
    scene.pipeline(
        """
@step(retry=RetryConfig(max_retries=5), settings={"docker": {"python": "own"}})
def own() -> None: ...
@step
def bare() -> None: ...
@pipeline(retry=RetryConfig(max_retries=1, delay=3), timeout=9,
          settings={"docker": {"python": "outer", "user": "u", "parent_image": "i"}})
def p():
    own()
    bare()
"""
    )
    yaml = "retry: {max_retries: 2}\ntimeout: 8\nsettings: {docker: {python: yaml, user: y}}\n"
    assert scene.text(yaml) == [
        "pipeline p()",
        "timeout 8",
        "own = own()",
        "retry max_retries=5",
        "docker parent_image='i' python='own' user='y'",
        "bare = bare()",
        "retry max_retries=2",
        "docker parent_image='i' python='yaml' user='y'",
    ]


def value_of(given: ir.Input) -> str:
    return value_text(given.value)


def test_an_id_beats_the_name_of_its_step_option_by_option(scene: Scene) -> None:
    scene.pipeline(
        """
@step
def s(x: int = 1, y: int = 2) -> None: ...
@pipeline
def inner():
    s()
@pipeline
def p():
    s()
    s()
    inner()
    inner()
"""
    )
    found = scene.traced(
        """
steps:
  inner_2.s: {timeout: 3, parameters: {x: 30}}
  s: {timeout: 1, infrastructure_retries: 1, parameters: {x: 10, y: 20}}
  s_2: {timeout: 2}
"""
    )
    assert [
        (step.id, step.timeout, step.infrastructure_retries, *map(value_of, step.inputs))
        for step in found.steps
    ] == [
        ("s", 1, 1, "10", "20"),
        ("s_2", 2, 1, "10", "20"),
        ("inner.s", 1, 1, "10", "20"),
        ("inner_2.s", 3, 1, "30", "20"),
    ]


def test_materializers_are_merged_output_by_output(scene: Scene) -> None:
    scene.pipeline(
        """
@step(settings={"output_materializers": {"a": "m.First"}}, output_materializers={"b": "m.Second"})
def s() -> tuple[Annotated[int, "a"], Annotated[int, "b"], Annotated[int, "c"]]: ...
@pipeline
def p():
    s()
    s.with_options(settings={"output_materializers": {"b": "m.Third"}})()
"""
    )
    yaml = "steps: {s: {settings: {output_materializers: {a: m.Fourth}}}}"
    assert [[output.materializer for output in step.outputs] for step in scene.traced().steps] == [
        ["m:First", "m:Second", ""],
        ["m:First", "m:Third", ""],
    ]
    first = scene.traced(yaml).steps[0]
    assert [output.materializer for output in first.outputs] == ["m:Fourth", "m:Second", ""]


def test_a_file_named_in_code_and_one_of_the_command_line(scene: Scene) -> None:
    scene.pipeline(
        """
@step
def s(n: int) -> None: ...
@pipeline(config_path="c.yaml", timeout=1)
def p(n: int = 1):
    s(n)
"""
    )
    (scene.folder / "d.yaml").write_text("timeout: 3\n")
    scene.yaml("timeout: 2\nparameters: {n: 2}\n")
    from flowc.driver import trace

    assert trace(scene.load(), {}).timeout == 2
    assert trace(scene.load().with_options(config_path="d.yaml"), {}).timeout == 3
    assert trace(scene.load(), {}, config="d.yaml").timeout == 3
    assert trace(scene.load(), {}).parameters[0].default == "2"
    assert trace(scene.load(), {"n": "5"}).parameters[0].default == "5"


CALLED = """
@step
def show(n: int, word: str = "w") -> str:
    return f"{n} {word}"
@pipeline
def p(n: int = 1):
    show(n)
"""
ASKED = """
@step
def show(n: int, word: str) -> str:
    return f"{n} {word}"
@pipeline
def p(n: int, m: int):
    show(n)
"""


def test_a_call_in_python_takes_its_parameters_from_the_file(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWC_STORE", f"file:{scene.folder}/store")
    scene.pipeline(CALLED)
    scene.yaml("run_name: 'named {n}'\nparameters: {n: 8}\nsteps: {show: {parameters: {word: z}}}")
    configured = scene.load().with_options(config_path=scene.folder / "c.yaml")
    from flowc.client import Client

    assert configured()["parameters"] == {"n": 8}
    document = configured(n=8)
    assert document["name"] == "named 8-2"
    assert Client().artifact(document["run_id"], "show") == "8 z"
    with pytest.raises(AuthorError) as raised:
        configured(9)
    message = raised.value.render()
    assert message.startswith(f"{scene.folder}/c.yaml:2: pipeline 'p': parameter 'n' is 8 here")
    assert "and the call at " in message
    assert json.dumps(9) in message


def test_the_command_lines_no_cache_beats_every_file(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.pipeline(CALLED)
    file = scene.load().entrypoint.__code__.co_filename
    scene.yaml("enable_cache: true\nsteps: {show: {enable_cache: true}}")
    words = ["run", file, "--config", "c.yaml", "--store", f"file:{scene.folder}/store", "--json"]
    statuses: list[str] = []
    for more in ([], [], ["--no-cache"]):
        assert main([*words, *more]) == 0
        statuses.append(json.loads(capsys.readouterr().out)["steps"][0]["status"])
    assert statuses == ["completed", "cached", "completed"]


def test_a_file_gives_what_code_asks_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWC_STORE", f"file:{scene.folder}/store")
    scene.pipeline(ASKED)
    scene.yaml("parameters: {n: 8}\nsteps: {show: {parameters: {word: z}}}")
    pipeline = scene.load().with_options(config_path="c.yaml")
    with pytest.raises(AuthorError, match=r"pipeline 'p' is not given its input 'm'"):
        pipeline()
    assert [step["status"] for step in pipeline.plan(m=1)["steps"]] == ["miss"]
    assert pipeline(m=1)["parameters"] == {"n": 8, "m": 1}
    words = ["plan", pipeline.entrypoint.__code__.co_filename, "-p", "m=1", "--json"]
    assert main(words) == 2
    assert main([*words, "--config", "c.yaml"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][0]["status"] == "hit"
