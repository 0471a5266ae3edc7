"""Whatever is wrong in a run configuration is told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Scene

PIPELINE = """
def told(wrong): ...
@step
def make(n: int = 1) -> Annotated[int, "a"]: ...
@step
def use(x: int, y: int = 1) -> None: ...
@pipeline
def inner():
    make()
@pipeline
def p(n: int = 1, must: str = "m"):
    use(make(), 2)
    use(make(n=n))
    inner()
"""


@pytest.mark.parametrize(
    ("yaml", "line", "message", "hint"),
    [
        ("enable_cach: true", 1, "a run configuration has no key 'enable_cach'", "'enable_cache'"),
        ("\n\nenable_cache: 3", 3, "pipeline 'p': enable_cache wants True or False, got 3", ""),
        ("enable_cache: no", 1, "enable_cache wants True or False, got 'no'", ""),
        ("config_path: a.yaml", 1, "a run configuration has no key 'config_path'", ""),
        ("timeout: -1", 1, "timeout wants seconds above 0, got -1", ""),
        (f"timeout: 1{400 * '0'}", 1, "wants seconds above 0, got a number of about 400 dig", ""),
        (f"timeout: 1{5000 * '0'}", 1, f"'1{39 * '0'}...' is no number", ""),
        (f"substitutions: {{a: 1{400 * '0'}}}", 1, "got {'a': a number of about 400 digits}", ""),
        (f"retry:\n  delay: 1{400 * '0'}", 2, "delay wants a number from 0, got a number", ""),
        (f"steps:\n  use:\n    timeout: 1{400 * '0'}", 3, "step 'use': timeout wants", ""),
        ("timeout: .inf", 1, "timeout wants seconds above 0, got inf", ""),
        ("execution_mode: fail", 1, "execution_mode wants one of continue_on_failure", ""),
        ("run_name: 3", 1, "run_name wants a text, got 3", ""),
        ("run_name: '{pipelin}'", 1, "unknown field 'pipelin'", "'pipeline'"),
        ("run_name: '{'", 1, "cannot be filled in", ""),
        ("substitutions: {n: 1}", 1, "the substitution 'n' has the name of a parameter", ""),
        ("substitutions: {a: [1]}", 1, "substitutions wants a dict of names", ""),
        ("parameters: 3", 1, "parameters wants keys with values, got 3", ""),
        ("parameters:\n  m: 1", 2, "pipeline 'p' has no parameter 'm'", "known: must, n"),
        ("parameters:\n  n: a", 2, "parameter 'n'", ""),
        ("parameters:\n  must: 1", 2, "must", ""),
        ("retry: 3", 1, "retry wants keys with values, got 3", "max_retries"),
        ("retry:\n  max_retry: 3", 2, "retry has no key 'max_retry'", "'max_retries'"),
        ("retry:\n  delay: 1\n  max_retries: -3", 3, "max_retries wants an integer from 0", ""),
        ("retry:\n  only_on: nowhere.E", 2, "only_on names 'nowhere.E', which cannot", ""),
        ("retry:\n  only_on:\n  - OSError\n  - print", 2, "wants exception classes", ""),
        ("schedule: daily", 1, "schedule wants a cron expression", ""),
        ("schedule: 3", 1, "schedule wants keys with values, got 3", "its keys: cron, interval"),
        ("schedule:\n  crn: 3", 2, "schedule has no key 'crn'", "'cron'"),
        ("schedule:\n  start: 2026-01-01", 1, "schedule: wants cron or interval", ""),
        ("schedule:\n  interval: 0", 1, "schedule: interval wants whole seconds from 1", ""),
        ("max_active_runs: 0", 1, "max_active_runs wants an integer from 1, got 0", ""),
        ("cache_policy:\n  expire: 3", 2, "cache_policy has no key 'expire'", "'expires'"),
        ("cache_policy:\n\n  expires: -3", 3, "cache_policy: expires wants seconds above 0", ""),
        ("cache_policy:\n  key: nowhere.f", 2, "key names 'nowhere.f', which cannot be", ""),
        ("cache_policy:\n  objects: [3]", 2, "objects wants import paths, got 3", ""),
        ("cache_policy:\n  versions: all", 2, "versions wants one of ignore, minor, exact", ""),
        ("cache_policy:\n  files: [none/*]", 1, "'none/*', which matches nothing", ""),
        ("cache_policy:\n  ignore_inputs: [zz]", 1, "ignore_inputs names 'zz'", ""),
        ("on_failure: 3", 1, "on_failure wants a function or its import path, got 3", ""),
        ("on_failure: told", 1, "on_failure is the text 'told', which is no import path", ""),
        ("\non_failure: nowhere.told", 2, "'nowhere.told', which cannot be imported", ""),
        ("include: a.txt", 1, "include wants a list of glob patterns", ""),
        ("settings: 3", 1, "settings wants keys with values, got 3", ""),
        ("settings:\n  dokcer: {}", 2, "there are no settings 'dokcer'", "'docker'"),
        ("settings:\n  docker: 3", 2, "settings['docker'] wants a dict, got 3", ""),
        (
            "settings:\n  docker:\n    parent_imge: x",
            3,
            "settings['docker'] has no key 'parent_imge'",
            "'parent_image'",
        ),
        (
            "settings:\n  docker:\n    user: u\n    requirements: [3]",
            4,
            "settings['docker']['requirements'] wants a list of texts",
            "",
        ),
        (
            "settings:\n  docker:\n    requirements: none.txt",
            3,
            "names a file that cannot be read",
            "",
        ),
        (
            "settings:\n  resources:\n    cpu_count: 1\n    memori: 1GB",
            4,
            "settings['resources'] has no key 'memori'",
            "'memory'",
        ),
        ("settings:\n  resources:\n    memory: 10", 3, "['memory'] wants a number with", ""),
        (
            "settings:\n  kubernetes:\n    node_selector: {a: b}\n    labels: [a]",
            4,
            "settings['kubernetes']['labels'] wants a dict",
            "",
        ),
        ("settings:\n  output_materializers: {a: m.M}", 1, "output_materializers belong to", ""),
        ("steps: [a]", 1, "steps wants keys with values, got ['a']", ""),
        ("steps:\n  use: 3", 2, "step 'use' wants keys with values, got 3", ""),
        ("steps:\n  usee: {}", 2, "'usee' is neither an invocation", "did you mean 'use'?"),
        ("steps:\n  zzzz: {}", 2, "'zzzz' is neither", "make, use, make_2, use_2, inner.make"),
        ("steps:\n  inner.mke: {}", 2, "'inner.mke' is neither", "did you mean 'inner.make'?"),
        ("steps:\n  use:\n    include: []", 3, "step 'use' has no key 'include'", ""),
        ("steps:\n  use:\n    timeot: 1", 3, "step 'use' has no key 'timeot'", "'timeout'"),
        ("steps:\n  use:\n    timeout: x", 3, "step 'use': timeout wants seconds above 0", ""),
        ("steps:\n  use:\n    parameters:\n      z: 1", 4, "step 'use' has no input 'z'", "x, y"),
        ("steps:\n  use_2:\n    parameters:\n      y: b", 4, "step 'use': ", ""),
        ("steps:\n  use:\n    parameters:\n      y: 3", 4, "'y' is 3 here, and the call at ", ""),
        ("steps:\n  use_2:\n    parameters:\n      x: 3", 4, "passes <output a of step make", ""),
        ("steps:\n  make_2:\n    parameters: {n: 3}", 3, "passes <parameter n>", ""),
        (
            "steps:\n  make:\n    output_materializers:\n      b: m.M",
            4,
            "step 'make' has no output 'b' to give a materializer",
            "its outputs: a",
        ),
        (
            "steps:\n  make:\n    settings:\n      output_materializers:\n        b: m.M",
            5,
            "step 'make' has no output 'b' to give a materializer",
            "",
        ),
        (
            "steps:\n  make:\n    output_materializers:\n      a: json.JSONEncoder",
            4,
            "step 'make': output 'a': 'json:JSONEncoder' is no materializer: it has no save",
            "write a class with save(value, path) and load(path)",
        ),
        (
            "steps:\n  make:\n    settings:\n      output_materializers:\n        a: M",
            5,
            "output 'a': a materializer is a class or its import path, got 'M'",
            "",
        ),
        ("steps:\n  make:\n    retry:\n      delay: -1", 4, "step 'make': retry: delay wants", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    scene: Scene, yaml: str, line: int, message: str, hint: str
) -> None:
    scene.pipeline(PIPELINE)
    refusal = scene.refusal(yaml + "\n")
    head, _, tail = refusal.partition("\n  hint: ")
    assert head.startswith(f"c.yaml:{line}: ")
    assert message in head
    assert hint in tail


def test_everything_that_is_wrong_is_told_at_once(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    found = scene.refusal("timeout: x\nretyr: 1\nsteps:\n  use:\n    on_end: 3\n    hooks: 1\n")
    places = [line.split(" ")[0] for line in found.splitlines() if line.startswith("c.yaml")]
    assert sorted(places) == ["c.yaml:1:", "c.yaml:2:", "c.yaml:5:", "c.yaml:6:"]


EVERYWHERE = """
retry: {max_retries: -1, delay: -1, backof: 2}
settings:
  nothing: {}
  resources: {cpu_count: -1, memory: 3, gpu_count: 1}
  kubernetes: {volumes: [{path: a}]}
on_failure: nope.mod
on_success: nope.other
run_name: "{zip}"
parameters:
  n: a
  q: 1
steps:
  nope: {timeout: 1}
  use_2:
    timeout: -1
    parameters:
      zz: 1
      y: b
    output_materializers: {a: m.M}
"""


def places(refusal: str) -> list[int]:
    lines = [line for line in refusal.splitlines() if not line.startswith("  hint: ")]
    assert all(line.startswith("c.yaml:") for line in lines)
    return [int(line.split(":")[1]) for line in lines]


def test_what_only_tracing_finds_is_told_with_the_rest(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    found = places(scene.refusal(EVERYWHERE))
    assert found == [2, 2, 2, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 16, 18, 19, 20]


def test_inputs_that_lack_what_is_wrong_are_no_second_problem(scene: Scene) -> None:
    scene.pipeline("@step\ndef a(n: int) -> None: ...\n@pipeline\ndef p():\n    a()\n")
    yaml = "steps:\n  a:\n    parameters:\n      n: x\n  b: {}\n"
    assert places(scene.refusal(yaml)) == [4, 5]
    assert places(scene.refusal(yaml.replace("n: x", "m: 1"))) == [4, 5]
    assert places(scene.refusal("timeot: 1\n" + yaml)) == [1, 5, 6]


def test_an_exception_that_may_come_of_what_is_wrong_is_not_told(scene: Scene) -> None:
    scene.pipeline(PIPELINE.replace("    inner()", "    raise OSError"))
    assert places(scene.refusal("timeot: 1\n")) == [1]


@pytest.mark.parametrize("parameters", ["{n: a}", "{m: 3}", "3"])
def test_steps_that_wrong_parameters_would_have_made_are_not_missed(
    scene: Scene, parameters: str
) -> None:
    shaped = "@step\ndef a() -> None: ...\n@pipeline\ndef p(n: int = 1):\n"
    scene.pipeline(f"{shaped}    for _ in range(n):\n        a()\n")
    yaml = f"timeout: -1\nparameters: {parameters}\nsteps: {{a_3: {{}}}}\n"
    assert places(scene.refusal(yaml)) == [1, 2]
    assert places(scene.refusal("timeout: -1\nsteps: {a_3: {}}\n")) == [1, 2]


def test_fields_of_wrong_substitutions_are_not_missed(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    run_name = "run_name: '{stage}'\n"
    assert places(scene.refusal(run_name + "substitutions: {stage: [1]}")) == [2]
    assert places(scene.refusal(run_name + "substitution: {stage: a}")) == [2]


def test_a_hook_of_a_file_is_looked_at_like_any_other(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    module = scene.load().entrypoint.__module__
    refusal = scene.refusal(f"on_failure: {module}.told\n")
    assert "on_failure calls 'told', whose argument 'wrong' has no meaning" in refusal


def test_a_value_that_the_call_passes_too_is_no_conflict(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    yaml = "steps: {use: {parameters: {y: 2}}, use_2: {parameters: {y: 1}}}"
    assert scene.text(yaml) == scene.text()


def test_a_file_that_is_not_there(scene: Scene) -> None:
    scene.pipeline(PIPELINE)
    from flowc.driver import trace
    from flowc.errors import AuthorError

    with pytest.raises(AuthorError, match=r"'none\.yaml' cannot be read: No such file"):
        trace(scene.load(), {}, config="none.yaml")


def test_a_nested_pipeline_with_a_file_of_its_own(scene: Scene) -> None:
    scene.pipeline(PIPELINE.replace("    inner()", "    inner.with_options(config_path='x')()"))
    assert "pipeline 'inner' has a config_path of its own" in scene.refusal("{}")


def test_a_component_that_the_stack_does_not_have(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scene.folder / "flowc.toml").write_text(
        "[components.alerter.team]\nflavor = 'apprise'\nurls = ['json://localhost:1']\n"
        "[stacks.prod]\nalerter = 'team'\n"
    )
    monkeypatch.setenv("FLOWC_STACK", "prod")
    scene.pipeline(PIPELINE)
    refusal = scene.refusal("steps:\n  use:\n    timeout: 3\n    alerter: teem\n")
    assert refusal.startswith("c.yaml:4: step 'use': there is no alerter 'teem' in the stack")
    assert "alerter team" in scene.text("steps: {use: {alerter: team}}")
    refusal = scene.refusal("steps:\n  use:\n    settings:\n      alerter: {titel: a}\n")
    assert refusal.startswith(
        "c.yaml:4: step 'use': settings['alerter.apprise'] has no key 'titel'"
    )
