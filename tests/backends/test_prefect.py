from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from flowc import ir
from flowc.errors import AuthorError, BackendError, Errors, InternalError
from flowc.registry import FEATURES, Volume
from flowc_backends import rendering
from flowc_backends.prefect import PrefectBackend, flow_files
from flowc_runtime.contract import ARGUMENT_LIMIT
from tests.backends.engine_pipelines import (
    ALL,
    DIAMOND,
    INT,
    MOUNTED,
    NASTY_TEXT,
    PARAMETERS,
    STR,
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


def flow(case: ir.Pipeline, **changes: Any) -> str:
    return file_of(flow_files(case, options(**changes)))


def deployment(case: ir.Pipeline) -> dict[str, Any]:
    return yaml.safe_load(flow_files(case, options())["prefect.yaml"])  # type: ignore[no-any-return]


def functions(text: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def tasks(text: str) -> list[ast.FunctionDef]:
    return [
        node
        for node in functions(text).values()
        if any(ast.unparse(it).startswith("step(") for it in node.decorator_list)
    ]


def call_arguments(function: ast.FunctionDef) -> list[object]:
    """Which step the task is, and what its container is told."""
    statement = function.body[1]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    return [ast.literal_eval(word) for word in statement.value.args[:2]]


def defaults(function: ast.FunctionDef) -> dict[str, object]:
    names = [it.arg for it in function.args.args]
    values = [ast.literal_eval(it) for it in function.args.defaults]
    return dict(zip(names[len(names) - len(values) :], values, strict=True))


@pytest.mark.parametrize("name", ALL)
def test_flow_file_is_as_expected(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.py.txt", flow(ALL[name]))


@pytest.mark.parametrize("name", ["diamond", "nasty", "scheduled", "every"])
def test_deployment_is_as_expected(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.yaml", flow_files(ALL[name], options())["prefect.yaml"].decode())


def test_catching_up_is_refused() -> None:
    schedule = ir.Schedule(cron="0 3 * * *", start="2026-01-01T00:00:00+00:00", catchup=True)
    with pytest.raises(BackendError) as raised:
        flow_files(replace(DIAMOND, schedule=schedule), options())
    assert raised.value.render().startswith(
        "pipeline.py:4: the catchup of the schedule '0 3 * * *' from 2026-01-01T00:00:00+00:00 "
        "with catchup is not supported by the target 'prefect'"
    )


@pytest.mark.parametrize("side", ["start", "end"])
def test_a_short_interval_neither_begins_nor_ends(side: str) -> None:
    times: dict[str, Any] = {side: "2026-01-01T00:00:00+00:00"}
    schedule = replace(ir.Schedule(interval=60), **times)
    with pytest.raises(BackendError, match=f"the {side} of the schedule every 60 s"):
        flow_files(replace(DIAMOND, schedule=schedule), options())


def test_containers_see_volumes_and_network(golden: Callable[[str, str], None]) -> None:
    case = pipeline("mounted", step("only"))
    golden("mounted.py.txt", file_of(flow_files(case, replace(MOUNTED, network="flowc"))))


@pytest.mark.parametrize("name", ALL)
def test_flow_file_is_formatted_and_linted(name: str) -> None:
    text = file_of(flow_files(ALL[name], replace(MOUNTED, network="n" * 90)))
    check_with_ruff(text, "E4", "E7", "E9", "F", "I", "UP", "W")


@pytest.mark.parametrize("name", ALL)
def test_every_task_starts_its_step(name: str) -> None:
    found = tasks(flow(ALL[name]))
    arguments = [call_arguments(it) for it in found]
    expected = [[it.id, ["step", it.id]] for it in ALL[name].steps]
    assert arguments[:-1] == expected
    assert arguments[-1] == [found[-1].name, ["finalise"]]


def test_documentation_is_the_author_s() -> None:
    found = [ast.get_docstring(it) for it in tasks(flow(DIAMOND))]
    assert found[:2] == [
        "Load the data.\n\nFrom one file.\n\n`pipeline.py:11`",
        "`pipeline.py:12`",
    ]


@pytest.mark.parametrize("case", [PARAMETERS, NASTY_TEXT])
def test_defaults_are_exact(case: ir.Pipeline) -> None:
    expected = {it.name: json.loads(it.default) for it in case.parameters if it.default}
    assert defaults(functions(flow(case))[case.name]) == expected


def test_parameters_without_a_default_come_first() -> None:
    parameters = (parameter("a", INT, 1), parameter("b", INT))
    function = functions(flow(pipeline("p", step("s"), parameters=parameters)))["p"]
    assert [it.arg for it in function.args.args] == ["b", "a"]


def test_names_of_parameters_hide_nothing() -> None:
    names = ("Run", "run", "steps", "end", "load", "wait", "finalise", "p")
    parameters = tuple(parameter(name, INT, 1) for name in names)
    text = flow(pipeline("p", step("load"), step("class", "load"), parameters=parameters))
    body = functions(text)["p_"]
    assert [it.arg for it in body.args.args] == list(names)
    called = {ast.unparse(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)}
    assert {name.partition(".")[0] for name in called}.isdisjoint(names)


@pytest.mark.parametrize("name", ["json", "copy", "model_config"])
def test_names_that_prefect_cannot_validate_are_not_validated(name: str) -> None:
    case = pipeline("p", step("s"), parameters=(parameter(name, INT, 1),))
    assert "validate_parameters=False" in flow(case)
    assert "validate_parameters" not in flow(DIAMOND)


def test_names_that_no_flow_can_have_are_refused(golden: Callable[[str, str], None]) -> None:
    names = ("return_state", "wait_for", "self", "cls", "_hidden", "int", "Any")
    parameters = tuple(parameter(name, INT, 1) for name in names)
    with pytest.raises(Errors) as error:
        flow(pipeline("p", step("s"), parameters=parameters))
    golden("refused_parameters.txt", f"{error.value}\n")


def test_text_that_no_container_can_be_given_is_refused(
    golden: Callable[[str, str], None],
) -> None:
    case = pipeline("p\0", step("a\0"), step("b", doc="\ud800"), doc="x\0")
    with pytest.raises(Errors) as error:
        flow(case)
    golden("refused_text.txt", f"{error.value}\n")


def test_a_store_that_no_container_sees_is_refused(golden: Callable[[str, str], None]) -> None:
    texts: list[str] = []
    for store, volumes in (
        ("file:///store", ()),
        ("s3://bucket", (Volume(source="claim", target="/store", kind="pvc"),)),
    ):
        with pytest.raises(AuthorError) as error:
            flow(DIAMOND, store=store, volumes=volumes)
        texts.append(f"{error.value}\n")
    golden("refused_store.txt", "".join(texts))


def test_a_default_over_the_limit_is_refused() -> None:
    case = pipeline("big", step("a"), parameters=(parameter("p", STR, "x" * ARGUMENT_LIMIT),))
    with pytest.raises(
        AuthorError, match=r"pipeline.py:5: the default of parameter 'p' is 65,538"
    ):
        flow(case)


def test_a_parameter_over_the_limit_is_named_at_run_time() -> None:
    as_json = function_of(flow(PARAMETERS), "as_json")
    assert json.loads(as_json("x", {"é": [2**70, None]})) == {"é": [2**70, None]}
    with pytest.raises(ValueError, match="'x' is 65,537 bytes of JSON"):
        as_json("x", "x" * (ARGUMENT_LIMIT - 1))


def test_a_file_never_hides_a_module_that_it_imports() -> None:
    for name in ("docker", "json", "prefect"):
        assert f"{name}_flow.py" in flow_files(pipeline(name, step("s")), options())
        assert deployment(pipeline(name, step("s")))["deployments"][0]["name"] == name


def test_names_are_those_that_prefect_takes() -> None:
    case = pipeline("a/b {{ c }} é", step("s"))
    files = flow_files(case, options())
    assert list(files) == ["a_b____c____e.py", "prefect.yaml"]
    (found,) = deployment(case)["deployments"]
    assert found["name"] == "a_b __ c __ é"
    assert found["entrypoint"] == "a_b____c____e.py:a_b_c_e"


def test_a_docstring_is_no_template_of_the_deployment() -> None:
    (found,) = deployment(replace(DIAMOND, doc="{{ $HOME }} {{x}}"))["deployments"]
    assert (
        found["description"] == "The pipeline of pipeline.py:4; the flow's docstring tells more."
    )
    assert "description" not in deployment(DIAMOND)["deployments"][0]


def test_output_is_the_same_each_time() -> None:
    assert flow_files(NASTY_TEXT, options()) == flow_files(NASTY_TEXT, options())


def test_every_feature_is_accounted_for() -> None:
    assert set(PrefectBackend.supports) == set(FEATURES)


def test_emission_holds_the_files_and_the_images() -> None:
    emission = PrefectBackend().emit(DIAMOND, options())
    assert list(emission.files) == ["diamond.py", "prefect.yaml"]
    assert [image.steps for image in emission.images] == [tuple(it.id for it in DIAMOND.steps)]


def test_a_file_that_says_something_else_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rendering.jinja().filters, "literal", other)
    with pytest.raises(InternalError, match="other tasks than the pipeline"):
        flow(DIAMOND)
    monkeypatch.setitem(rendering.jinja().filters, "literal", broken)
    with pytest.raises(InternalError, match="is no Python"):
        flow(DIAMOND)


def other(*_: object) -> str:
    return '["other"]'


def broken(*_: object) -> str:
    return '"'
