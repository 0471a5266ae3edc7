from __future__ import annotations

import ast
import itertools
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jinja2.sandbox import SandboxedEnvironment

from flowc.errors import AuthorError, Errors, InternalError
from flowc.registry import FEATURES, Volume
from flowc_backends import rendering
from flowc_backends.airflow import AirflowBackend, dag_file
from flowc_runtime.contract import ARGUMENT_LIMIT
from tests.backends.engine_pipelines import (
    ALL,
    DIAMOND,
    INT,
    MOUNTED,
    NASTY,
    NASTY_TEXT,
    PARAMETERS,
    SCHEDULED,
    STR,
    chain,
    check_with_ruff,
    file_of,
    function_of,
    options,
    parameter,
    pipeline,
    step,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc import ir


def dag(case: ir.Pipeline, **changes: Any) -> str:
    return file_of(dag_file(case, options(**changes)))


def calls(text: str) -> dict[str, ast.Call]:
    """The calls of `container` in the DAG's block, by task id."""
    block = ast.parse(text).body[-1]
    found = [
        node
        for node in ast.walk(block)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "container"
    ]
    return {ast.literal_eval(call.args[0]): call for call in found}


def assigned(text: str, name: str) -> Any:
    """The literal that the file assigns to a name."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(name)


def rendered(template: str, **context: object) -> str:
    """As Airflow renders a field; it would read a file for text that ends like a script."""
    assert not template.endswith((".sh", ".bash", ".env"))
    return SandboxedEnvironment(cache_size=0).from_string(template).render(context)


def upstream(text: str) -> dict[str, set[str]]:
    """What each variable of the DAG's block comes after."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text).body[-1]):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            above = ast.unparse(node.left).strip("[]").replace("\n", "").split(", ")
            found.setdefault(ast.unparse(node.right), set()).update(above)
    return found


@pytest.mark.parametrize("name", ALL)
def test_dag_file_is_as_expected(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.py.txt", dag(ALL[name]))


@pytest.mark.parametrize("case", [DIAMOND, SCHEDULED], ids=lambda case: case.name)
def test_a_file_for_one_series_looks_for_no_other(case: ir.Pipeline) -> None:
    for version, here, there in (("3", "sdk", "models"), ("2.11", "models", "sdk")):
        text = dag(case, version=version)
        assert f"from airflow.{here} import DAG" in text
        assert f"airflow.{there}" not in text
        assert "except ImportError" not in text
        check_with_ruff(text, "AIR", "E4", "E7", "E9", "F", "I", "W")
        body = text.partition("# Where artifacts are kept")[2]
        assert body == dag(case).partition("# Where artifacts are kept")[2]


def test_containers_see_volumes_and_network(golden: Callable[[str, str], None]) -> None:
    case = pipeline("mounted", step("only"))
    golden("mounted.py.txt", file_of(dag_file(case, replace(MOUNTED, network="flowc"))))


@pytest.mark.parametrize("name", ALL)
def test_dag_file_is_formatted_and_linted(name: str) -> None:
    text = file_of(dag_file(ALL[name], replace(MOUNTED, network="n" * 90)))
    check_with_ruff(text, "AIR", "E4", "E7", "E9", "F", "I", "W")


@pytest.mark.parametrize("name", ALL)
def test_every_literal_survives_the_templating(name: str) -> None:
    text = dag(ALL[name])
    for task, call in zip(ALL[name].steps, calls(text).values(), strict=False):
        assert [rendered(word) for word in ast.literal_eval(call.args[1])] == ["step", task.id]


@pytest.mark.parametrize("case", [PARAMETERS, NASTY_TEXT])
def test_parameters_arrive_exactly(case: ir.Pipeline) -> None:
    text = dag(case)
    given = {
        it.name: json.loads(it.default) if it.default else {NASTY: [NASTY, None, 2**70, 0.1]}
        for it in case.parameters
    }
    run = assigned(text, "RUN")
    words = [word for flag, word in itertools.pairwise(run) if flag == "--param"]
    function = function_of(text, "argument")
    pairs = [rendered(word, argument=function, params=given).partition("=") for word in words]
    assert {name: json.loads(value) for name, _, value in pairs} == given
    assert [list(json.loads(value)) for name, _, value in pairs if name == "settings"] == [
        list(given["settings"]) for _ in range("settings" in given)
    ]


def test_a_parameter_over_the_limit_is_named_at_run_time() -> None:
    function = function_of(dag(PARAMETERS), "argument")
    assert function("name", {"name": "x" * (ARGUMENT_LIMIT - 2)}).startswith("name=")
    with pytest.raises(ValueError, match="'name' is 65,537 bytes of JSON"):
        function("name", {"name": "x" * (ARGUMENT_LIMIT - 1)})


def test_a_default_over_the_limit_is_refused() -> None:
    case = pipeline("big", step("a"), parameters=(parameter("p", STR, "x" * ARGUMENT_LIMIT),))
    with pytest.raises(
        AuthorError, match=r"pipeline.py:5: the default of parameter 'p' is 65,538"
    ):
        dag(case)


def test_the_store_is_an_airflow_variable_with_a_default() -> None:
    class Variables:
        def get(self, name: str, default: str) -> str:
            return {"flowc_store": "s3://other"}.get(name, default)

    class Nothing:
        def get(self, _: str, default: str) -> str:
            return default

    template = assigned(dag(DIAMOND, store='s3://b/{{ x }}"\\'), "ENVIRONMENT")["FLOWC_STORE"]
    assert rendered(template, var={"value": Variables()}) == "s3://other"
    assert rendered(template, var={"value": Nothing()}) == 's3://b/{{ x }}"\\'


def test_the_token_changes_when_a_task_is_cleared_and_not_when_it_is_retried() -> None:
    template = assigned(dag(DIAMOND), "RUN")[7]

    def token(try_number: int, max_tries: int, retries: int) -> str:
        ti = {"try_number": try_number, "max_tries": max_tries, "task": {"retries": retries}}
        return rendered(template, ti=ti)

    assert token(1, 0, 0) == "0"
    assert token(2, 1, 0) == "1", "cleared when it had ended"
    assert token(2, 0, 0) == "1", "cleared while it ran"
    assert token(1, 2, 2) == token(3, 2, 2) == "0", "retried"
    assert token(4, 5, 2) == "3", "cleared after three tries"


def test_the_finaliser_comes_after_all_whose_end_does_not_show_elsewhere() -> None:
    case = pipeline("p", step("a"), step("b"), step("c", "a", "b"), step("d", "c"), step("e", "d"))
    assert upstream(dag(case))["finalise"] == {"a", "b", "e"}


def test_a_step_may_be_called_like_the_finaliser() -> None:
    assert list(calls(dag(pipeline("p", step("finalise"), step("json"))))) == [
        "finalise",
        "json",
        "flowc_finalise",
    ]


def test_names_that_airflow_takes_for_one_are_refused(golden: Callable[[str, str], None]) -> None:
    case = pipeline("p", step("a b"), step("a:b"), step("café"), step("cafe"), step("数"))
    with pytest.raises(Errors) as error:
        dag(case)
    golden("refused_collision.txt", f"{error.value}\n")


def test_text_that_no_container_can_be_given_is_refused(
    golden: Callable[[str, str], None],
) -> None:
    case = pipeline("p\0", step("a\0"), step("b", doc="\ud800"), doc="x\0")
    with pytest.raises(Errors) as error:
        dag(case)
    golden("refused_text.txt", f"{error.value}\n")


def test_a_store_that_no_container_sees_is_refused(golden: Callable[[str, str], None]) -> None:
    texts: list[str] = []
    volume = Volume(source="/srv", target="/stores")
    for store, volumes in (
        ("file:///store", ()),
        ("file:/store/x", (volume,)),
        ("file:.flowc", (volume,)),
        ("s3://bucket", (Volume(source="claim", target="/store", kind="pvc"),)),
    ):
        with pytest.raises(AuthorError) as error:
            dag(DIAMOND, store=store, volumes=volumes)
        texts.append(f"{error.value}\n")
    golden("refused_store.txt", "".join(texts))


def test_a_volume_that_looks_like_a_template_is_refused() -> None:
    volume = Volume(source="/srv/{{ x }}", target="/store")
    with pytest.raises(AuthorError, match=r"path '/srv/\{\{ x \}\}' for a template"):
        dag(DIAMOND, volumes=(volume,))


def test_a_store_inside_a_volume_is_fine() -> None:
    volumes = (Volume(source="/srv", target="/data/"),)
    for store in ("file:///data", "file:/data/a%20b", "file://localhost/data/x/../y"):
        assert store in dag(DIAMOND, store=store, volumes=volumes)


def test_output_is_the_same_each_time() -> None:
    assert dag(NASTY_TEXT) == dag(NASTY_TEXT)


def test_every_feature_is_accounted_for() -> None:
    assert set(AirflowBackend.supports) == set(FEATURES)


def test_emission_holds_the_file_and_the_images() -> None:
    case = replace(DIAMOND, name="my pipeline é")
    emission = AirflowBackend().emit(case, options())
    assert list(emission.files) == ["my_pipeline_e.py"]
    assert [image.steps for image in emission.images] == [tuple(it.id for it in case.steps)]
    text = emission.files["my_pipeline_e.py"].decode()
    assert 'dag_display_name="my pipeline é"' in text


def test_a_file_that_says_something_else_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rendering.jinja().filters, "literal", other)
    with pytest.raises(InternalError, match="other tasks than the pipeline"):
        dag(DIAMOND)
    monkeypatch.setitem(rendering.jinja().filters, "literal", broken)
    with pytest.raises(InternalError, match="is no Python"):
        dag(DIAMOND)


def other(*_: object) -> str:
    return '"other"'


def broken(*_: object) -> str:
    return '"'


def test_a_thousand_steps_take_a_quarter_of_a_second() -> None:
    case = chain(1000)
    dag(case)
    seconds: list[float] = []
    for _ in range(3):
        start = time.process_time()
        dag(case)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.25


def test_param_without_a_default_is_required() -> None:
    text = dag(pipeline("p", step("a"), parameters=(parameter("n", INT),)))
    assert '"n": Param(type="integer", description="int"),' in text
